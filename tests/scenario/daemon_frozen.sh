# A daemon that takes connections and never answers: no command hangs on it, Ctrl-C ends each, and two end a run at once; a step whose
# daemon does not answer for BOXCAR_DAEMON_TIMEOUT is lost. A short freeze harms nothing. What was left there goes with the next run.
printf 'schema_version: 4\nio: split\nsections: [{name: s, description: d, fields: [{name: n, type: int}]}]\n' |
  make_kliko_image test/slow 'trap "exit 0" TERM; echo half >/output/text; sleep "$(tr -dc 0-9 </parameters.json)" & wait; echo whole >/output/text'
printf 'workflow: w\ninputs: {n: {type: int}}\nsteps: {slow: {image: test/slow, params: {n: "${inputs.n}"}}}\n' >boxcar.yml
daemon=$(cat "$DAEMON/daemon.pid")
freeze() { kill -STOP "$daemon"; }
thaw() { kill -CONT "$daemon"; }
trap thaw EXIT
begun() { cat .boxcar/work/*.slow.1/result/output/text; }
start() { # COMMAND…: in the background, with SIGINT as on a terminal
  set -m
  "$@" >"$SCENARIO/out" 2>"$SCENARIO/err" &
  set +m
  pid=$!
}
ends() { # CODE SECONDS
  local code=0 began=$SECONDS
  wait $pid || code=$?
  [ $code = "$1" ] || { cat "$SCENARIO/err"; fail "exit code $code instead of $1"; }
  [ $((SECONDS - began)) -le "$2" ] || { cat "$SCENARIO/err"; fail "it took $((SECONDS - began)) s"; }
}

# Before there is anything.
freeze
for command in "inspect test/slow" doctor "run --set n=1 boxcar.yml"; do
  BOXCAR_DAEMON_TIMEOUT=2 start boxcar $command
  if [ "$command" = doctor ]; then wait $pid || true; else ends 3 15; fi
  expect_in <(cat "$SCENARIO/out" "$SCENARIO/err") 'daemon at unix.* does not answer'
  for signal in INT TERM; do
    start boxcar $command
    sleep 0.5
    kill -$signal $pid
    ends 130 10
  done
done
thaw

# In mid-run: for a moment, then for too long, and once more until it is interrupted.
start env BOXCAR_DAEMON_TIMEOUT=12 boxcar run --json --set n=13 boxcar.yml
wait_until begun
freeze
wait_until grep -qE '^(Docker|Podman) [0-9.]+ does not answer; waiting for it$' "$SCENARIO/err"
thaw
ends 0 20
expect_in "$SCENARIO/err" '^(Docker|Podman) [0-9.]+ answers$'
expect_not_in "$SCENARIO/err" 'attempt 2'
expect_text "$(json .steps.slow.result)/output/text" whole

start env BOXCAR_DAEMON_TIMEOUT=5 boxcar run --json --set n=100 boxcar.yml
wait_until begun
freeze
ends 3 90
expect_in "$SCENARIO/err" 'attempt 2 of 3' '(Docker|Podman) [0-9.]+ does not answer'
expect_not_in "$SCENARIO/err" ' answers$'
thaw
expect_exit 0 boxcar run --set n=2 boxcar.yml
[ -z "$(containers)" ] || fail "left: $(containers)"

start boxcar run --set n=101 boxcar.yml
wait_until begun
freeze
kill -INT $pid
sleep 1
kill -0 $pid || fail "one Ctrl-C gave up"
kill -INT $pid
ends 130 20
expect_in "$SCENARIO/err" '(Docker|Podman) [0-9.]+ does not answer; there boxcar-.*-slow-1 may run on until a later try or run removes it'
thaw
expect_exit 0 boxcar run --set n=3 boxcar.yml
[ -z "$(containers)" ] || fail "left: $(containers)"

# While it starts a container, and while one is being stopped.
start boxcar run --set n=102 boxcar.yml
wait_until begun
kill -INT $pid
freeze
sleep 0.5
kill -INT $pid
ends 130 20
thaw
expect_exit 0 boxcar run --set n=4 boxcar.yml
