# --detach tells of a run that never began as of any other: with what is wrong, and its exit code, each time. A signal to who waits
# for the beginning ends the runner.
. "$SOURCE/tests/registry_lib.sh"
start_registry
make_common_images
printf 'workflow: right\nsteps: {a: {image: test/make}}\n' >right.yml
printf 'workflow: wrong\nsteps: {a: {image: test/make, params: {none: 1}}}\n' >wrong.yml
fails() { # CODE REGEX ARGUMENT…
  expect_exit "$1" boxcar run --detach "${@:3}"
  expect_text "$SCENARIO/out" ''
  expect_err "$2"
}
for ((i = 0; i < 50; i++)); do
  fails 3 'no Docker answers' --engine docker right.yml
  fails 2 '^wrong.yml:2:.*none' wrong.yml
  fails 3 '/proc/none' --store /proc/none right.yml
done
expect_exit 2 boxcar run --detach --json wrong.yml
expect_json '.findings | length == 1'
expect_exit 0 boxcar runs --json
expect_json '. == []'
# What runs nothing leaves nothing behind.
expect_exit 0 boxcar run --detach --dry-run right.yml
expect_err '^a +runs: ' '^0 of 1 steps are cached'

# Before its run begins the runner is killed, or who waits for it is told to end.
kill -STOP $registry_pid # it takes a connection, and says nothing
printf 'steps: {a: {image: "%s/test/x"}}\n' "$registry" >slow.yml
before_it_begins() { # CODE REGEX SIGNAL WHOM
  local code=0 waits runner skopeo
  set -m # SIGINT as on a terminal
  boxcar run --detach slow.yml >out 2>err &
  set +m
  waits=$!
  runner_fetches() { runner=$(pgrep -P $waits) && skopeo=$(pgrep -P "$runner" -x skopeo); }
  wait_until runner_fetches
  kill "-$3" "${!4}"
  wait $waits || code=$?
  kill $skopeo 2>/dev/null || true # of a runner that had no time to
  [ $code = "$1" ] || fail "exit code $code instead of $1: $(cat out err)"
  [ ! -e "/proc/$runner" ] || fail "the runner is still there"
  expect_text out ''
  expect_in err "$2"
}
before_it_begins 137 'the runner was killed by signal 9$' KILL runner
before_it_begins 130 '^boxcar: interrupted$' INT waits
before_it_begins 130 '^boxcar: interrupted$' TERM waits
expect_exit 0 boxcar runs --json
expect_json '. == []'
