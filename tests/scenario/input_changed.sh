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

# One that can't be read is found before the start; what lies below it is not looked at then, and is not the step's failure either: the
# message names both.
[ "$(id -u)" != 0 ] || return 0 # who reads all
expect_exit 2 boxcar tool test/slow --sky /etc/shadow
expect_err "^step 'slow': parameter 'sky' .*'/etc/shadow' can't be read: Permission denied$"
make_kliko_image test/dir 'touch /output/x' <<<'{schema_version: 4, io: split}'
expect_exit 3 boxcar tool --input /etc test/dir
expect_err "^step dir failed: input 'input': reading /etc: opening .*: Permission denied$"
expect_exit 3 boxcar tool --dry-run --input /etc test/dir
expect_err "^dir +fails: input 'input': reading /etc: "
