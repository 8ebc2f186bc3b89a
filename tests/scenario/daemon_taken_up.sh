# kill -9 of boxcar: its container runs on, and the next run waits for it and uses its result; what nobody wants any more is
# removed. Containers of others, of other stores and of a runner that lives are left alone.
printf 'schema_version: 4\nio: split\nsections: [{name: s, description: d, fields: [{name: n, type: int}]}]\n' |
  make_kliko_image test/slow \
    'cat /proc/sys/kernel/random/uuid >/output/mark; echo began; sleep 4; echo "went on"; echo done >/output/state'
cat >boxcar.yml <<'WF'
workflow: w
inputs: {n: {type: int, default: 1}}
steps:
  slow: {image: test/slow, params: {n: "${inputs.n}"}}
WF
running() { containers "boxcar.store=$PWD/.boxcar"; }
marks() { cat .boxcar/work/*.slow.1/result/output/mark; }
start_and_kill() {
  boxcar run "$@" boxcar.yml >first.log 2>&1 &
  local runner=$!
  wait_until marks
  kill -9 "$runner"
  wait "$runner" || true
}

# A container and a volume that only look like ours.
make() { ask_daemon POST "$1" -H 'Content-Type: application/json' -d "$2" >/dev/null; }
like_ours() {
  local labels='"Labels":{"boxcar.run":"20200101-000000-aaaa"'$2'}'
  make "/containers/create?name=$1" '{"Image":"test/slow","Entrypoint":["/kliko"],'"$labels}"
  make /volumes/create '{"Name":"'$1'",'"$labels}"
}
volumes() { ask_daemon GET /volumes | jq -r '.Volumes[]?.Name' | sort | tr '\n' ' '; }
uid=$(id -u)
like_ours foreign ''
like_ours otherstore ',"boxcar.store":"/elsewhere/.boxcar","boxcar.uid":"'$uid'"'
like_ours otheruser ',"boxcar.store":"'$PWD'/.boxcar","boxcar.uid":"4711"'

start_and_kill
[ "$(running | wc -l)" = 2 ] || fail "not left running: $(running)"
mark=$(marks)
expect_exit 0 boxcar run --json boxcar.yml
expect_json '.steps.slow.status == "succeeded"'
expect_text "$(json .steps.slow.result)/output/mark" "$mark" # the one that was begun before
expect_text "$(json .steps.slow.result)/output/state" done
expect_exit 0 boxcar logs
expect_in "$SCENARIO/out" began 'went on'
[ "$(running)" = /otheruser ] || fail "left: $(running)"

# Another parameter: nobody waits for the first container.
start_and_kill --set n=2
expect_exit 0 boxcar run --json --set n=3 boxcar.yml
[ "$(running)" = /otheruser ] || fail "left: $(running)"

# A runner that lives keeps its container.
boxcar run --set n=4 boxcar.yml >live.log 2>&1 &
wait_until marks
expect_exit 0 boxcar run --set n=5 boxcar.yml
wait $! || { cat live.log; fail "the run beside was disturbed"; }

[ "$(containers | sort | tr '\n' ' ')" = "/foreign /otherstore /otheruser " ] || fail "left: $(containers)"
[ "$(volumes)" = "foreign otherstore otheruser " ] || fail "left: $(volumes)"
for name in foreign otherstore otheruser; do
  ask_daemon DELETE "/containers/$name" >/dev/null
  ask_daemon DELETE "/volumes/$name" >/dev/null
done
