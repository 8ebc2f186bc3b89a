# What boxcar was started to ignore does not stop it: the hangup under nohup, Ctrl-C for a job in the background of a script.
make_kliko_image test/wait 'echo waiting; sleep 2; echo done >/output/text' <<<'{schema_version: 4, io: split}'
signalled() { # CODE SIGNAL COMMAND…
  local expected=$1 signal=$2 code=0
  shift 2
  remove .kliko
  : >"$SCENARIO/err"
  "$@" >"$SCENARIO/out" 2>"$SCENARIO/err" &
  wait_until grep -q waiting "$SCENARIO/err"
  kill "-$signal" -- "$group$!"
  wait $! || code=$?
  [ $code = "$expected" ] || { cat "$SCENARIO/err"; fail "exit code $code instead of $expected after $signal"; }
  no_leftovers
}
group=
signalled 0 INT boxcar tool --json test/wait
expect_json '.status == "succeeded"'
signalled 130 HUP boxcar tool --json test/wait
set -m
group=- # all that a terminal would tell
signalled 0 HUP nohup boxcar tool --json test/wait
expect_json '.status == "succeeded"'
signalled 130 INT nohup boxcar tool --json test/wait
signalled 130 TERM nohup boxcar tool --json test/wait
