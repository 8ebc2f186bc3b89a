# A miss explains itself: the first field that differs from the step's earlier action.
make_common_images
cat >boxcar.yml <<'FLOW'
workflow: explain
inputs: {text: {type: str, default: one}}
steps:
  make: {image: test/make, params: {text: "${inputs.text}"}}
  append: {image: test/append, inputs: {input: make/output}, params: {line: x}}
FLOW
expect_exit 0 boxcar run --explain boxcar.yml
expect_exit 0 boxcar run --explain boxcar.yml --set text=two
expect_err 'make.*text.*one.*two' 'append.*input'
sed -i 's/params: {line: x}/params: {line: x}, env: {THREADS: 4}/' boxcar.yml
expect_exit 0 boxcar run --explain boxcar.yml --set text=two
expect_err 'append.*THREADS'

# What is not taken from the cache says so; and what is not there any more.
cat >policy.yml <<'FLOW'
steps:
  always: {image: test/make, cache: false, params: {text: a}}
  aging: {image: test/make, cache: {max_age: 1s}, params: {text: b}}
  kept: {image: test/make, params: {text: c}}
FLOW
expect_exit 0 boxcar run --json policy.yml
result=$(json .steps.kept.result)
sleep 1.1
chmod -R u+w "$result" && echo other >"$result/output/text"
expect_exit 0 boxcar run --dry-run policy.yml
expect_err '^always +runs: it says cache: false$' '^aging +runs: its result is [0-9.]+s old, and max_age is 1.0s$' \
  '^kept +runs: its earlier result was altered$'
rm -r "$result"
expect_exit 0 boxcar run --explain --rerun aging policy.yml
expect_err '^kept: its earlier result is gone$' '^aging: --rerun names it$'
