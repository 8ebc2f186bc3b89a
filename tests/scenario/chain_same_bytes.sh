# The key holds what a step reads, not how it came about: a rerun that gives the same bytes leaves what follows cached.
make_kliko_image test/constant 'echo always >/output/text' <<'SPEC'
schema_version: 4
io: split
sections: [{name: s, description: d, fields: [{name: seed, type: int, initial: 0}]}]
SPEC
make_kliko_image test/count 'wc -c </input/text >/output/count' <<<'{schema_version: 4, io: split}'
expect_exit 0 boxcar chain --json test/constant test/count
expect_exit 0 boxcar chain --json 'test/constant --seed 1' test/count
expect_json '[.steps[].status] == ["succeeded", "cached"]'
expect_exit 0 boxcar chain --json --rerun 1-constant 'test/constant --seed 1' test/count
expect_json '[.steps[].status] == ["succeeded", "cached"]'
