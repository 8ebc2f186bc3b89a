# --rerun runs a step although its result is known; --keep-failed keeps the workspace of a failed attempt.
make_kliko_image test/now 'cat /proc/uptime >/output/at' <<<'{schema_version: 4, io: split}'
make_kliko_image test/fail 'echo half >/output/half; exit 3' <<<'{schema_version: 4, io: split}'
expect_exit 0 boxcar chain --json test/now
before=$(cat "$(json '.steps[].result')/output/at")
expect_exit 0 boxcar chain --json --rerun 1-now test/now
expect_json '[.steps[].status] == ["succeeded"]'
[ "$(cat "$(json '.steps[].result')/output/at")" != "$before" ] || fail "the old result stayed"
expect_exit 2 boxcar chain --rerun 1-nwo test/now
expect_err "--rerun: there is no step '1-nwo' \(did you mean '1-now'\?\)"
expect_exit 2 boxcar chain --target 1-now --rerun 2-now test/now test/now
expect_err "--rerun: no --target needs step '2-now' \(did you mean '1-now'\?\)"
expect_exit 1 boxcar chain test/fail
[ -z "$(grep -rl half .kliko --include=half)" ] || fail "a failed workspace was kept"
expect_exit 1 boxcar chain --keep-failed test/fail
[ -n "$(find .kliko -name half)" ] || fail "--keep-failed kept nothing"
