# task-api validate looks at a task's image where it is here, and warns of host paths where nothing lies, which boxcar validate refuses;
# nothing is fetched, and no container starts.
make_kaapana_image kaapana/tools <<'JSON'
{"name": "tools", "description": "d", "templates": [{"identifier": "say", "description": "d",
  "inputs": [{"name": "in", "mounted_path": "/in"}], "outputs": [{"name": "out", "mounted_path": "/out"}],
  "env": [{"name": "MODE", "value": "fast", "choices": ["fast", "fine"]}], "command": ["true"]}]}
JSON
export BOXCAR_RUNTIME=/bin/false
cat >task.json <<'JSON'
{"name": "Say {{ custom.what }}", "image": "kaapana/tools", "taskTemplate": "say",
 "inputs": [{"name": "in", "volume_source": {"host_path": "given"}}],
 "outputs": [{"name": "out", "volume_source": {"host_path": "out"}}],
 "env": [{"name": "MODE", "value": "fine"}]}
JSON
expect_exit 1 task-api validate task.json --schema task
expect_err "task.json:1:.*'custom.what' is undefined"
expect_exit 0 task-api validate task.json --schema task --custom what=hello
expect_out '^task.json: valid .a task.'
expect_err "^task.json:2:[0-9]+: warning: step 'say-hello': port 'in' takes a directory, but there is no '$PWD/given'"
expect_exit 2 boxcar validate task.json --custom what=hello
expect_err "^task.json:2:[0-9]+: step 'say-hello': port 'in' takes a directory, but there is no '$PWD/given'"
mkdir given
expect_exit 0 task-api validate task.json --custom what=hello
expect_text "$SCENARIO/err" ''

# All that does not fit, at once.
sed 's/"say"/"sya"/' task.json >wrong.json
expect_exit 1 task-api validate wrong.json --custom what=hello
expect_err "^wrong.json:1:[0-9]+: .*no template 'sya' \(did you mean 'say'\?\)"
sed 's/"fine"/"finer"/; s/"name": "in"/"name": "inn"/; s/"outputs": .*/"outputs": [],/' task.json >wrong.json
expect_exit 1 task-api validate wrong.json --custom what=hello
expect_err "^wrong.json:2:[0-9]+: .*no input port 'inn'" "nothing feeds input port 'in'" "^wrong.json:4:[0-9]+: .*expected one of \"fast\", \"fine\"" \
  "output channel 'out' has no volume"

# An image that is not here: a directory of the host is looked for all the same.
rmdir given
sed 's/kaapana.tools/not\/here/' task.json >elsewhere.json
expect_exit 0 task-api validate elsewhere.json --custom what=hello
expect_err 'warning: the image not/here is not here' "^elsewhere.json:2:[0-9]+: warning: .*input 'in': there is no '$PWD/given'"
expect_exit 2 boxcar validate elsewhere.json --custom what=hello
expect_err "^elsewhere.json:2:[0-9]+: step 'say-hello': input 'in': there is no '$PWD/given'"

# The document of an image, and what is none.
expect_exit 0 task-api processing-container kaapana/tools --mode docker
expect_json '.templates[0].identifier == "say"'
expect_exit 2 task-api processing-container ./task.json
