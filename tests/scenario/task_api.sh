# task-api: run returns once the container has started, what follows finds it by the file that was left, its outputs go to
# the task's volumes after success; the exit codes of each call.
make_kaapana_image kaapana/dummy workdir=/app <<'JSON'
{"name": "dummy", "description": "two templates", "api_version": 1, "templates": [
  {"identifier": "upstream", "description": "waits, then writes", "inputs": [], "outputs": [{"name": "channel1", "mounted_path": "/out/1"}],
   "env": [{"name": "TIME_SLEEP", "value": "0", "choices": []}, {"name": "CODE", "value": "0", "type": "int"}],
   "command": ["sh", "-c", "echo started; sleep $TIME_SLEEP; ls /out/1; echo $EXTRA >/out/1/text; echo done; exit $CODE"]},
  {"identifier": "greedy", "description": "takes memory", "inputs": [{"name": "channel1", "mounted_path": "/in"}], "outputs": [],
   "env": [], "command": ["sh", "-c", "dd if=/dev/zero of=/dev/null bs=300M count=2"],
   "resources": {"limits": {"memory": "64Mi"}}}]}
JSON
cat >task.json <<'JSON'
{# as upstream's own test has it #}
{"name": "Test Upstream", "api_version": 1, "image": "{{ env.REGISTRY }}/dummy:latest", "taskTemplate": "upstream", "inputs": [],
 "outputs": [{"name": "channel1", "volume_source": {"host_path": "{{ custom.dir | default('./out') }}"}}],
 "env": [{"name": "TIME_SLEEP", "value": "{{ custom.sleep | default(0) }}"}, {"name": "EXTRA", "value": "of ${the} task"}
   {%- if custom.code is defined %}, {"name": "CODE", "value": "{{ custom.code }}"}{% endif %}],
 "config": {"type": "k8s", "namespace": "{{ env.REGISTRY }}", "labels": {"group": "test"}}}
JSON
expect_exit 2 task-api run task.json --mode docker
expect_err "^task.json:2:[0-9]+: 'env.REGISTRY' is undefined"
expect_exit 1 task-api validate task.json --schema task
expect_err "'env.REGISTRY' is undefined"
export REGISTRY=kaapana
expect_exit 0 task-api validate task.json --schema task
expect_exit 1 task-api validate task.json --schema pc
expect_exit 0 task-api processing-container kaapana/dummy --mode docker
expect_out '"identifier": "upstream"'
cp "$SCENARIO/out" pc.json
expect_exit 0 task-api validate pc.json --schema pc

# It returns while the container runs, and others follow it to its end.
mkdir out && echo mine >out/mine
began=$SECONDS
expect_exit 0 task-api run task.json --mode docker --custom sleep=4
file=$(cat "$SCENARIO/out")
[ $((SECONDS - began)) -lt 4 ] || fail "it waited for the end"
case $file in task_run-*) ;; *) fail "$file" ;; esac
grep -q '"name": "Test Upstream"' "$file"
expect_exit 0 boxcar status --json "$(jq -r .task_run "$file")"
[ "$(json .status)" = running ] || fail "$(cat "$SCENARIO/out")"
if [ -n "${DAEMON:-}" ]; then
  [ -n "$(containers group=test)" ] || fail "the task's label is not there"
fi
[ ! -e out/text ] || fail "there before its end"
expect_exit 0 task-api logs "$file" --watch
expect_text "$SCENARIO/out" "$(printf 'started\ndone')"
expect_exit 0 task-api check-task-run "$file"
expect_text out/text 'of ${the} task'
expect_text out/mine mine
expect_exit 0 task-api logs "$file"
expect_text "$SCENARIO/out" "$(printf 'started\ndone')"

# Again: its result is known. Once more all the same: what the try before left is not seen.
echo altered >out/text
expect_exit 0 task-api run task.json --custom sleep=4 --output again
expect_exit 0 task-api check-task-run again
expect_text out/text 'of ${the} task'
expect_exit 3 task-api run task.json --rerun --custom code=3 --output failing --watch
expect_err '^boxcar: Test Upstream: exited with code 3'
expect_text "$SCENARIO/out" "$(printf 'failing\nstarted\ndone')"
expect_exit 3 task-api check-task-run failing
expect_err 'Test Upstream: exited with code 3'

