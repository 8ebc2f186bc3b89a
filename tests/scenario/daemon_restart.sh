# The daemon stopped in mid-run: the step is tried again once it is back, and the run ends right. Is it gone for good, that is said,
# and nothing wrong is kept.
printf 'schema_version: 4\nio: split\nsections: [{name: s, description: d, fields: [{name: n, type: int}]}]\n' |
  make_kliko_image test/slow 'echo half >/output/text; sleep 3; echo whole >/output/text'
printf 'workflow: w\ninputs: {n: {type: int, default: 1}}\nsteps: {slow: {image: test/slow, params: {n: "${inputs.n}"}}}\n' >boxcar.yml

boxcar run --json boxcar.yml >"$SCENARIO/out" 2>run.log &
runner=$!
begun() { cat .boxcar/work/*.slow.1/result/output/text; }
wait_until begun
stop_daemon
start_daemon
wait $runner || { cat run.log; fail "the run did not survive its daemon's restart"; }
expect_json '.steps.slow.status == "succeeded"'
expect_text "$(json .steps.slow.result)/output/text" whole

# Podman's containers go on without it, however often it comes back within the time that it is given each time.
if [ "$BOXCAR_TEST_ENGINE" = podman ]; then
  export BOXCAR_DAEMON_TIMEOUT=5
  printf 'schema_version: 4\nio: split\n' |
    make_kliko_image test/long 'echo half >/output/text; sleep 13; echo and >>/output/text; echo whole >>/output/text'
  printf 'workflow: w\nsteps: {slow: {image: test/long, network: none}}\n' >long.yml
  boxcar run --json long.yml >"$SCENARIO/out" 2>run.log &
  runner=$!
  wait_until begun
  for wait in 6 0; do
    stop_daemon
    start_daemon
    sleep $wait
  done
  wait $runner || { cat run.log; fail "the run did not survive two restarts"; }
  expect_text "$(json .steps.slow.result)/output/text" "$(printf 'half\nand\nwhole')"
  expect_not_in run.log 'again|went away'
  unset BOXCAR_DAEMON_TIMEOUT
fi

stop_daemon
expect_exit 3 boxcar run --set n=2 boxcar.yml
expect_err "no (Docker|Podman) answers|nobody answers"
start_daemon
