# Killed at any moment: its containers end, nothing is left that a later run takes for a result, and that run removes the rest.
make_kliko_image test/half 'echo half >/output/text; echo waiting; sleep ${NAP:-60}; echo whole >/output/text' <<<'{schema_version: 4, io: split}'
printf 'workflow: killed\nsteps: {half: {image: test/half}}\n' >boxcar.yml
boxcar run boxcar.yml 2>"$SCENARIO/err" &
wait_until grep -q waiting "$SCENARIO/err"
kill -KILL $!
wait $! || true
no_leftovers
[ -z "$(find .boxcar -name manifest.json)" ] || fail "a result of a killed run"
expect_exit 0 boxcar status
cat "$SCENARIO/err" >>"$SCENARIO/out"
expect_not_in "$SCENARIO/out" 'running'
sed -i 's/test\/half}/test\/half, env: {NAP: "0"}}/' boxcar.yml
expect_exit 0 boxcar run boxcar.yml --json
expect_text "$(json .steps.half.result)/output/text" whole
[ -z "$(ls .boxcar/work 2>/dev/null)" ] || fail "left in .boxcar/work: $(ls .boxcar/work)"
