# A kliko.yml on disk: all findings at once, each with its place, before anything else is done.
cat >good.yml <<'SPEC'
schema_version: 4
name: simms
io: split
sections:
  - {name: s, description: d, fields: [{name: tel, type: str, required: true}]}
SPEC
expect_exit 0 boxcar validate good.yml
expect_out '^good.yml: valid .a tool as Kliko declares it, schema version 4.$'
expect_exit 0 kliko-validate good.yml

cat >bad.yml <<'SPEC'
schema_version: 4
nmae: simms
io: sideways
sections:
  - name: s
    description: d
    fields:
      - {name: n, type: int, initial: "10"}
      - {name: n, type: str}
SPEC
expect_exit 2 boxcar validate bad.yml
expect_err 'bad.yml:2:1: .*nmae' 'bad.yml:3:5: .*sideways' 'bad.yml:8:[0-9]+: .*int' 'bad.yml:9:[0-9]+: .*n'
[ "$(grep -c '^bad.yml:' "$SCENARIO/err")" = 4 ] || fail "four findings expected"
code=0
kliko-validate bad.yml >"$SCENARIO/out" 2>&1 || code=$?
[ $code != 0 ] || fail "kliko-validate took a bad file"
expect_out 'bad.yml:3:5'

printf 'io: join\n' >old.yml  # no schema_version is read as 3, with a warning; 3 wants sections
expect_exit 2 boxcar validate old.yml
expect_err 'schema_version' 'sections'
# Values without the tool that takes them: what was not checked is said, and what is none is a finding.
echo '{"n": 1, "text": ["a", "b"]}' >parameters.json
expect_exit 0 boxcar validate parameters.json
expect_out '^parameters.json: reads as parameters; whether a tool takes them was not checked: --tool FILE.IMAGE does$'
expect_exit 2 boxcar validate parameters.json --tool good.yml
expect_err "parameters.json:1:2: unknown parameter 'n'" "parameter 'tel' .* needs a value"
for wrong in '{"n": ' '[1]' '{"n": {"m": 1}}'; do
  echo "$wrong" >parameters.json
  expect_exit 2 boxcar validate parameters.json
  expect_err '^parameters.json:[12]:[0-9]+: '
done
expect_exit 2 boxcar validate missing.yml
expect_err 'missing.yml'
