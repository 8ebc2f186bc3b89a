# What a caller may give: types, defaults, --set NAME=VALUE and --set STEP.NAME=VALUE; wrong ones are refused.
make_common_images
make_kliko_image test/show 'cat /parameters.json >/output/seen.json; cat /param_files/sky' <<'SPEC'
schema_version: 4
io: split
sections: [{name: s, description: d, fields: [{name: n, type: int}, {name: sky, type: file}, {name: title, type: str}]}]
SPEC
echo stars >sky.txt; echo others >others.txt
cat >boxcar.yml <<'FLOW'
workflow: inputs
inputs:
  n: {type: int, default: 3, help: how many}
  sky: {type: file, default: ./sky.txt}
  who: {type: str}
steps:
  show: {image: test/show, params: {n: "${inputs.n}", sky: "${inputs.sky}", title: "for ${inputs.who}, $$5"}}
outputs: {seen: {from: show/output/seen.json, to: ./seen.json}}
FLOW
expect_exit 2 boxcar run boxcar.yml
expect_err 'who'
expect_exit 0 boxcar run boxcar.yml --set who=me
cp seen.json "$SCENARIO/out"
expect_json '.n == 3' '.title == "for me, $5"' '.sky == "/param_files/sky"'
expect_exit 0 boxcar run boxcar.yml --set who=me --set n=4 --set sky=others.txt --set show.title=mine
cp seen.json "$SCENARIO/out"
expect_json '.n == 4' '.title == "mine"'
expect_exit 2 boxcar run boxcar.yml --set who=me --set n=four --set nn=1 --set show.titel=x
expect_err 'n.*int' 'nn' 'titel.*title'
expect_exit 2 boxcar run boxcar.yml --set who=me --set sky=missing.txt
expect_err 'missing.txt'
