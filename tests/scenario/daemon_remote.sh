# A daemon that does not see this machine's files: noticed before the start; they are sent there, and results fetched. Inputs are
# read-only there too, containers are kept in as everywhere, files that are parameters and secrets arrive, a step that works in place gets
# a copy, also where no root is in it, and nothing stays there. The memory that a container takes is asked of the daemon.
stop_daemon
HIDDEN=$SCENARIO start_daemon
printf 'schema_version: 4\nio: split\nsections: [{name: s, description: d, fields: [{name: list, type: file}]}]\n' |
  make_kliko_image test/reads 'touch /input/x 2>/dev/null && echo "the input can be written" && exit 3
[ "$TOKEN" = sent ] || exit 6; [ -z "$(cat /proc/interrupts)" ] || exit 4; unshare -U true && exit 5
cat "$(sed "s/.*\"list\": *\"\([^\"]*\)\".*/\1/" /parameters.json)" /input/deep/er/text >/output/text
mkdir /output/d; x=$(head -c 30000000 /dev/zero | tr "\0" x); sleep 3
ln -s ../text /output/d/link; printf "#!/bin/sh\n" >/output/run; chmod 755 /output/run; id -u >&2'
printf 'schema_version: 4\nio: join\n' | make_kliko_image test/appends \
  'echo appended >>/work/text; mv /work/d /work/e; id -u >/work/user' user=1234:1234
mkdir -p input/deep/er && echo data >input/deep/er/text && echo "from a parameter" >list
export MY_TOKEN=sent
cat >boxcar.yml <<'WF'
workflow: w
steps:
  reads: {image: test/reads, params: {list: ./list}, inputs: {input: ./input}, secrets: {TOKEN: {env: MY_TOKEN}}}
  appends: {image: test/appends, inputs: {work: reads/output}}
outputs: {all: {from: appends/output, to: ./all}}
WF
expect_exit 0 boxcar run --json boxcar.yml
expect_err "does not see this machine's files: they are sent there and fetched back"
expect_text all/user 1234
expect_text all/text $'from a parameter\ndata\nappended'
expect_text "$(json .steps.reads.result)/output/text" $'from a parameter\ndata'
jq -e ".peak_memory > 30000000" "$(json .steps.reads.result)/manifest.json" || fail "no peak of its memory"
[ "$(readlink all/e/link)" = ../text ] && [ -x all/run ] && [ ! -e all/d ] || fail "what came back: $(ls -lR all)"
expect_exit 0 boxcar run --json boxcar.yml
expect_json 'all(.steps[]; .status == "cached")'

# The same key as on an engine that sees the files.
key=$(json .steps.reads.key)
stop_daemon
start_daemon
expect_exit 0 boxcar run --store elsewhere --json boxcar.yml
expect_json '.steps.reads.status == "succeeded"' '.steps.reads.key == "'"$key"'"'
[ -z "$(ask_daemon GET /volumes | jq -r '.Volumes[]?.Name')" ] || fail "volumes were left: $(ask_daemon GET /volumes)"
