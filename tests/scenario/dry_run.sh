# --dry-run starts nothing: for each step whether it is cached, if not why, or on which step that depends.
make_common_images
cat >boxcar.yml <<'FLOW'
workflow: dry
inputs: {text: {type: str, default: one}, line: {type: str, default: two}}
steps:
  make: {image: test/make, params: {text: "${inputs.text}"}}
  append: {image: test/append, inputs: {input: make/output}, params: {line: "${inputs.line}"}}
FLOW
expect_exit 0 boxcar run --dry-run boxcar.yml
[ ! -e .boxcar ] || [ -z "$(find .boxcar -name manifest.json)" ] || fail "a dry run ran"
cat "$SCENARIO/err" >>"$SCENARIO/out"
expect_out 'make' 'append.*make'
boxcar run boxcar.yml 2>/dev/null
expect_exit 0 boxcar run --dry-run boxcar.yml --set line=three
cat "$SCENARIO/err" >>"$SCENARIO/out"
expect_out 'make.*cached' 'append.*line.*two.*three'
expect_exit 0 env -C / boxcar run --dry-run "$PWD/boxcar.yml" --set line=three
expect_err 'append.*line.*two.*three'
[ "$(find .boxcar -name manifest.json | wc -l)" = 2 ] || fail "a dry run left a result"

# An image that is not there is found by a dry run too.
printf 'workflow: w\nsteps: {make: {image: test/make}, other: {image: test/nowhere, after: [make]}}\n' >missing.yml
expect_exit 2 boxcar run --dry-run --pull never missing.yml
expect_err 'missing.yml:2:.*test/nowhere'
expect_exit 2 boxcar chain --dry-run --pull never test/nowhere
expect_err 'test/nowhere'
