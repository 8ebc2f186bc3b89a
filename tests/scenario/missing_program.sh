# A program that is not in the image is the fault of who wrote the step or the image, not the engine's: the step failed, and it is
# not tried again.
make_common_images
cat >boxcar.yml <<'FLOW'
workflow: missing
steps:
  a:
    image: test/make
    tool: {command: [no-such-program], inputs: {}, outputs: {out: {kind: directory}}}
FLOW
expect_exit 1 boxcar run --json boxcar.yml
expect_json '.status == "failed"' '.steps.a.status == "failed"' '.steps.a.attempts == 1' '.steps.a.exit_code == null'
expect_err 'step a failed: .*no-such-program'
[ "$(grep -c 'no-such-program' "$SCENARIO/err")" = 2 ] || fail "said when it happened and in the summary: $(cat "$SCENARIO/err")"

# Neither image nor tool says what to run: found before anything starts.
make_kaapana_image test/nothing <<'SPEC'
{"name": "nothing", "description": "d", "templates": [
 {"identifier": "none", "description": "d", "inputs": [], "outputs": [{"name": "out", "mounted_path": "/out"}], "env": []},
 {"identifier": "empty", "description": "d", "inputs": [], "outputs": [{"name": "out", "mounted_path": "/out"}], "env": [], "command": [""]}]}
SPEC
printf 'steps:\n  a: {image: test/nothing, template: none}\n  b: {image: test/nothing, template: empty}\n' >none.yml
for call in validate run; do
  expect_exit 2 boxcar $call none.yml
  expect_err "none.yml:2:14: .*there is no command to run" "none.yml:3:14: .*there is no command to run"
done
expect_exit 2 boxcar tool test/nothing --template none
expect_err "there is no command to run"

# A daemon whose runtime starts nothing at all, boxcar's own helper neither, is no failure of the step.
[ "${BOXCAR_TEST_ENGINE:-}" = docker ] || return 0
printf '#!/bin/sh\n[ "$1" != --version ] || exec echo "broken version 1.0"\nexit 1\n' >"$DAEMON/broken"
chmod 755 "$DAEMON/broken"
stop_daemon
LISTEN="--add-runtime broken=$DAEMON/broken --default-runtime broken" start_daemon
expect_exit 3 boxcar tool test/make
expect_err "OCI runtime create failed.*; nor does boxcar's own helper start: 'boxcar doctor' says more$"
