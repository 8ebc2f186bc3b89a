# What Kaapana's two documents declare: validated and shown, from files and from an image; no container is started.
make_kaapana_image test/segment <<'SPEC'
{"name": "segment", "description": "Organs", "api_version": 1, "templates": [
 {"identifier": "liver", "description": "The liver alone", "command": ["python3", "-u", "run me.py"],
  "inputs": [{"name": "ct", "mounted_path": "/in/ct", "description": "A volume",
              "scale_rule": {"scale_factor": 12, "type": "limit", "mode": "max_file_size", "target_glob": "*.nii"}}],
  "outputs": [{"name": "mask", "mounted_path": "/out"}],
  "env": [{"name": "ORGAN", "value": "", "choices": ["liver", "lung"], "description": "Which"},
          {"name": "MODEL", "value": "v2", "adjustable": false}, {"name": "SIZE", "value": "3", "type": "int"}],
  "resources": {"limits": {"memory": "1Gi", "cpu": "500m"}, "requests": {"memory": "512Mi"}}},
 {"identifier": "lung", "description": "", "inputs": [], "outputs": [], "env": [], "command": ["sh", "-c", "echo it's $0\n; id"]}]}
SPEC
export BOXCAR_RUNTIME=/bin/false
expect_exit 0 boxcar validate test/segment
expect_out "valid .a processing-container of Kaapana's Task API, templates: liver, lung.$"
expect_exit 0 boxcar inspect test/segment
expect_out '^segment$' '^  Organs$' '^Template liver$' 'ct +at /in/ct' 'A volume' 'memory limit: 12 x .* largest file named ..nii' "python3 -u 'run me.py'" \
  'ORGAN +.a value must be given' 'one of: liver, lung' 'MODEL=v2 .*not adjustable' 'SIZE=3 .*int' 'requests: memory 512Mi' 'limits: cpu 0.5, memory 1Gi' \
  '^Template lung$' "^  sh -c .'echo it.'s .0.n; id'$" 'boxcar tool test/segment --template lung'
expect_exit 0 boxcar inspect --json test/segment
expect_json '[.format, .name, .description, (.tools | length)] == ["kaapana", "segment", "Organs", 2]'
expect_json '.tools[0].inputs[0] == {name: "ct", kind: "directory", path: "/in/ct", optional: false, help: "A volume", scale_rule:
  {scale_factor: 12, type: "limit", mode: "max_file_size", target_dir: "", target_regex: ".*", target_glob: "*.nii"}}'
expect_json '[.tools[0].parameters[] | [.name, .type, .required, .initial, .adjustable]] ==
  [["ORGAN", "choice", true, null, true], ["MODEL", "str", false, "v2", false], ["SIZE", "int", false, "3", true]]'
expect_json '.tools[0].resources == {requests: {memory: 536870912}, limits: {cpu: 0.5, memory: 1073741824}}'

mkdir ct
cat >task.json <<'TASK'
{"name": "Segment {{ custom.patient }}", "image": "test/segment", "taskTemplate": "liver",
 "inputs": [{"name": "ct", "volume_source": {"host_path": "{{ env.DATA }}/ct"}}],
 "outputs": [{"name": "mask", "volume_source": {"host_path": "{{ env.DATA }}/mask"}}],
 "env": [{"name": "ORGAN", "value": "{{ custom.organ | default('liver') }}"}, {"name": "OTHER", "value": "{{ env.PASSWORD }} $x"}],
 "config": {"registryUrl": "r.example.org", "registryUsername": {"env": "NOBODY"}, "registryPassword": "{{ env.PASSWORD }}"}}
TASK
expect_exit 2 boxcar validate task.json
expect_err "task.json:1:22: 'custom.patient' is undefined, give it with --custom patient=VALUE" "task.json:2:.* 'env.DATA' is undefined" \
  "task.json:3:.* 'env.DATA' is undefined" "task.json:5:.*'env.PASSWORD' is undefined"
export DATA=$PWD PASSWORD=hunter2-hunter2
expect_exit 0 boxcar validate task.json --custom patient=p1
expect_out "valid .a task of Kaapana's Task API"
expect_exit 2 boxcar validate task.json --custom patient=p1 --custom organ=livr
expect_err "task.json:4:.*ORGAN.*one of \"liver\", \"lung\".*did you mean 'liver'"
# All of them are in the order of the call.
echo '{"name": "{% for k, v in custom.items() %}{{ k }}={{ v }} {% endfor %}", "image": "i", "taskTemplate": "t", "inputs": [], "outputs": []}' >order.json
expect_exit 0 boxcar inspect order.json --custom b=1 --custom a=2 --custom b=3
expect_out '^Task b=3 a=2 $'
# What comes out of the environment is not quoted, nor is the password, wherever it came from.
for value in '"x{{ env.PASSWORD }}"' '{{ env.PASSWORD | tojson }}' '"{% set a = env.PASSWORD %}{{ a | upper }}"' '"{{ custom.p }}"'; do
  sed "s/\"{{ custom.organ.*liver') }}\"}/$value}/; s/\"registryPassword\".*/\"registryPassword\": \"{{ custom.p }}\"}}/" task.json >secret.json
  expect_exit 2 boxcar validate secret.json --custom patient=p1 --custom p=hunter2-other
  expect_err "secret.json:4:.*ORGAN.*one of \"liver\", \"lung\", found something else .not shown"
  expect_not_in "$SCENARIO/err" '[hH][uU][nN][tT]'
  expect_exit 0 boxcar inspect secret.json --custom patient=p1 --custom p=hunter2-other
  expect_out '^  ORGAN=\*\*\*$'
  expect_exit 0 boxcar inspect --json secret.json --custom patient=p1 --custom p=hunter2-other
  expect_json '.env[0].value == "***"'
