# Channels may have names that a result has for its own files, hidden ones too: each is kept, known again, fed to the next step by that
# name, and copied to its volume.
make_kaapana_image kaapana/names <<'JSON'
{"name": "names", "description": "d", "templates": [
  {"identifier": "write", "description": "d", "inputs": [], "env": [],
   "outputs": [{"name": ".hidden", "mounted_path": "/out/hidden"}, {"name": "log.jsonl", "mounted_path": "/out/log"},
               {"name": "manifest.json", "mounted_path": "/out/manifest"}],
   "command": ["sh", "-c", "for i in hidden log manifest; do echo $i >/out/$i/text; done; echo printed"]},
  {"identifier": "join", "description": "d", "inputs": [{"name": ".a", "mounted_path": "/in/a"}, {"name": "manifest.json", "mounted_path": "/in/b"}],
   "outputs": [{"name": "%2ehidden", "mounted_path": "/out"}], "env": [], "command": ["sh", "-c", "cat /in/a/text /in/b/text >/out/text"]}]}
JSON
cat >boxcar.yml <<'YAML'
steps:
  write: {image: kaapana/names, template: write}
  join: {image: kaapana/names, template: join, inputs: {.a: write/log.jsonl, manifest.json: write/manifest.json}}
outputs: {joined: {from: join/%2ehidden, to: joined}, hidden: {from: write/.hidden, to: hidden}}
YAML
expect_exit 0 boxcar validate boxcar.yml
for status in succeeded cached; do
  expect_exit 0 boxcar run --json boxcar.yml
  expect_json "[.steps[].status] == [\"$status\", \"$status\"]"
  expect_text joined/text "$(printf 'log\nmanifest')"
  expect_text hidden/text hidden
done
result=$(json .steps.write.result)
expect_text "$result/%2ehidden/text" hidden
expect_in "$result/log.jsonl" printed
expect_exit 0 boxcar gc --verify --store .boxcar
