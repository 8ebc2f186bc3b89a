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

# What only comes after a step has its result whatever becomes of that, as in the run itself.
cat >after.yml <<'FLOW'
inputs: {text: {type: str, default: one}}
steps:
  make: {image: test/make, params: {text: "${inputs.text}"}}
  later: {image: test/make, params: {text: two}, after: [make]}
  append: {image: test/append, inputs: {input: later/output}, params: {line: x}}
FLOW
boxcar run after.yml 2>/dev/null
expect_exit 0 boxcar run --dry-run after.yml --set text=three
expect_err '^make +runs' '^later +cached' '^append +cached' '^2 of 3 steps'
expect_exit 0 boxcar run --json after.yml --set text=three
expect_json '[.steps[].status] == ["succeeded", "cached", "cached"]'

# An image that is not there is found by a dry run too.
printf 'workflow: w\nsteps: {make: {image: test/make}, other: {image: test/nowhere, after: [make]}}\n' >missing.yml
expect_exit 2 boxcar run --dry-run --pull never missing.yml
expect_err 'missing.yml:2:.*test/nowhere'
expect_exit 2 boxcar chain --dry-run --pull never test/nowhere
expect_err 'test/nowhere'
