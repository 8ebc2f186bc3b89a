# status --watch returns when the run has ended. A terminal shows the steps anew meanwhile; elsewhere only the end is said.
make_kliko_image test/wait 'echo waiting; sleep 2.5; touch /output/done' <<<'{schema_version: 4, io: split}'
boxcar tool test/wait 2>"$SCENARIO/err" &
wait_until grep -q waiting "$SCENARIO/err"
boxcar status --watch --json >watched.json &
script -qec 'boxcar status --watch' /dev/null >terminal &
expect_exit 0 boxcar status -w
[ "$(grep -c succeeded "$SCENARIO/out")" = 2 ] || fail "not said once" # the run's line and the step's
expect_out ' wait  succeeded' '^wait +succeeded'
expect_exit 0 wait
cp watched.json "$SCENARIO/out"
expect_json '.status == "succeeded"' '.steps.wait.status == "succeeded"'
tr '\r' '\n' <terminal >"$SCENARIO/out"
expect_out $'\e\\[H\e\\[J' '^wait .*running' $'^wait .*running\e\\[0m +[1-9][0-9.]*s' '^wait .*succeeded'
expect_exit 0 timeout 2 boxcar status --watch # of one that has ended
