# `boxcar test`: what an image declares is run on sample input, and what does not hold is said of each tool.
expect_problem() { expect_json ".tools[] | select(.name == \"$1\") | .ok == false and any(.problems[]; .kind == \"$2\" and (.message | test(\"$3\")))"; }
channels() { printf '"inputs": [{"name": "in", "mounted_path": "/data/in"}], "outputs": [{"name": "out", "mounted_path": "%s"}]' "${1:-/data/out}"; }
template() { printf '{"identifier": "%s", "description": "d", "env": [], %s, "command": %s}' "$1" "$(channels "${3:-}")" "$2"; }
mkdir root
touch root/occupied
printf '#!/bin/sh\nset -e\necho hello\n[ ! -e /data/in/seen ] || cat /data/in/seen\necho x >/data/out/x\n' >root/good
chmod 755 root/good
cat >root/processing-container.json <<JSON
{"name": "several", "description": "d", "api_version": 1, "templates": [
  $(template good '["/good"]'),
  $(template silent '["true"]'),
  $(template absent '["no-such-program"]'),
  $(template lost '["sh", "/lost.sh"]'),
  $(template fails '["sh", "-c", "echo why; exit 3"]'),
  $(template writes '["sh", "-c", "echo x >/data/out/x; echo x >/data/in/x || true"]'),
  $(template occupied '["true"]' /occupied),
  $(template leads '["ln", "-s", "/etc/passwd", "/data/out/x"]')]}
JSON
make_image test/several root
expect_exit 1 boxcar test test/several --json
expect_json '.ok == false' '.tools | length == 8' '.tools[0] | .name == "good" and .ok and .exit_code == 0 and .log == []'
expect_problem silent output "the step wrote nothing to /data/out; boxcar made up its input 'in'"
expect_problem absent start "no-such-program"
expect_problem lost path "names /lost.sh, which is not in the image"
expect_problem fails exit 3
expect_json '.tools[4].log == ["why"]'
expect_problem writes input_written "it writes into its input 'in': .*Read-only file system"
expect_problem occupied path "output 'out': /occupied is a file in the image, not a directory"
expect_problem leads output "passwd"

# However long its name.
mkdir long && cp root/good long/good
long=$(printf 'ä%.0s' {1..150})
printf '{"name": "long", "description": "d", "templates": [%s]}' "$(template "$long" '["/good"]')" >long/processing-container.json
make_image test/long long
expect_exit 0 boxcar test test/long --json
expect_json '.ok and .tools[0].name == "'"$long"'"'

# For people; one tool; input that is given, lies in ./sample, or is lacking.
expect_exit 1 boxcar test test/several
expect_out '^ok +good' '^not ok +fails' "^ +.* why$"
mkdir -p given sample/good/in
echo given >given/seen
expect_exit 0 boxcar test test/several --template good --input in=given
expect_exit 2 boxcar test test/several --template god
expect_err "did you mean 'good'"
expect_exit 2 boxcar test test/several --input inn=given
expect_err "no tool has an input 'inn' .did you mean 'in'"
expect_exit 2 boxcar test test/several --input in=missing
expect_err "test/several:.*tool 'good'.*missing"
# The others are tried all the same.
expect_exit 1 boxcar test test/several --template good --template silent --input good/in=missing
expect_out '^not ok +good$' 'missing' '^not ok +silent'
expect_exit 2 boxcar test test/several --input in=missing --samples /none
expect_err "^boxcar: --samples: there is no directory '/none'$"
expect_exit 2 boxcar test no/such-image --pull never

# Whatever is said while tools run says of which; what holds for all of them is said once.
mkdir scaled
ruled() { template "$1" "[\"sh\", \"-c\", \"echo $1 >/data/out/x\"]" | sed 's|"/data/in"|&, "scale_rule": {"scale_factor": 3, "type": "limit", "mode": "sum", "target_glob": "*.none"}|'; }
printf '{"name": "scaled", "description": "d", "api_version": 1, "templates": [%s, %s]}' "$(ruled first)" "$(ruled sec/ond)" >scaled/processing-container.json
make_image test/scaled scaled
expect_exit 0 boxcar test test/scaled
expect_err '^step first: no file counts' '^step sec_ond: no file counts'
[ "$(grep -c '^engine: ' "$SCENARIO/err")" -le 1 ] || fail "$(cat "$SCENARIO/err")"

# Parameters that must be given are made up by their type; files too.
make_kliko_image test/typed 'cat /parameters.json "$(sed -E "s/.*\"sky\": ?\"([^\"]*)\".*/\1/" /parameters.json)" | tee /output/x' <<'SPEC'
schema_version: 4
io: split
sections:
  - name: s
    description: d
    fields: [{name: n, type: int, required: true}, {name: w, type: choice, choices: {a: b}, required: true},
      {name: sky, type: file, required: true}, {name: t, type: str, max_length: 3, required: true}, {name: l, type: "List[float]", required: true}]
SPEC
expect_exit 0 boxcar test test/typed
expect_exit 0 boxcar test test/typed --set n=4 --set t=abc
expect_exit 2 boxcar test test/typed --set n=four
expect_err 'four'
expect_exit 2 boxcar test test/typed --set m=4
expect_err "no tool has a parameter 'm'"

# A document that is wrong is said as `boxcar validate` says it.
printf 'schema_version: 4\nio: sideways\n' | make_kliko_image test/invalid true
expect_exit 2 boxcar test test/invalid
expect_err 'kliko.yml:2:5: .*sideways'
expect_exit 2 boxcar test test/invalid --json
expect_json '.findings[0].line == 2'

# A tool that takes too long; and one that is interrupted.
printf 'schema_version: 4\nio: split\n' | make_kliko_image test/slow 'echo begun; sleep 60'
expect_exit 1 boxcar test test/slow --timeout 1s --json
expect_json '.tools[0].problems[0].kind == "timeout"' '.tools[0].log == ["begun"]'
boxcar test test/slow >"$SCENARIO/out" 2>&1 &
wait_until grep -rqs begun "$TMPDIR" --include=log.jsonl
kill -TERM $!
code=0; wait $! || code=$?
[ $code = 130 ] || { cat "$SCENARIO/out"; fail "it ended with $code"; }

# Nothing is left: no store, no record.
[ -z "$(find "$TMPDIR" -name 'boxcar-test.*')" ] && [ ! -e .kliko ] && [ ! -e .boxcar ]
[ -z "$(boxcar runs 2>/dev/null | grep -v '^RUN')" ] || fail "$(boxcar runs)"
