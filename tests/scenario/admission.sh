# Steps run at once only as far as what they request fits; what never fits is refused before anything starts, at its place.
make_kliko_image test/wait 'now() { cut -d" " -f1 /proc/uptime | tr -d .; }; now >/output/began; sleep 0.5; now >/output/ended' <<'SPEC'
schema_version: 4
io: split
sections: [{name: s, description: d, fields: [{name: n, type: int, initial: 0}]}]
SPEC
overlaps() { # of the three steps, how many $pairs ran at the same time
  local a b
  pairs=0
  expect_exit 0 boxcar run --json -j 3 "$@"
  for a in a b c; do for b in a b c; do
    [ "$a" \< "$b" ] || continue
    local x y
    x=$(json .steps.$a.result)/output y=$(json .steps.$b.result)/output
    [ "$(cat "$x/began")" -ge "$(cat "$y/ended")" ] || [ "$(cat "$y/began")" -ge "$(cat "$x/ended")" ] || pairs=$((pairs + 1))
  done; done
}
for step in a b c; do printf '  %s: {image: test/wait, params: {n: 1%d}, cache: {max_age: 1ms}, resources: {memory: 100Mi}}\n' $step "'$step"; done >steps
{ echo steps: && cat steps; } >boxcar.yml
overlaps --memory 150Mi boxcar.yml
[ $pairs = 0 ] || fail "more than fits ran at once"
overlaps --memory 400Mi boxcar.yml
[ $pairs -gt 0 ] || fail "nothing ran at once"
sed -i 's/memory: 100Mi/memory: 100Mi, cpu: 1, requests: {memory: 10Mi}/' boxcar.yml
overlaps --memory 150Mi --cores 1.5 boxcar.yml
[ $pairs = 0 ] || fail "more cores than there are"

make_kaapana_image test/heavy <<'JSON'
{"name": "heavy", "description": "d", "api_version": 1, "templates": [{"identifier": "heavy", "description": "d", "inputs": [], "outputs": [], "env": [],
  "command": ["sleep", "0.3"], "resources": {"requests": {"memory": "32Mi", "cpu": 1}}}]}
JSON
cat >large.yml <<'YAML'
steps:
  a: {image: test/wait, resources: {memory: 2Ti, cpu: 1}}
  b: {image: test/wait, resources: {memory: 10Mi,
      requests: {cpu: 4000}}}
  c: {image: test/wait,
      resources: {gpus: 1}}
  d: {image: test/wait, resources: {memory: 20Mi}}
  e: {image: test/wait, resources: {memory: 3Ti, cpu: 5000, gpus: 1000}}
YAML
expect_exit 2 boxcar run large.yml
expect_err "^large.yml:2:[0-9]+: step 'a' requests 2.0 TiB of memory, more than the [0-9.]+ [A-Z]iB that there are here \(--memory\)" \
  "^large.yml:3:[0-9]+: step 'b' requests 4000 cores, more than the [0-9.]+ that there are here \(--cores\)" \
  "^large.yml:6:[0-9]+: step 'c' requests (a GPU, and the embedded engine has no support for GPUs; use --engine docker|1 GPU, and there is none here)" \
  "^large.yml:8:[0-9]+: step 'e' requests 5000 cores, more than .* \(--cores\); 3.0 TiB of memory, more than .* \(--memory\)" \
  "^large.yml:8:[0-9]+: step 'e' requests .*(a GPU, and the embedded|; 1000 GPUs, and there is none here \(--gpus\))"
expect_exit 0 boxcar run --target d large.yml
# Of a task at its own resources, those of a template that stands in it too.
for where in '"taskTemplate": "heavy", "resources": {"requests": {"memory": "2Ti"}}' '"taskTemplate": {"identifier": "t", "description": "d", "inputs": [],
  "outputs": [], "env": [], "command": ["true"], "resources": {"requests": {"memory": "2Ti"}}}'; do
  printf '{"name": "task", "image": "test/heavy",\n %s}\n' "$where" >task.json
  line=$(grep -n resources task.json | cut -d: -f1)
  expect_exit 2 boxcar run task.json
  expect_err "^task.json:$line:[0-9]+: step 'task' requests 2.0 TiB of memory"
  sed -i 's/2Ti/2Ki/; s/requests/limits/' task.json
  expect_exit 2 boxcar run task.json
  expect_err "^task.json:$line:[0-9]+: 'limits': a memory limit of 2Ki is too small"
