# --json: stdout holds one JSON object and nothing else; everything for people goes to stderr.
make_kliko_image test/loud 'echo to stdout; echo to stderr >&2; touch /output/done' <<<'{schema_version: 4, io: split}'
expect_exit 0 boxcar chain --json test/loud
expect_json '(keys | sort) == ["outputs", "run", "seconds", "status", "steps"]' \
  '.steps["1-loud"] | (keys | sort) == ["attempts", "exit_code", "failure", "image", "key", "message", "peak_memory", "resources", "result", "seconds", "status"]' \
  '.steps["1-loud"].key | test("^[0-9a-f]{64}$")' '.steps["1-loud"].result | startswith("/")' '.seconds | type == "number"' \
  '.steps["1-loud"].image | type == "string"' '.steps["1-loud"] | .failure == null and .message == null' '.outputs == {}'
[ "$(jq -s length "$SCENARIO/out")" = 1 ] || fail "one object"
expect_err '1-loud.*to stdout' '1-loud.*to stderr'
expect_exit 0 boxcar chain test/loud
[ ! -s "$SCENARIO/out" ] || fail "without --json, stdout is empty"
expect_exit 2 boxcar chain --json 'test/loud --nothing 1'
expect_json '.findings | length == 1' '.findings[0].message | contains("nothing")'

# Why a step failed, and where the outputs are; boxcar status prints the same.
make_common_images
make_kliko_image test/fail 'exit 5' <<<'{schema_version: 4, io: split}'
make_kliko_image test/slow 'sleep 60' <<<'{schema_version: 4, io: split}'
cat >boxcar.yml <<'FLOW'
workflow: w
steps:
  make: {image: test/make}
  fail: {image: test/fail, after: make}
  slow: {image: test/slow, after: make, timeout: 1s}
  lost: {image: test/append, inputs: {input: fail/output/none}, params: {line: a}}
  path: {image: test/append, inputs: {input: make/output/none}, params: {line: a}}
outputs:
  text: {from: make/output/text, to: ./text}
FLOW
same_in_status() {
  cp "$SCENARIO/out" said
  expect_exit 0 boxcar status --json
  [ "$(jq -cS 'del(.seconds)' "$SCENARIO/out")" = "$(jq -cS 'del(.seconds)' said)" ] || fail "$(cat said "$SCENARIO/out")"
}
expect_exit 1 boxcar run --keep-going --json
expect_json '.steps.fail | .failure == "exit" and .message == "exited with code 5" and .exit_code == 5' \
  '.steps.slow | .failure == "timeout" and .message == "took longer than its timeout of 1.0s"' \
  '.steps.lost | .status == "skipped" and .failure == null and .message == "needs fail, which failed"' \
  '.steps.path | .failure == "not_found" and (.message | contains("none"))' '.outputs == {text: null}'
same_in_status
expect_exit 0 boxcar run --target make --json
expect_json ".outputs == {text: \"$PWD/text\"}"
same_in_status
