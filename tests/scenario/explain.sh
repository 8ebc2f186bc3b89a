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
