# A file that changes while a step reads it fails the attempt: the result would not be of what the key says.
make_kliko_image test/slow 'echo waiting; sleep 0.7; cat /param_files/sky >/output/sky' <<'SPEC'
schema_version: 4
io: split
sections: [{name: s, description: d, fields: [{name: sky, type: file}]}]
SPEC
echo before >sky
boxcar tool --json test/slow --sky sky >"$SCENARIO/out" 2>"$SCENARIO/err" &
wait_until grep -q waiting "$SCENARIO/err"
echo after. >sky
code=0
wait $! || code=$?
[ $code = 1 ] || { cat "$SCENARIO/err"; fail "exit code $code"; }
expect_json '[.steps[].status] == ["failed"]' '[.steps[].result] == [null]'
expect_err 'sky.*chang'
expect_exit 0 boxcar tool --json test/slow --sky sky
expect_text "$(json '.steps[].result')/output/sky" after.
