# Whatever is wrong with a workflow is found before anything starts, all at once, each with its place.
make_common_images
cat >boxcar.yml <<'FLOW'
workflow: wrong
inputs: {n: {type: int, default: 1}}
steps:
  a: {image: test/make, params: {txet: hello}}
  b: {image: test/append, inputs: {input: nowhere/output}, params: {line: x}}
  c: {image: test/append, inputs: {input: a/missing}, params: {line: "${inputs.m}"}}
  d: {image: test/append, inputs: {input: ./no-such-folder}, params: {line: 3}}
  e: {image: test/append, inputs: {input: f/output}, params: {line: x}}
  f: {image: test/append, inputs: {input: e/output}, params: {line: x}}
  g: {image: test/make, after: [b, gg]}
  h:
    image: test/make
    tool: {command: [cat, "${inputs.text}"], inputs: {text: {kind: file}}}
    inputs: {text: a/output}
outputs:
  one: {from: a/output, to: ./out}
  two: {from: b/output, to: ./out/}
FLOW
expect_exit 2 boxcar run boxcar.yml
expect_err 'boxcar.yml:4:[0-9]+: .*txet.*text' 'boxcar.yml:5:[0-9]+: .*nowhere' 'boxcar.yml:6:[0-9]+: .*missing' 'boxcar.yml:6:[0-9]+: .*input .m' \
  'boxcar.yml:7:[0-9]+: .*no-such-folder' 'boxcar.yml:7:[0-9]+: .*line.*(str|text)' 'boxcar.yml:[89]:[0-9]+: .*wait for each other' \
  'boxcar.yml:10:[0-9]+: .*gg' 'boxcar.yml:1[134]:[0-9]+: .*(file|directory)' 'boxcar.yml:1[567]:[0-9]+: .*out'
[ ! -e .boxcar ] || [ -z "$(find .boxcar -name manifest.json)" ] || fail "something ran"
expect_exit 2 boxcar run boxcar.yml --json
expect_json '.findings | length >= 10' '.findings | all(.file and .line and .column and .message)'
expect_exit 2 boxcar run --dry-run boxcar.yml
