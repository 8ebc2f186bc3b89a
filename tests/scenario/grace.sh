# --grace: so long a container may take to end after SIGTERM; then it is killed.
make_kliko_image test/stubborn 'trap "" TERM; echo waiting; while :; do sleep 60; done' <<<'{schema_version: 4, io: split}'
set -m
boxcar chain --grace 0.5s test/stubborn 2>"$SCENARIO/err" &
set +m
wait_until grep -q waiting "$SCENARIO/err"
kill -INT $!
code=0
SECONDS=0
wait $! || code=$?
[ $code = 130 ] && [ $SECONDS -lt 9 ] || fail "exit code $code after $SECONDS s"
no_leftovers

# The same for a step whose time is up.
printf 'workflow: w\nsteps: {stubborn: {image: test/stubborn, timeout: 0.3s}}\n' >boxcar.yml
SECONDS=0
expect_exit 1 boxcar run --grace 0.5s --json boxcar.yml
[ $SECONDS -lt 9 ] || fail "took $SECONDS s"
expect_json '.steps.stubborn.status == "failed"' '.steps.stubborn.seconds >= 0.8'
expect_err 'stubborn.*took longer than its timeout'
