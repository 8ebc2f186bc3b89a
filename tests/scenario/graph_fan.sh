# Fan-out and fan-in: a diamond whose last step has two input ports, and a path within a port.
make_common_images
cat >boxcar.yml <<'FLOW'
workflow: diamond
steps:
  top: {image: test/make, params: {text: top}}
  left: {image: test/append, inputs: {input: top/output}, params: {line: left}}
  right: {image: test/append, inputs: {input: top/output}, params: {line: right}}
  both:
    image: test/make
    tool:
      command: [sh, -c, "cat ${inputs.a}/text ${inputs.b} >${outputs.joined}; echo hi >${outputs.notes}/name"]
      inputs: {a: {kind: directory}, b: {kind: file}}
      outputs: {joined: {kind: file}, notes: {kind: directory}, more: {kind: file, optional: true}}
    inputs: {a: left/output, b: right/output/text}
outputs:
  joined: {from: both/joined, to: ./joined.txt}
FLOW
expect_exit 0 boxcar run boxcar.yml --json
expect_json '(.steps | keys_unsorted) == ["top", "left", "right", "both"]' '.status == "succeeded"'
expect_text joined.txt $'top\nleft\ntop\nright'
[ -d .boxcar ] || fail "the store lies beside the workflow file"
mkdir elsewhere
cd elsewhere
expect_exit 0 boxcar run ../boxcar.yml --json
expect_json '[.steps[].status] == ["cached", "cached", "cached", "cached"]'
[ -z "$(ls)" ] || fail "something was left in the current directory: $(ls)"