done
# So with one container, and in a chain.
expect_exit 2 boxcar tool --memory 16Mi test/heavy
expect_err "requests 32 MiB of memory, more than the 16 MiB that there are here \(--memory\)"
expect_exit 2 boxcar tool --cores 0.5 test/heavy
expect_err "requests 1 core, more than the 0.5 that there are here \(--cores\)"
expect_exit 0 boxcar tool --memory 64Mi --cores 1 --monitor-memory test/heavy
expect_err '^memory:$' 'heavy: .*peak'
expect_exit 0 boxcar chain --memory 64Mi --cores 1 --monitor-memory test/wait 'test/wait --n 2'
expect_err '^memory:$' '1-wait: .*peak' '2-wait: .*peak'
expect_exit 2 boxcar chain --cores none test/wait
expect_err '--cores takes'
if [ "${BOXCAR_TEST_ENGINE:-}" = docker ]; then
  # Before it is given the image. As if there were one: then the daemon is asked for it, and says that it has none to give.
  mkdir root
  echo '{schema_version: 4, io: split}' >root/kliko.yml
  touch root/kliko && chmod 755 root/kliko
  "$SOURCE/tests/make_image.sh" layout test/own root base="$(busybox_layer)"
  boxcar image import oci:layout
  "$SOURCE/tests/make_image.sh" file test/file root base="$(busybox_layer)"
  printf 'steps:\n  c: {image: test/own, resources: {gpus: 1}}\n  d: {image: "oci:file", resources: {gpus: 1}}\n' >gpus.yml
  for call in 'run' 'run --gpus 1'; do
    expect_exit 2 boxcar $call gpus.yml
    expect_err "^gpus.yml:2:[0-9]+: step 'c' requests 1 GPU(, and there is none here|: Docker .*: it has no GPU to give a container)" \
      "^gpus.yml:3:[0-9]+: step 'd' requests 1 GPU"
    expect_not_in "$SCENARIO/err" loading
    ! ask_daemon GET /images/json | grep -E 'boxcar.local/(test|image)' || fail "it was given an image"
  done
  expect_exit 0 boxcar run --dry-run --gpus 1 gpus.yml
  # Others in turn are given what they need only.
  sed 's/c: .*/c: {image: test\/own, resources: {memory: 1000Ti}}/' gpus.yml >memory.yml
  expect_exit 2 boxcar run --target c memory.yml
  ! ask_daemon GET /images/json | grep -E 'boxcar.local/(test|image)' || fail "it was given an image"
fi
# What is no number of cores or bytes.
for wrong in --cores=0 --cores=x --memory=1GB --memory=-1Gi --gpus=-1 --gpus=all --gpus=1001; do
  expect_exit 2 boxcar run "$wrong" boxcar.yml
  expect_err "${wrong%%=*} takes"
done

expect_exit 0 boxcar run --dry-run --gpus=1000 --target d large.yml

# Requests that come of a rule: known when its input is, so the step fails then.
cat >rule.yml <<'YAML'
steps:
  a: {image: test/wait}
  b: {image: test/wait, inputs: {in: a/output}, resources: {scale: {in: {scale_factor: 1000000000, type: request, mode: sum}}},
      tool: {command: [/bin/true], inputs: {in: {}}}}
YAML
expect_exit 1 boxcar run --memory 2Gi rule.yml
expect_err 'b.*requests [0-9.]+ GiB of memory, more than the '
cat >bad.yml <<'YAML'
steps:
  a:
    image: test/wait
    resources:
      memory: 50MiB
      requests: {memory: -1Gi, disk: 1}
      scale:
        in: {scale_factor: 0, type: limits, mode: sum, target_regex: "(a", target_dir: ../x}
    retry_memory: 2
    max_memory: much
YAML
expect_exit 2 boxcar validate bad.yml
expect_err '^bad.yml:5:15: .*expected bytes above 0' '^bad.yml:6:26: .*expected bytes above 0' "^bad.yml:6:32: .*'disk'" '^bad.yml:8:28: ' \
  "^bad.yml:8:37: .*'limit' or 'request'" '^bad.yml:8:[0-9]+: .*a regular expression.*missing \)' '^bad.yml:8:[0-9]+: .*without .\.\.' \
  '^bad.yml:9:19: .*2x' '^bad.yml:10:17: '
