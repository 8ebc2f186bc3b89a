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
  both: # two files that the program writes side by side; what lies beside them is dropped
    image: test/plain
    tool:
      command: [sh, -c, 'cd /out; touch more; head -1 $0 >first; tail -1 $0 >last', "${inputs.text}"]
      inputs: {text: {kind: file}}
      outputs: {first: {kind: file, path: /out/first}, last: {kind: file, path: /out/last}, no: {kind: file, path: /out/no, optional: true}}
    inputs: {text: sort/sorted}
  linked: # links among such files become the files they lead to, whichever of them comes first
    image: test/plain
    tool:
      command: [sh, -c, 'cd /out; ln -s real.txt latest.txt; cat $0 >real.txt; ln -s /out/latest.txt best.txt', "${inputs.text}"]
      inputs: {text: {kind: file}}
      outputs: {latest: {kind: file, path: /out/latest.txt}, real: {kind: file, path: /out/real.txt}, best: {kind: file, path: /out/best.txt}}
    inputs: {text: sort/sorted}
outputs: {reversed: {from: reverse/out, to: ./reversed.txt}, first: {from: both/first, to: ./1}, last: {from: both/last, to: ./2}}
FLOW
expect_exit 0 boxcar run --json boxcar.yml
expect_text reversed.txt $'b\na'
expect_text 1 a
expect_text 2 b
result=$(json .steps.both.result)
[ "$(cd "$result" && echo first/* last/* no*)" = 'first/first last/last no*' ] || fail "$(find "$result")"
result=$(json .steps.linked.result)
for file in latest/latest.txt real/real.txt best/best.txt; do
  [ -f "$result/$file" ] && [ ! -L "$result/$file" ] || fail "$(ls -lR "$result")"
  expect_text "$result/$file" $'a\nb'
done
sed -i 's/-o, "${outputs.sorted}"/-r/' boxcar.yml  # declared, not written
expect_exit 1 boxcar run boxcar.yml
expect_err 'sort.*sorted'
