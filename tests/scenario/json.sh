# --json: stdout holds one JSON object and nothing else; everything for people goes to stderr.
make_kliko_image test/loud 'echo to stdout; echo to stderr >&2; touch /output/done' <<<'{schema_version: 4, io: split}'
expect_exit 0 boxcar chain --json test/loud
expect_json '(keys | sort) == ["run", "seconds", "status", "steps"]' \
  '.steps["1-loud"] | (keys | sort) == ["attempts", "exit_code", "image", "key", "result", "seconds", "status"]' \
  '.steps["1-loud"].key | test("^[0-9a-f]{64}$")' '.steps["1-loud"].result | startswith("/")' '.seconds | type == "number"' \
  '.steps["1-loud"].image | type == "string"'
[ "$(jq -s length "$SCENARIO/out")" = 1 ] || fail "one object"
expect_err '1-loud.*to stdout' '1-loud.*to stderr'
expect_exit 0 boxcar chain test/loud
[ ! -s "$SCENARIO/out" ] || fail "without --json, stdout is empty"
expect_exit 2 boxcar chain --json 'test/loud --nothing 1'
expect_json '.findings | length == 1' '.findings[0].message | contains("nothing")'