done
# Nor where its login is none.
sed 's/"registryUrl": "r.example.org", //; s/{{ env.PASSWORD }} $x/x/; s/"{{ custom.organ.*liver.) }}"/"hunter2-hunter2"/' task.json >urlless.json
expect_exit 2 boxcar validate urlless.json --custom patient=p1
expect_err "urlless.json:4:.*ORGAN.*not shown" "urlless.json:5:.*need a 'registryUrl'"
expect_not_in "$SCENARIO/err" 'hunter2|is not set'
expect_exit 0 boxcar inspect task.json --custom patient=p1
expect_out '^Task Segment p1$' 'image: test/segment' 'template: liver' "ct +from $PWD/ct" "mask +to $PWD/mask" '^  ORGAN=liver$' '^  OTHER=\*\*\*$'
expect_exit 0 boxcar inspect --json task.json --custom patient=p1
expect_json '[.format, .name, .template, .inputs[0].host_path, .env[0].value, .env[1].value] ==
  ["kaapana-task", "Segment p1", "liver", "'"$PWD"'/ct", "liver", "***"]'
expect_json '.registry == {url: "r.example.org", username: {env: "NOBODY"}, password: "***"}'
! grep -q hunter2 "$SCENARIO/out" "$SCENARIO/err" || fail "the password was shown"
for document in pc task workflow kliko; do
  expect_exit 0 boxcar schema $document
  expect_json '.["$schema"] and .properties'
done
expect_exit 2 boxcar schema tasks
expect_err "did you mean 'task'"

# The type of a variable is what it says, though all of them are texts.
cat >iter.json <<'TASK'
{"name": "iter", "image": "test/segment", "taskTemplate": {"identifier": "x", "description": "d", "inputs": [], "outputs": [],
  "env": [{"name": "ITER", "value": "", "type": "int"}]}}
TASK
expect_exit 2 boxcar validate iter.json
expect_err "iter.json:1:59: .*parameter 'ITER' \(int\) needs a value"

# Without its image too.
sed 's|"test/segment"|"test/nowhere"|' iter.json >nowhere.json
expect_exit 2 boxcar validate nowhere.json
expect_err "nowhere.json:1:59: .*parameter 'ITER' \(int\) needs a value" 'warning: the image test/nowhere is not here'
expect_exit 2 boxcar run nowhere.json --pull never
# A channel in the place of a file of the image.
sed 's|"inputs": \[\]|"inputs": [{"name": "spec", "mounted_path": "/processing-container.json"}]|; s|"value": ""|"value": "1"|' iter.json >file.json
sed -i 's|^  "env": .*}}$|&|; s|}]}}$|}]}, "inputs": [{"name": "spec", "volume_source": {"host_path": "."}}]}|' file.json
expect_exit 2 boxcar validate file.json
expect_err "file.json:1:27: .*input 'spec': /processing-container.json is a file in the image, not a directory"

# A slip hides nothing of what the image says, and leaves no gap.
cat >slips.json <<'TASK'
{"name": "slips", "image": "test/segment", "taskTemplate": "liver", "api_version": 2,
 "inputs": [{"name": "ctt", "volume_source": {"host_path": "."}}],
 "outputs": [{"name": "mask", "volume_source": {"host_path": 7}}],
 "env": [{"name": "ORGAN", "value": 7}, {"name": "SIZE", "value": "x"}], "config": {"type": "slurm"}}
TASK
expect_exit 2 boxcar validate slips.json
expect_err "slips.json:1:84: .*api_version" "slips.json:2:13: .*there is no input port 'ctt'" "slips.json:3:62: .*host_path" \
  "slips.json:4:37: .*ORGAN.*string" "slips.json:4:41: .*SIZE.*an int" "slips.json:4:93: .*slurm"
expect_not_in "$SCENARIO/err" "needs a value|no volume|nothing feeds"
for image in Trial/TOOLS test/segment::x test/segment@sha256:abc; do
  printf '{"name": "a", "image": "%s", "taskTemplate": "t"}' "$image" >name.json
  expect_exit 2 boxcar validate name.json
  expect_err "name.json:1:24: .*'$image' is not an image name"
done
