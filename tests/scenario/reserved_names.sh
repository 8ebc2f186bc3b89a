# A tool's option with the name of one of boxcar's own is reached as --param NAME=VALUE.
make_kliko_image test/reserved 'cat /parameters.json >/output/seen.json' <<'SPEC'
schema_version: 4
io: split
sections:
  - {name: s, description: d, fields: [{name: input, type: str}, {name: help, type: int}, {name: json, type: bool}, {name: x, type: str}]}
SPEC
expect_exit 0 boxcar tool test/reserved --output out --param input=here --param help=3 --json true --x=--dashes
mv out/seen.json "$SCENARIO/out"
expect_json '.input == "here"' '.help == 3' '.json == true' '.x == "--dashes"'
expect_exit 2 boxcar tool test/reserved --param nowhere=1
expect_err 'nowhere'
