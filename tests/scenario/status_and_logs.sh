# The record: runs, status, logs, on the latest run when none is named, from anywhere.
make_kliko_image test/talk 'echo out loud; echo "to err" >&2; printf "no end"; touch /output/done' <<<'{schema_version: 4, io: split}'
make_kliko_image test/fail 'echo broken; exit 5' <<<'{schema_version: 4, io: split}'
expect_exit 0 boxcar chain --json test/talk
first=$(json .run)
expect_exit 1 boxcar chain --json test/talk test/fail
cd /
expect_exit 0 boxcar runs
expect_out "$first.*succeeded" 'failed'
[ "$(grep -n "$first" "$SCENARIO/out" | cut -d: -f1)" -gt "$(grep -n failed "$SCENARIO/out" | head -1 | cut -d: -f1)" ] || fail "newest first"
expect_exit 0 boxcar status
expect_out '1-talk.*cached' '2-fail.*failed'
sed -n '/^[12]-/p' "$SCENARIO/out" | grep -Evq ' [0-9a-f]{12} ' && fail "each step's key: $(cat "$SCENARIO/out")"
expect_exit 0 boxcar status "$first"
expect_out '1-talk.*succeeded'
expect_exit 0 boxcar logs
expect_out 'broken'
expect_exit 0 boxcar logs "$first/1-talk"
expect_out 'out loud' 'no end'
cat "$SCENARIO/err" >>"$SCENARIO/out"
expect_out 'to err'
expect_exit 2 boxcar status no-such-run
# A run of some of the steps has no more of them.
cd "$SCENARIO/work"
cat >boxcar.yml <<'YML'
workflow: two
steps:
  one: {image: test/talk}
  other: {image: test/fail}
YML
expect_exit 0 boxcar run --target one
expect_err ': two, 1 step$'
expect_exit 0 script -qec 'boxcar run --target one' /dev/null
expect_not_in "$SCENARIO/out" other
expect_exit 0 boxcar runs
expect_out 'two +succeeded .* 1 '
expect_exit 0 boxcar status
expect_not_in "$SCENARIO/out" "not looked at"
