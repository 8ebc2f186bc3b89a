# What an image declares is read out of its layers: no container is started, so a runtime that does not work is no hindrance.
make_kliko_image test/good 'true' <<'SPEC'
schema_version: 4
name: the good one
io: split
sections: [{name: s, description: d, fields: [{name: tel, type: str, initial: meerkat, help_text: which array}]}]
SPEC
printf 'schema_version: 4\nio: sideways\n' | make_kliko_image test/invalid 'true'
make_kliko_image test/undeclared 'true' </dev/null
printf 'schema_version: 4\nio: split\n' | make_kliko_image test/unstartable

export BOXCAR_RUNTIME=/bin/false
expect_exit 0 boxcar validate test/good
expect_exit 0 boxcar inspect test/good
expect_out 'the good one' 'tel' 'meerkat' 'which array'
expect_exit 2 boxcar validate test/invalid
expect_err 'kliko.yml:2:5: .*sideways'
expect_exit 2 boxcar validate test/undeclared
expect_err '/kliko.yml'
expect_exit 2 boxcar tool test/undeclared
expect_err '/kliko.yml'
expect_exit 2 boxcar tool test/unstartable
expect_err '/kliko'
