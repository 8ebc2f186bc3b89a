# runs: newest first, as many as asked for; as JSON with all that is recorded. A file is named so that it is found from anywhere.
make_common_images
expect_exit 0 boxcar runs
expect_err 'No run is recorded yet'
expect_exit 0 boxcar runs --json
expect_json '. == []'
printf 'workflow: "two\\tsteps"\nsteps: {a: {image: test/make}, b: {image: test/make, params: {text: b}}}\n' >boxcar.yml
boxcar run boxcar.yml 2>/dev/null
boxcar tool test/make 2>/dev/null
expect_exit 2 boxcar tool test/make --text # not a run
expect_exit 0 boxcar runs --json
expect_json 'map(.workflow) == ["make", "two\tsteps"]' 'map(.steps) == [1, 2]' 'map(.status) == ["succeeded", "succeeded"]' \
  ".[1].file == \"$PWD/boxcar.yml\"" ".[1].store == \"$PWD/.boxcar\"" '.[0].file == ""' '.[0].command == "boxcar tool test/make"' \
  'all(.started < .finished and .seconds > 0)'
expect_exit 0 boxcar runs -n 1
expect_out '^RUN ' ' make +succeeded '
[ "$(wc -l <"$SCENARIO/out")" = 2 ] || fail "not one"
expect_exit 0 boxcar runs --limit 0
[ "$(wc -l <"$SCENARIO/out")" = 3 ] || fail "not all"
expect_not_in "$SCENARIO/out" $'\t'
boxcar tool --json test/make --text "it's \$HOME; a  * \\" >/dev/null 2>&1 # recorded so that a shell gives the same again
expect_exit 0 boxcar runs --json
again=$(json '.[0].command')
expect_exit 0 eval "$again"
expect_json '.status == "succeeded"' '[.steps[].status] == ["cached"]'
