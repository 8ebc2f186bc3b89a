# --detach leaves the runner behind; status, logs and stop find the run from anywhere.
make_kliko_image test/wait 'echo waiting; sleep 60' <<<'{schema_version: 4, io: split}'
make_common_images
printf 'workflow: short\nsteps: {a: {image: test/make}}\n' >short.yml
printf 'workflow: named\nsteps: {a: {image: test/make}}\noutputs: {text: {from: a/output/text, to: ./there}}\n' >named.yml
printf 'workflow: long\nsteps: {a: {image: test/wait}}\n' >long.yml
expect_exit 0 boxcar run --detach short.yml
finished() { boxcar status 2>&1 | grep -q succeeded; }
wait_until finished
expect_exit 0 boxcar status
expect_out '^  a  \.boxcar/[0-9a-f]{12}/[0-9a-f]{12}/output$'
expect_exit 0 boxcar run --detach named.yml
wait_until finished
expect_exit 0 boxcar status
expect_out '^  text  there$'
expect_text there hello

expect_exit 0 timeout 5 boxcar run --detach long.yml
cd /
waiting() { boxcar logs 2>&1 | grep -q waiting; }
wait_until waiting
long=$(boxcar runs --json | jq -r '.[0].run')
expect_exit 0 boxcar status
cat "$SCENARIO/err" >>"$SCENARIO/out"
expect_out 'long' 'running'
# stop takes the run that runs, also when a later one is over already.
(cd "$SCENARIO/work" && expect_exit 0 boxcar run short.yml)
expect_exit 0 boxcar stop
expect_err "^stopped run $long$"
stopped() { boxcar status "$long" 2>&1 | grep -q cancelled; }
wait_until stopped
expect_exit 0 boxcar stop
expect_err '^no run is running; the latest, .*, is over: succeeded$'
cd "$SCENARIO/work"
