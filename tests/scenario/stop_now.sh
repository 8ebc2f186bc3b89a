# stop --now does not wait for a container that will not end; stop alone says what it waits for.
make_kliko_image test/stubborn 'trap "" TERM; echo waiting; while :; do sleep 60; done' <<<'{schema_version: 4, io: split}'
printf 'workflow: w\nsteps: {stubborn: {image: test/stubborn}}\n' >boxcar.yml
started() {
  run=$(boxcar run --detach "$@" boxcar.yml 2>/dev/null)
  wait_until grep -q waiting ".boxcar/runs/$run/stubborn.1/log.jsonl"
}
started --grace 1h
SECONDS=0
expect_exit 0 boxcar stop --now
[ $SECONDS -lt 20 ] || fail "took $SECONDS s"
no_leftovers
expect_exit 0 boxcar status "$run"
expect_out ' cancelled ' '^stubborn +cancelled'
expect_exit 0 boxcar stop "$run"
expect_err "run $run is over already: cancelled"

started --grace 1s
expect_exit 0 boxcar stop "${run%?}" # the beginning of its name will do
expect_err "stopping run $run: waiting .*--now" "^stopped run $run"
no_leftovers

# A script's shell starts what goes to the background with SIGINT ignored; a stop is meant all the same.
boxcar run --grace 1s boxcar.yml 2>background &
wait_until grep -q 'step stubborn: started' background
expect_exit 0 boxcar stop
expect_err '^stopped run '
code=0
wait $! || code=$?
[ "$code" = 130 ] || fail "ended with $code"
expect_exit 0 boxcar status
expect_out ' cancelled '
