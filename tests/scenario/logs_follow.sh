# logs -f shows what comes, over all attempts, until the run has ended; --attempt shows that of an earlier one.
make_kliko_image test/talk 'echo begins; sleep 1; echo ends >&2; sleep 0.5; exit 3' <<<'{schema_version: 4, io: split}'
printf 'workflow: w\nsteps: {talk: {image: test/talk, retries: 1}}\n' >boxcar.yml
run=$(boxcar run --detach boxcar.yml 2>/dev/null)
boxcar logs -f >followed 2>followed.err &
wait_until grep -qx begins followed
[ ! -s followed.err ] || fail "shown before it was said"
boxcar status | grep -q running || fail "it has ended already"
expect_exit 0 boxcar logs --follow "$run/talk"
expect_exit 0 wait
expect_text followed $'begins\nbegins'
expect_text followed.err $'ends\nends'
expect_exit 0 boxcar status "$run"
expect_out '^talk +failed .*2 attempts'
for attempt in 1 2; do
  expect_exit 0 boxcar logs --attempt $attempt /talk
  expect_text "$SCENARIO/out" begins
done
expect_exit 2 boxcar logs --attempt 3 /talk
expect_err 'no log of attempt 3'
expect_exit 2 boxcar logs /tallk
expect_err "no step 'tallk' .did you mean 'talk'"
expect_exit 0 timeout 5 boxcar logs -f # of one that has ended
