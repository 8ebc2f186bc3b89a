# --parameters takes values from a parameters.json; options win, and the tool's rules hold for both.
make_kliko_image test/show 'cat /parameters.json >/output/seen' <<'SPEC'
schema_version: 4
io: split
sections:
  - name: s
    description: d
    fields: [{name: n, type: int, required: true}, {name: text, type: str, initial: none}, {name: sky, type: file}]
SPEC
mkdir given
echo sky >given/sky.txt
echo '{"n": 3, "text": "from the file", "sky": "given/sky.txt"}' >parameters.json
expect_exit 0 boxcar tool --parameters parameters.json --output out test/show
expect_text out/seen '{"n": 3, "sky": "/param_files/sky", "text": "from the file"}'
expect_exit 0 boxcar tool --parameters parameters.json --output out test/show --text given --n 4
expect_text out/seen '{"n": 4, "sky": "/param_files/sky", "text": "given"}'
echo '{"n": 1.5, "txet": "x"}' >wrong.json
expect_exit 2 boxcar tool --parameters wrong.json test/show
expect_err 'wrong.json:1:7: .*expected an int' "wrong.json:1:12: .*'txet'.*'text'"
expect_exit 2 boxcar tool --parameters missing.json test/show
expect_err 'missing.json'
