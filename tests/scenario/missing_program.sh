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
