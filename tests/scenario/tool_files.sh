# File parameters: placed read-only in /param_files, the value becomes that path; lists keep their order, also with equal names.
make_kliko_image test/files '
for path in $(tr -d "[]{},\"" </parameters.json | tr ":" " "); do case $path in /param_files/*) echo "$path $(cat $path)";; esac; done >/output/seen
if echo changed 2>/dev/null >/param_files/sky; then echo writable; exit 9; fi' <<'SPEC'
schema_version: 4
io: split
sections: [{name: s, description: d, fields: [{name: sky, type: file, required: true}, {name: more, type: "List[file]"}]}]
SPEC
mkdir a b
echo sky >'the sky.txt'; echo first >a/data.txt; echo second >b/data.txt
expect_exit 0 boxcar tool test/files --output out --sky 'the sky.txt' --more a/data.txt "$PWD/b/data.txt"
[ "$(cut -d' ' -f2 out/seen | tr '\n' ' ')" = "first second sky " ] || { cat out/seen; fail "contents or order"; }
grep -q '^/param_files/sky sky$' out/seen || fail "/param_files/<field name>"
[ "$(cut -d' ' -f1 out/seen | sort -u | wc -l)" = 3 ] || fail "distinct names"

echo other >a/data.txt  # the key follows the content
expect_exit 0 boxcar tool --json test/files --sky 'the sky.txt' --more a/data.txt b/data.txt
expect_json '[.steps[].status] == ["succeeded"]'
expect_exit 0 boxcar tool --json test/files --sky 'the sky.txt' --more a/data.txt b/data.txt
expect_json '[.steps[].status] == ["cached"]'
