# What is wrong with resources, retries and the like hides nothing that images, files and links say; but nothing is fetched for a
# workflow that is wrong already.
make_kaapana_image kaapana/tools <<'JSON'
{"name": "tools", "description": "d", "templates": [{"identifier": "say", "description": "d",
  "inputs": [{"name": "in", "mounted_path": "/in"}], "outputs": [{"name": "out", "mounted_path": "/out"}],
  "env": [{"name": "MODE", "value": "fast", "choices": ["fast", "fine"]}], "command": ["true"], "resources": {"limits": {"memory": "64Mi"}}}]}
JSON
cat >boxcar.yml <<'YAML'
steps:
  a:
    image: kaapana/tools
    inputs: {in: ./missing}
    resources: {memory: 50MiB, cpu: -1, scale: {in: {scale_factor: 0, type: limit, mode: sum}}}
    retries: many
    timeout: 3x
    env: {MODE: finer}
  b: {image: "127.0.0.1:1/not:here", inputs: {in: a/outt}, resources: 5, network: of}
YAML
for call in validate run; do
  expect_exit 2 boxcar $call boxcar.yml
  expect_err "^boxcar.yml:4:18: .*there is no '$PWD/missing'" '^boxcar.yml:5:25: .*"50MiB"' '^boxcar.yml:5:37: .*-1' '^boxcar.yml:5:68: .*an int from 1' \
    '^boxcar.yml:6:14: .*"many"' '^boxcar.yml:7:14: .*"3x"' "^boxcar.yml:8:11: .*found the string \"finer\" \(did you mean 'fine'" \
    "^boxcar.yml:9:51: .*no output port 'outt'" '^boxcar.yml:9:71: .*a mapping' '^boxcar.yml:9:83: .*"of"'
  expect_not_in "$SCENARIO/err" 'refused|reached'
done
[ "$(grep -c '^boxcar.yml' "$SCENARIO/err")" = 10 ] || fail "$(cat "$SCENARIO/err")"
cat >twice.yml <<'YAML'
steps:
  a: {image: kaapana/tools, inputs: {in: .}, max_memory: 32Mi, resources: {cpu: 1, memory: 64Mi, requests: {cpu: 2}}, retries: 1, retry_memory: 2x}
outputs: {o: {from: a/out}}
YAML
expect_exit 2 boxcar validate twice.yml
expect_err "^twice.yml:2:58: .*'max_memory'" '^twice.yml:2:[0-9]+: .*requests 2 cores, more than its limit of 1'
[ "$(grep -c '^twice.yml' "$SCENARIO/err")" = 2 ] || fail "said twice: $(cat "$SCENARIO/err")"
cat >task.json <<'JSON'
{"name": "t", "image": "kaapana/tools", "taskTemplate": "say", "env": [{"name": "MODE", "value": "finer"}],
 "inputs": [{"name": "inn", "volume_source": {"host_path": "."}, "scale_rule": {"scale_factor": 2, "type": "limit", "mode": "all"}}],
 "resources": {"limits": {"memory": "50MiB"}}}
JSON
for call in 'boxcar validate' 'boxcar run' 'task-api validate' 'task-api run'; do
  case $call in 'task-api validate') code=1 ;; *) code=2 ;; esac
  expect_exit $code $call task.json
  expect_err '^task.json:2:125: .*"all"' '^task.json:3:37: .*"50MiB"'
  [ "$call" = 'task-api run' ] || expect_err '^task.json:1:[0-9]+: .*"finer"' "^task.json:2:13: .*no input port 'inn'" "output channel 'out' has no volume"
done

# What stands elsewhere can't be planned with, and comes first.
sed -i 's/retries: many/retires: 1/' boxcar.yml
expect_exit 2 boxcar validate boxcar.yml
expect_err "unknown key 'retires'"
expect_not_in "$SCENARIO/err" finer
expect_exit 2 boxcar inspect task.json
