# Ctrl-C: SIGTERM, grace, SIGKILL; exit code 130, and nothing left. A second Ctrl-C kills at once. The same when the terminal
# goes away, or someone sends SIGTERM.
make_kliko_image test/polite 'trap "echo bye; exit 0" TERM; echo waiting; sleep 60 & wait' <<<'{schema_version: 4, io: split}'
make_kliko_image test/stubborn 'trap "" TERM; echo waiting; while :; do sleep 60; done' <<<'{schema_version: 4, io: split}'
interrupted() {  # IMAGE SIGNAL…: once the container runs
  local started code=0
  : >"$SCENARIO/err"
  set -m  # a process group of its own, with SIGINT as on a terminal
  boxcar chain --json "$1" >"$SCENARIO/out" 2>"$SCENARIO/err" &
  set +m
  wait_until grep -q waiting "$SCENARIO/err"
  started=$SECONDS
  for signal in "${@:2}"; do
    kill "-$signal" $!
    sleep 0.3
  done
  wait $! || code=$?
  [ $code = 130 ] || { cat "$SCENARIO/err"; fail "exit code $code"; }
  [ $((SECONDS - started)) -lt 5 ] || fail "took too long"
  expect_json '.status == "cancelled"' '[.steps[].status] == ["cancelled"]' '[.steps[].result] == [null]'
  no_leftovers
}
interrupted test/polite INT
interrupted test/polite HUP
interrupted test/polite TERM
interrupted test/stubborn INT INT
interrupted test/stubborn HUP HUP
[ -z "$(find .kliko -name manifest.json)" ] || fail "a result of a cancelled step"
