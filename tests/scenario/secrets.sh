# A step gets its secrets as variables, and nothing else does: no file but the step's own, no log, message or process list
# holds a value, whole, halved or in base64, however the run ends.
token=$(od -An -tx1 -N 24 /dev/urandom | tr -d ' \n')
other=$(od -An -tx1 -N 24 /dev/urandom | tr -d ' \n')
key=$(printf 'line-%s\n' 1 2 3 | sed "s/$/-$other/")
printf '%s\n' "$key" >the.key
chmod 600 the.key
printf '%s\n' "$token" "${token:0:20}" "${token:24}" "${other:0:20}" "${other:28}" \
  "$(printf %s "$token" | base64 -w 0 | cut -c 1-28)" "$(printf %s "x$token" | base64 -w 0 | cut -c 5-30)" >"$SCENARIO/patterns"

make_kliko_image test/secret 'mode=$(sed -E "s/.*\"mode\": ?\"([^\"]*)\".*/\1/" /parameters.json)
printf %s "$TOKEN" | sha256sum >/output/token; printf %s "$KEY" | sha256sum >/output/key; ulimit -c >/output/core
env; echo "mine is <$TOKEN>, yours $TOKEN$TOKEN" >&2; echo "$KEY"; printf %s "user:$TOKEN" | base64
head -c 65530 /dev/zero | tr "\0" x; echo "$TOKEN"
printf %s "${TOKEN%????????}"; sleep 0.2; echo "${TOKEN#????????????????????????????????????????}"
echo ready
case $mode in fail) mkfifo "/output/$TOKEN"; exit 3 ;; fifo) mkfifo "/output/$TOKEN"; printf %s "${TOKEN%????}" >&2 ;;
slow) trap "" TERM; printf %s "${TOKEN%????}"; i=0; while [ $i -lt 200 ]; do sleep 0.1; i=$((i + 1)); done ;; esac' <<'SPEC'
schema_version: 4
io: split
sections: [{name: s, description: d, fields: [{name: mode, type: str, initial: ok}]}]
SPEC
workflow() {
  cat >"$1.yml" <<END
steps: {use: {image: test/secret, params: {mode: $1}, secrets: {TOKEN: {env: MY_TOKEN}, KEY: {file: ./the.key}}${2:-}}}
END
}
run() { MY_TOKEN=$token boxcar run "$@"; }
# nothing_leaks PATH…: none of these holds any of it, but for the key's own file and what to look for.
nothing_leaks() {
  grep -rlaFf "$SCENARIO/patterns" --exclude=the.key --exclude=patterns "$@" >"$SCENARIO/leaks" 2>/dev/null || true
  [ ! -s "$SCENARIO/leaks" ] || fail "found in: $(cat "$SCENARIO/leaks")"
}
# no_process_leaks: of boxcar, its watcher, daemons and, while there are any, runtimes; those may run from a copy in memory.
no_process_leaks() {
  local processes
  processes=$({ find /proc/[0-9]* -maxdepth 1 -name exe \( -lname "$BOXCAR" -o -lname '*/crun' -o -lname '*/runc' -o -lname '/memfd:*' \
    -o -lname '*/dockerd' -o -lname '*/containerd*' -o -lname '*/podman' -o -lname '*/conmon' \) -printf '%h\n' || true; } 2>/dev/null)
  seen=$(grep -cE "^/proc/($runner|$(pgrep -d '|' -P "$runner" || echo none))$" <<<"$processes" || true)
  nothing_leaks $(for process in $processes; do echo "$process/cmdline" "$process/environ"; done) "$SCENARIO/out"
}
everywhere() {
  local id
  [ -z "${DAEMON:-}" ] || for id in $(containers); do ask_daemon GET "/containers$id/json"; done >"$SCENARIO/inspected"
  nothing_leaks -D skip "$SCENARIO" /run/boxcar ${DAEMON:-}
  [ -z "$(find "$SCENARIO" /run/boxcar -name "*${token:0:20}*" 2>/dev/null || true)" ] || fail "in a name"
}
ready() { grep -q '"ready"' .boxcar/runs/*/use.1/log.jsonl; }

workflow ok
expect_exit 0 run ok.yml --json --explain
expect_json '.steps.use.status == "succeeded"'
result=$(json .steps.use.result)
expect_text "$result/output/token" "$(printf %s "$token" | sha256sum)"
expect_text "$result/output/key" "$(printf %s "$key" | sha256sum)"
expect_text "$result/output/core" 0
expect_in "$result/log.jsonl" '"TOKEN=\*\*\*"' 'mine is <\*\*\*>, yours \*\*\*\*\*\*"' 'x\*\*\*' '"stream":"stdout","line":"\*\*\*"'
expect_err 'mine is <\*\*\*>'
everywhere

# Another value makes no other key.
expect_exit 0 env MY_TOKEN=another-token boxcar run ok.yml --json
expect_json '.steps.use.status == "cached"'

workflow fail
expect_exit 1 run fail.yml --keep-failed
kept=$(find .boxcar/work -name "$token" 2>/dev/null || true)
[ -p "$kept" ] || fail "the workspace was not kept"
rm -f "$kept"
everywhere
workflow fifo  # what the store says of it names the file
expect_exit 1 run fifo.yml --json
expect_err 'output/\*\*\* is a FIFO'
everywhere
rm -r .boxcar/runs

workflow slow ', timeout: 1s'
expect_exit 1 run slow.yml --grace 0.3
expect_err 'timeout|timed out'
everywhere
rm -r .boxcar/runs

# While it runs; and killed.
watched=2
[ -z "${DAEMON:-}" ] || watched=1 # there is no watcher
workflow slow
MY_TOKEN=$token boxcar run slow.yml >"$SCENARIO/out" 2>"$SCENARIO/err" &
runner=$!
wait_until ready
for i in 1 2 3 4 5; do
  no_process_leaks
  # An ordinary user may not even look at a process with secrets.
  [ "$seen" -ge "$watched" ] || [ "$(id -u)" != 0 ] || fail "runner and watcher were not looked at"
done
everywhere
boxcar status >"$SCENARIO/status"
expect_in "$SCENARIO/status" running
kill -9 $runner
wait $runner || true
no_process_leaks
if [ -n "${DAEMON:-}" ]; then
  # The container has what it needs, and goes on; nothing else knows what it prints.
  everywhere
  expect_exit 0 run slow.yml --json
  expect_err 'keeps no log of a step with secrets'
  expect_text "$(json .steps.use.result)/output/token" "$(printf %s "$token" | sha256sum)"
fi
no_leftovers
everywhere
rm -r .boxcar/runs

# Stopped from elsewhere, which needs to find the process.
MY_TOKEN=$token boxcar run slow.yml --rerun use >"$SCENARIO/out" 2>"$SCENARIO/err" &
wait_until ready
boxcar stop >"$SCENARIO/stop" 2>&1
wait $! || true
for command in runs status logs "logs -f"; do boxcar $command >>"$SCENARIO/stop" 2>&1; done
everywhere
