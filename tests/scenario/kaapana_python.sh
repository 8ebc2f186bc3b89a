# A processing-container of two Python programs, built from a Dockerfile on a Debian: first each by its task.json as task-api runs
# them, the second reading the directories that the first filled; then both as one workflow, a Kliko step between.
mkdir dummy
cat >dummy/Dockerfile <<'DOCKER'
ARG BASE=python:3-slim
FROM $BASE
WORKDIR /home
COPY upstream.py downstream.py /home/
COPY processing-container.json /
DOCKER
cat >dummy/upstream.py <<'PYTHON'
import os, pathlib, time
time.sleep(int(os.environ["TIME_SLEEP"]))
for n in 1, 2:
    out = pathlib.Path(f"/home/upstream/channel{n}")
    print("before:", sorted(p.name for p in out.iterdir()))
    for i in range(3):
        (out / f"{i}.txt").write_text(f"{n}.{i}\n" * 1000)
PYTHON
cat >dummy/downstream.py <<'PYTHON'
import collections, pathlib
lines = collections.Counter()
for path in sorted(pathlib.Path("/home/downstream").rglob("*.txt")):
    lines.update(path.read_text().split())
    try:
        path.write_text("")
    except OSError as error:
        print("read only:", error.strerror)
print(dict(lines))
kept = bytearray(60 << 20)
pathlib.Path("/home/result/lines").write_text(str(sum(lines.values())) + "\n")
PYTHON
cat >dummy/processing-container.json <<'JSON'
{"name": "dummy", "description": "two programs", "api_version": 1, "templates": [
  {"identifier": "upstream", "description": "writes", "inputs": [], "env": [{"name": "TIME_SLEEP", "value": "0", "choices": []}],
   "outputs": [{"name": "channel1", "mounted_path": "/home/upstream/channel1"}, {"name": "channel2", "mounted_path": "/home/upstream/channel2"}],
   "command": ["python3", "-u", "upstream.py"]},
  {"identifier": "downstream", "description": "counts", "outputs": [{"name": "result", "mounted_path": "/home/result"}], "env": [],
   "inputs": [{"name": "channel1", "mounted_path": "/home/downstream/channel1"}, {"name": "channel2", "mounted_path": "/home/downstream/channel2"}],
   "command": ["python3", "-u", "downstream.py"]}]}
JSON
build_image kaapana/python dummy
cat >up.json <<'JSON'
{"name": "up", "api_version": 1, "image": "kaapana/python", "taskTemplate": "upstream", "inputs": [],
 "outputs": [{"name": "channel1", "volume_source": {"host_path": "{{ env.PWD }}/channel1"}}, {"name": "channel2", "volume_source": {"host_path": "./channel2"}}],
 "env": [{"name": "TIME_SLEEP", "value": "1"}]}
JSON
cat >down.json <<'JSON'
{"name": "down", "api_version": 1, "image": "kaapana/python", "taskTemplate": "downstream",
 "inputs": [{"name": "channel1", "volume_source": {"host_path": "./channel1"},
             "scale_rule": {"scale_factor": 20000, "type": "limit", "mode": "sum", "target_dir": ".", "target_regex": ".*\\.txt", "target_glob": "*"}},
            {"name": "channel2", "volume_source": {"host_path": "./channel2"}}],
 "outputs": [{"name": "result", "volume_source": {"host_path": "./result"}}], "resources": {"limits": {"memory": "30Mi"}}}
JSON
expect_exit 0 task-api run up.json --output up
expect_exit 0 task-api check-task-run up
expect_exit 0 task-api logs up
expect_text "$SCENARIO/out" "$(printf 'before: []\nbefore: []')"
expect_exit 0 task-api run down.json --watch --output down
expect_out '^read only: Read-only file system$' "'2.2': 1000"
expect_exit 0 task-api check-task-run down
expect_text result/lines 6000

# Of what the rule measured, 12,000 bytes, 229 MiB came; without it the 30 MiB do not do.
expect_exit 0 boxcar run down.json --rerun down --monitor-memory
expect_err 'limit 20000 x channel1 .sum.: 12 KiB in 3 files give 229 MiB'
expect_not_in "$SCENARIO/err" warning
sed '/scale_rule/d; s|"./channel1"},|"./channel1"}},|' down.json >small.json
expect_exit 0 task-api run small.json --rerun --output small
expect_exit 137 task-api check-task-run small
expect_err 'down: ran out of memory'

make_kliko_image test/double 'for f in /input/*; do cat "$f" "$f" >/output/"${f##*/}"; done' <<'SPEC'
schema_version: 4
io: split
sections: []
SPEC
cat >boxcar.yml <<'YAML'
workflow: both
steps:
  up: {image: kaapana/python, template: upstream}
  double: {image: test/double, inputs: {input: up/channel2}}
  down: {image: kaapana/python, template: downstream, inputs: {channel1: up/channel1, channel2: double/output}}
outputs: {count: {from: down/result, to: ./counted}}
YAML
expect_exit 0 boxcar run boxcar.yml
expect_text counted/lines 9000
