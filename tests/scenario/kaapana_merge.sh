# A task and its template: what the task says wins, what the template lacks is added; a template of its own; the image's entrypoint
# gets the command.
make_kaapana_image kaapana/tools entrypoint=/bin/busybox cmd=false workdir=/app env=OF_IMAGE=1 <<'JSON'
{"name": "tools", "description": "d", "api_version": 1, "templates": [
  {"identifier": "say", "description": "d", "inputs": [], "outputs": [{"name": "out", "mounted_path": "/out"}],
   "env": [{"name": "WORD", "value": "of the template"}, {"name": "LEVEL", "value": "", "choices": []}, {"name": "OF_IMAGE", "value": "2"}],
   "command": ["sh", "-c", "echo ${WORD}, $MORE, $OF_IMAGE >/out/text"]}]}
JSON
task() { # MEMBERS…
  printf '{"name": "A task: %s!", "image": "kaapana/tools", "outputs": [{"name": "out", "volume_source": {"host_path": "out"}}], %s}\n' "$RANDOM" "$1" >task.json
}
task '"taskTemplate": "say"'
expect_exit 0 boxcar run task.json
expect_text out/text 'of the template, , 2'
task '"taskTemplate": "say", "env": [{"name": "WORD", "value": "of the task"}, {"name": "MORE", "value": "${HOME} $$ ${inputs.x}"}]'
expect_exit 0 boxcar run task.json
expect_text out/text 'of the task, ${HOME} $$ ${inputs.x}, 2'
task '"taskTemplate": "say", "command": ["sh", "-c", "echo \"$0\" >/out/text", "${params.WORD} $$"]'
expect_exit 0 boxcar run task.json
expect_text out/text '${params.WORD} $$'
task '"taskTemplate": {"identifier": "own", "description": "d", "inputs": [{"name": "in", "mounted_path": "/in"}], "outputs":
  [{"name": "out", "mounted_path": "/elsewhere"}], "env": [], "command": ["cp", "/in/file", "/elsewhere/text"]},
  "inputs": [{"name": "in", "volume_source": {"host_path": "given"}}]'
mkdir given && echo given >given/file
expect_exit 0 boxcar run task.json
expect_text out/text given

# A channel and its volume: one without the other, or twice, is an error that names it.
task '"taskTemplate": "say", "inputs": [{"name": "in", "volume_source": {"host_path": "given"}}]'
expect_exit 2 boxcar run task.json
expect_err "task.json:1:[0-9]+: .*there is no input port 'in' \(there are none\)"
printf '{"name": "t", "image": "kaapana/tools", "taskTemplate": "say"}' >task.json
expect_exit 2 boxcar run task.json
expect_err "task.json:1:[0-9]+: .*output channel 'out' has no volume"
task '"taskTemplate": "say", "env": [{"name": "WORD", "value": "a"}, {"name": "WORD", "value": "b"}]'
expect_exit 2 boxcar run task.json
expect_err "'WORD'"
