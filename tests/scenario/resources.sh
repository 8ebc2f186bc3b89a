# Memory that grows with what a step reads: scale rules of an image and of a workflow, measured when the inputs are known,
# shown beforehand, enforced; more of it after a run out of it; and what is measured.
make_kaapana_image kaapana/scaling <<'JSON'
{"name": "scaling", "description": "d", "api_version": 1, "templates": [
  {"identifier": "make", "description": "writes 3 MB in two items", "inputs": [], "outputs": [{"name": "out", "mounted_path": "/out"}], "env": [],
   "command": ["sh", "-c", "mkdir /out/a /out/b; head -c 1000000 /dev/zero >/out/a/x.dcm; head -c 2000000 /dev/zero >/out/b/x.dcm; echo >/out/b/notes"],
   "resources": {"limits": {"memory": "64Mi"}, "requests": {"memory": "32Mi"}}},
  {"identifier": "eat", "description": "takes $EAT bytes", "outputs": [{"name": "out", "mounted_path": "/out"}],
   "inputs": [{"name": "in", "mounted_path": "/in", "scale_rule": {"scale_factor": 20, "type": "limit", "mode": "sum", "target_glob": "*.dcm"}}],
   "env": [{"name": "EAT", "value": "20M", "type": "str"}], "command": ["sh", "-c", "dd if=/dev/zero of=/dev/null bs=$EAT count=1 && echo >/out/done"],
   "resources": {"limits": {"memory": "10Mi"}}}]}
JSON
cat >boxcar.yml <<'YAML'
workflow: scaling
steps:
  make: {image: kaapana/scaling, template: make}
  fits: {image: kaapana/scaling, template: eat, inputs: {in: make/out}}
  host: {image: kaapana/scaling, template: eat, inputs: {in: ./given}, env: {EAT: 1M}}
YAML
mkdir -p given/deep && head -c 1048576 /dev/zero >given/deep/a.dcm
expect_exit 0 boxcar run -n boxcar.yml
expect_err 'requests memory 32 MiB; limits memory 64 MiB' 'limits memory 10 MiB or 20 x in \(sum\)' 'limits memory 20 MiB \(20 x in \(sum\): 1.0 MiB in 1 file give 20 MiB\)'
expect_exit 0 boxcar run --monitor-memory boxcar.yml
expect_err 'fits: .*peak' 'limit 20 x in \(sum\): 2.9 MiB in 2 files give 57 MiB'
if [ -z "${DAEMON:-}" ]; then # they need not know the peak of one that ends so soon
  expect_err 'fits: peak [0-9.]+ MiB'
  expect_exit 0 boxcar status
  expect_out 'fits .*peak [0-9.]+ MiB'
else
  expect_err 'host: (peak at least [0-9.]+ MiB|its peak is not known)'
fi
expect_exit 0 boxcar status
expect_out 'make .*requests memory 32 MiB; limits memory 64 MiB' 'fits .*limits memory 57 MiB'
expect_exit 0 boxcar status --json
expect_json '.steps.make.resources == {requests: {memory: 33554432}, limits: {memory: 67108864}}' '.steps.fits.resources.limits.memory == 60000000'
# Without the rule it would have had 10Mi; and a rule that gives too little is killed for it.
sed -i 's/inputs: {in: make\/out}/&, resources: {scale: {in: {scale_factor: 6, type: limit, mode: max_file_size}}}/' boxcar.yml
expect_exit 0 boxcar run --json boxcar.yml
[ "$(json .steps.fits.status)" = cached ] || fail "resources are not what a result depends on"
expect_exit 1 boxcar run --rerun fits --monitor-memory boxcar.yml
expect_err 'fits.*ran out of memory \(its limit is 11 MiB' 'warning: the step ran out of memory, so how much it takes is not known'
expect_not_in "$SCENARIO/err" 'would cover it'
# More after each time, up to the most.
sed -i 's/mode: max_file_size}}}/&, retries: 2, retry_memory: 1.5x, max_memory: 40Mi/' boxcar.yml
expect_exit 0 boxcar run --rerun fits --monitor-memory boxcar.yml
expect_err 'ran out of memory \(its limit is 11 MiB; raise the scale_factor of its rule 6 x in \(max_file_size\)\).*; attempt 2 of 3 with a limit of 17 MiB' \
  'limit 6 x in \(max_file_size\): the largest of 3 files, with 1.9 MiB, gives 11 MiB'
[ -n "${DAEMON:-}" ] || expect_err 'warning: that is less than the peak; a scale_factor of 1[0-9] would cover it'
sed 's/max_memory: 40Mi/max_memory: 12Mi/' boxcar.yml >little.yml
expect_exit 1 boxcar run --rerun fits little.yml
expect_err 'its limit is 11 MiB; raise the scale_factor' 'its limit is 12 MiB; raise max_memory\)'
# Nothing counts for a rule: said, and the limit is the one that stands there.
sed -i 's/mode: max_file_size}/mode: sum, target_dir: none}/' boxcar.yml
expect_exit 0 boxcar run --rerun fits boxcar.yml
expect_err 'step fits: no file counts for 6 x in \(sum\)'
