# --detach leaves the runner behind; status, logs and stop find the run from anywhere.
make_kliko_image test/wait 'echo waiting; sleep 60' <<<'{schema_version: 4, io: split}'
make_common_images
printf 'workflow: short\nsteps: {a: {image: test/make}}\n' >short.yml
printf 'workflow: long\nsteps: {a: {image: test/wait}}\n' >long.yml
expect_exit 0 boxcar run --detach short.yml
finished() { boxcar status 2>&1 | grep -q succeeded; }
wait_until finished

expect_exit 0 timeout 5 boxcar run --detach long.yml
cd /
waiting() { boxcar logs 2>&1 | grep -q waiting; }
wait_until waiting
expect_exit 0 boxcar status
cat "$SCENARIO/err" >>"$SCENARIO/out"
expect_out 'long' 'running'
expect_exit 0 boxcar stop
stopped() { boxcar status 2>&1 | grep -q cancelled; }
wait_until stopped
cd "$SCENARIO/work"
