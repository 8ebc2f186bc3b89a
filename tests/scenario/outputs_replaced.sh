# Where a workflow or a task has written before, what its result now lacks goes; what others wrote there, or altered, stays,
# and so does what a call without a document wrote.
make_kaapana_image test/name <<'JSON'
{"name": "name", "description": "writes files of a name", "api_version": 1, "templates": [{"identifier": "write", "description": "d", "inputs": [],
  "outputs": [{"name": "out", "mounted_path": "/out"}], "env": [{"name": "FILE", "value": "one", "adjustable": true}],
  "command": ["sh", "-c", "mkdir /out/sub; for f in same $FILE sub/$FILE; do echo $FILE >/out/$f; done"]}]}
JSON
for flow in a b; do
  echo "{workflow: $flow, steps: {write: {image: test/name}}, outputs: {all: {from: write/out, to: results}}}" >$flow.yml
done
cat >task.json <<'JSON'
{"name": "task", "image": "test/name", "taskTemplate": "write", "inputs": [], "env": [{"name": "FILE", "value": "{{ custom.file }}"}],
 "outputs": [{"name": "out", "volume_source": {"host_path": "./volume"}}]}
JSON
holds() { # DIRECTORY FILE…
  local directory=$1
  shift
  expect_text <(cd "$directory" && find . -type f -printf '%P\n' | LC_ALL=C sort) "$(printf '%s\n' "$@")"
}

expect_exit 0 boxcar run a.yml
holds results one same sub/one
inode=$(stat -c %i results/one)
expect_exit 0 boxcar run a.yml
[ "$(stat -c %i results/one)" = "$inode" ] || fail "copied again, though it was there"
echo mine >results/mine
expect_exit 0 boxcar run a.yml --set write.FILE=two
holds results mine same sub/two two
expect_exit 0 boxcar run b.yml --set write.FILE=three
holds results mine same sub/three sub/two three two
echo altered >results/two
expect_exit 0 boxcar run a.yml
holds results mine one same sub/one sub/three three two
expect_text results/same one

# A file of the same content, by another name.
make_kaapana_image test/file <<'JSON'
{"name": "file", "description": "d", "templates": [{"identifier": "write", "description": "d", "inputs": [], "outputs": [{"name": "out", "mounted_path": "/out"}],
  "env": [{"name": "FILE", "value": "one"}], "command": ["sh", "-c", "echo same >/out/$FILE"]}]}
JSON
for file in one two; do
  echo "{steps: {write: {image: test/file, env: {FILE: $file}}}, outputs: {all: {from: write/out/$file, to: files}}}" >file.yml
  mkdir -p files
  expect_exit 0 boxcar run file.yml
  holds files $file
done

# What a run reads is not written by it, wherever an output is copied to.
mkdir -p around/sub && echo mine >around/sub/one
cat >around.yml <<'YML'
{steps: {write: {image: test/copy, inputs: {in: ./around/sub}}}, outputs: {all: {from: write/out, to: around}}}
YML
make_kaapana_image test/copy <<'JSON'
{"name": "copy", "description": "d", "templates": [{"identifier": "copy", "description": "d", "inputs": [{"name": "in", "mounted_path": "/in"}],
  "outputs": [{"name": "out", "mounted_path": "/out"}], "env": [], "command": ["sh", "-c", "mkdir /out/sub; echo new >/out/sub/one"]}]}
JSON
expect_exit 3 boxcar run around.yml
expect_err 'around/sub too, which the run read'
expect_text around/sub/one mine

for file in one two; do
  expect_exit 0 task-api run task.json --custom file=$file --output run --watch
done
holds volume same sub/two two
for file in one two; do expect_exit 0 boxcar tool test/name --FILE $file --output tool; done
holds tool one same sub/one sub/two two
