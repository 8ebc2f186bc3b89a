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
[ $code = 130 ] && [ $SECONDS -lt 4 ] || fail "exit code $code after $SECONDS s"
