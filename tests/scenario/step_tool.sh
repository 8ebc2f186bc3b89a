# An image that declares nothing: the step's own `tool` says command and ports; file ports keep to themselves.
mkdir nothing
make_image test/plain nothing
printf 'b\na\n' >words.txt
cat >boxcar.yml <<'FLOW'
workflow: plain
steps:
  sort:
    image: test/plain
    tool:
      command: [sort, "${inputs.text}", -o, "${outputs.sorted}"]
      inputs: {text: {kind: file}}
      outputs: {sorted: {kind: file}, notes: {kind: directory, optional: true}}
    inputs: {text: ./words.txt}
  reverse:
    image: test/plain
    tool:
      command: [sh, -c, 'tac "$0" >"$1"', "${inputs.text}", "${outputs.out}"]
      inputs: {text: {kind: file}}
      outputs: {out: {kind: file}}
    inputs: {text: sort/sorted}
outputs: {reversed: {from: reverse/out, to: ./reversed.txt}}
FLOW
expect_exit 0 boxcar run boxcar.yml
expect_text reversed.txt $'b\na'
sed -i 's/-o, "${outputs.sorted}"/-r/' boxcar.yml  # declared, not written
expect_exit 1 boxcar run boxcar.yml
expect_err 'sort.*sorted'