for i in 1 2 3 4 5; do
  expect_exit 0 task-api run task.json --rerun --output quick
  expect_exit 0 task-api check-task-run quick --watch
done

# Who watches may leave; the task goes on.
set -m
task-api run task.json --rerun --custom sleep=3 --output left --watch >watched 2>&1 &
set +m
wait_until grep -q started watched
kill -INT $!
began=$SECONDS code=0
wait $! || code=$?
[ $code = 130 ] && [ $((SECONDS - began)) -lt 3 ] || fail "not interrupted: $code"
expect_exit 0 task-api check-task-run left

# A file of the user's is no place for what run writes.
echo important >notes
expect_exit 2 task-api run task.json --output notes
expect_err "notes is there, and is no file that 'task-api run' wrote"
expect_text notes important
expect_exit 2 task-api run task.json --output task.json
expect_exit 2 task-api run task.json --output missing/file
expect_err '^boxcar: --output: there is no directory missing$'
expect_exit 2 env -u REGISTRY task-api run task.json --output quick
[ -s quick ] || fail "the file of an earlier run is gone"

# Stopped; out of memory; one that can't start, or never was.
expect_exit 0 task-api run task.json --custom sleep=100 --output stopped
expect_exit 0 boxcar stop "$(jq -r .task_run stopped)" --now
expect_exit 130 task-api check-task-run stopped
expect_exit 0 task-api run task.json --rerun --custom sleep=100 --output killed
pkill -KILL -o -f -- '--output killed'
expect_exit 1 task-api check-task-run killed
run=$(jq -r .task_run killed)
expect_err "Test Upstream: its runner was killed; 'boxcar stop $run' ends what may still run"
expect_exit 0 boxcar stop "$run"
cat >greedy.json <<'JSON'
{"name": "greedy", "image": "kaapana/dummy", "taskTemplate": "greedy",
 "inputs": [{"name": "channel1", "volume_source": {"host_path": "./out"}}]}
JSON
if [ -z "${one_id:-}" ] && [ "$(id -u)" = 0 ]; then
  expect_exit 0 task-api run greedy.json --output greedy
  expect_exit 137 task-api check-task-run greedy
  expect_err 'greedy: ran out of memory'
  expect_exit 137 task-api run greedy.json --rerun --output greedy --monitor-memory
  expect_err 'raise resources.limits.memory'
fi
expect_exit 2 task-api check-task-run nothing
expect_err 'nothing is no file, and'
echo '{}' >other && expect_exit 2 task-api logs other
expect_err "other is no file that 'task-api run' wrote"
expect_exit 2 task-api run --mode k8s task.json
expect_err 'clusters are not supported'
expect_exit 2 task-api rum task.json
expect_err "^boxcar: task-api has no call 'rum' \(did you mean 'run'"

# What does not fit its image, at once and at its place.
cat >wrong.json <<'JSON'
{"name": "wrong", "image": "kaapana/dummy", "taskTemplate": "upstream",
 "inputs": [{"name": "channel9", "volume_source": {"host_path": "./out"}}],
 "outputs": [], "env": [{"name": "CODE", "value": "three"}]}
JSON
expect_exit 2 task-api run wrong.json
expect_err "^wrong.json:1:[0-9]+: step 'wrong': output channel 'channel1' has no volume" "^wrong.json:2:[0-9]+: .*no input port 'channel9'" \
  "^wrong.json:3:[0-9]+: .*parameter 'CODE': expected an int, found \"three\""
sed 's/"upstream"/"gredy"/' wrong.json >wrong2.json
expect_exit 2 task-api run wrong2.json
expect_err "^wrong2.json:1:[0-9]+: .*no template 'gredy' \(did you mean 'greedy'"
for place in missing out/text; do
  sed "s|./out|./$place|" greedy.json >wrong3.json
  expect_exit 2 task-api run wrong3.json
  expect_err "^wrong3.json:2:[0-9]+: .*$place"
done

# Its memory, where somebody asks: then run waits for the end.
expect_exit 0 task-api run task.json --rerun --output measured --monitor-memory
expect_err '^memory:$' 'test-upstream: '
[ -s measured ] || fail "no task_run file"
