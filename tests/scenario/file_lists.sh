# Lists of files whose names are equal, within a list and across two: each keeps its order and its content, under names of their own.
make_kliko_image test/lists 'cp /parameters.json /output/
for path in $(sed "s/[][{},\":]/ /g" /parameters.json); do case $path in /*) echo "$path $(cat "$path")"; esac; done >/output/seen' <<'SPEC'
schema_version: 4
io: split
sections: [{name: s, description: d, fields: [{name: left, type: "List[file]"}, {name: right, type: "List[file]", required: true}]}]
SPEC
mkdir a b c
for d in a b c; do echo "in $d" >$d/x; done
echo other >c/2-x
expected='/param_files/left/x in c
/param_files/left/2-x other
/param_files/left/3-x in a
/param_files/right/x in a
/param_files/right/2-x in b
/param_files/right/3-x in a'
expect_exit 0 boxcar tool test/lists --output out --left c/x c/2-x a/x --right a/x b/x "$PWD/a/x"
expect_text out/seen "$expected"
cat >boxcar.yml <<'FLOW'
workflow: w
steps: {lists: {image: test/lists, params: {left: [c/x, c/2-x, a/x], right: [a/x, ./b/x, b/../a/x]}}}
FLOW
expect_exit 0 boxcar run --store .kliko --json boxcar.yml
expect_json '.steps.lists.status == "cached"'
expect_exit 0 boxcar tool --json test/lists --left c/x c/2-x a/x --right b/x a/x a/x # another order is another key
expect_json '.steps.lists.status == "succeeded"'
expect_exit 0 boxcar tool test/lists --output only --right a/x
expect_text only/parameters.json '{"left": null, "right": ["/param_files/right/x"]}'
