# The options of `boxcar tool IMAGE --help` and `kliko-run IMAGE --help` are made from the image.
make_kliko_image test/helpful 'true' <<'SPEC'
schema_version: 4
description: Create a simulated measurement set
io: split
sections:
  - name: observation
    description: What is observed
    fields:
      - {name: tel, type: choice, choices: {meerkat: the 64 dishes, kat-7: the seven}, initial: kat-7, label: telescope name}
      - {name: synthesis-time, type: float, required: true, help_text: Synthesis time in hours}
      - {name: sky, type: "List[file]"}
SPEC
for program in 'boxcar tool' kliko-run; do
  expect_exit 0 $program test/helpful --help
  expect_out 'Create a simulated measurement set' '--tel' 'telescope name' 'meerkat' 'the seven' 'kat-7' \
    'observation:$' 'What is observed' '--synthesis-time' 'float' 'Synthesis time in hours' 'required' '--sky' 'List\[file\]|file'
done
expect_exit 0 boxcar inspect test/helpful
expect_out '^  What is observed$' '^ +telescope name$'
expect_exit 0 boxcar inspect --json test/helpful
expect_json '.sections == [{name: "observation", description: "What is observed"}]'
expect_exit 2 boxcar tool test/helpful -- --tel kat-7
expect_err "nothing is to be set apart by '--'"
expect_exit 0 boxcar tool --help
expect_out 'IMAGE' '--store' 'boxcar tool .*--'
[ ! -e .kliko ] || fail "asking for help made a store"
