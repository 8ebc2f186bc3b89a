# Two templates of one image joined by their channels, as input also a directory of the host, a step of Kliko's before and
# behind: each by the names of their ports.
make_common_images
make_kaapana_image kaapana/dummy workdir=/app <<'JSON'
{"name": "dummy", "description": "two templates", "api_version": 1, "templates": [
  {"identifier": "upstream", "description": "writes both channels",
   "inputs": [], "outputs": [{"name": "channel1", "mounted_path": "/home/up/channel1"}, {"name": "channel2", "mounted_path": "/home/up/channel2"}],
   "env": [{"name": "WORD", "value": "hello", "choices": ["hello", "bye"]}, {"name": "COUNT", "value": "1", "type": "int"},
           {"name": "FIXED", "value": "as it is", "adjustable": false}],
   "command": ["sh", "-c", "for i in $(seq $COUNT); do echo $WORD $i; done >/home/up/channel1/words; echo \"$FIXED, $EXTRA, $PWD\" >/home/up/channel2/text"]},
  {"identifier": "downstream", "description": "joins them",
   "inputs": [{"name": "a", "mounted_path": "/in/a"}, {"name": "b", "mounted_path": "/in/b"}],
   "outputs": [{"name": "both", "mounted_path": "/out"}], "env": [], "command": ["sh", "-c", "cat /in/a/* /in/b/* >/out/text"]}]}
JSON
cat >boxcar.yml <<'YAML'
workflow: chain
steps:
  words: {image: test/make, params: {text: from Kliko}}
  up: {image: kaapana/dummy, template: upstream, params: {COUNT: 2}, env: {WORD: bye, EXTRA: more}}
  join: {image: kaapana/dummy, template: downstream, inputs: {a: up/channel1, b: up/channel2}}
  mixed: {image: kaapana/dummy, template: downstream, inputs: {a: words/output, b: ./given}}
  end: {image: test/append, params: {line: end}, inputs: {input: join/both}}
outputs:
  chained: {from: end/output, to: ./chained}
  mixed: {from: mixed/both, to: ./mixed}
YAML
mkdir given && echo 'of the host' >given/file
expect_exit 0 boxcar run boxcar.yml
expect_text chained/text "$(printf 'bye 1\nbye 2\nas it is, more, /app\nend')"
expect_text mixed/text "$(printf 'from Kliko\nof the host')"
expect_exit 0 boxcar run --json boxcar.yml
[ "$(json .steps.up.status)" = cached ] || fail "not cached"

# A run's configuration gives values to steps by name; --set wins over it.
echo '{"up": {"WORD": "hello", "COUNT": 3}, "words": {"text": "configured"}}' >conf.json
expect_exit 0 boxcar run --config conf.json --set up.COUNT=1 boxcar.yml
expect_text chained/text "$(printf 'hello 1\nas it is, more, /app\nend')"
expect_text mixed/text "$(printf 'configured\nof the host')"

# All that is wrong, each at its place, before anything starts.
printf '{"up": {"WORD": "helo", "COUNT": "many",\n "FIXED": "other", "NOTHING": "1"},\n "dwn": {"A": 1}}' >wrong.json
expect_exit 2 boxcar run --config wrong.json boxcar.yml
expect_err "^wrong.json:1:9: up.WORD: expected one of \"hello\", \"bye\", found the string \"helo\" \(did you mean 'hello'" \
  '^wrong.json:1:25: up.COUNT: expected an int, found "many"' "^wrong.json:2:2: up.FIXED: it is not adjustable" \
  "^wrong.json:2:20: up.NOTHING: there is no parameter 'NOTHING'" "^wrong.json:3:10: dwn.A: there is no step 'dwn'"
for wrong in '[1]' '{"up": 1}' '{"up": {"WORD": {"a": 1}}}' '{"up": {"WORD": null}}'; do
  echo "$wrong" >wrong.json
  expect_exit 2 boxcar run --config wrong.json boxcar.yml
  expect_err '^wrong.json:1:[0-9]+: .*expected '
done
# A list is none of the values that a single one may have, however long it is, as in the workflow.
echo '{"up": {"COUNT": [1, 2], "WORD": ["hello"]}, "words": {"text": []}}' >wrong.json
expect_exit 2 boxcar run --config wrong.json boxcar.yml
expect_err '^wrong.json:1:9: up.COUNT: .*, found a list$' '^wrong.json:1:26: up.WORD: .*, found a list$' \
  '^wrong.json:1:56: words.text: .*, found a list$'
printf '{"up": {"COUNT": [1, 2]\n "WORD": "helo",}}' >wrong.json
expect_exit 2 boxcar run --config wrong.json boxcar.yml
expect_err "^wrong.json:1:9: up.COUNT: " "^wrong.json:2:2: expected ',' or '}'$" "^wrong.json:2:2: up.WORD: expected one of" '^wrong.json:2:17: expected a key'
expect_exit 2 boxcar run --config missing.json boxcar.yml
sed -i 's/template: upstream/template: upstraem/; s/b: .\/given/c: .\/given/; s/WORD: bye/WORD: by/' boxcar.yml
expect_exit 2 boxcar run boxcar.yml
expect_err "^boxcar.yml:4:[0-9]+: step 'up': the image kaapana/dummy has no template 'upstraem' \(did you mean 'upstream'\?\)" \
  "^boxcar.yml:6:[0-9]+: step 'mixed': there is no input port 'c'" "step 'mixed': nothing feeds input port 'b'"
sed -i 's/, template: upstraem//' boxcar.yml
expect_exit 2 boxcar run boxcar.yml
expect_err 'several tools; `template` says which \(there are: upstream, downstream\)'

# On its own.
expect_exit 0 boxcar tool kaapana/dummy --template upstream --WORD bye --output channel1=one --output channel2=two
expect_text one/words 'bye 1'
expect_text two/text 'as it is, , /app'
expect_exit 0 boxcar tool --template downstream --input a=one --input b=two --output joined kaapana/dummy
expect_text joined/text "$(printf 'bye 1\nas it is, , /app')"
expect_exit 2 boxcar tool kaapana/dummy --template upstream --output here
expect_err 'takes PORT=DIR here.*the ports are: channel1, channel2'
expect_exit 2 boxcar tool kaapana/dummy --template upstream --output chanel1=one
expect_err "there is no port 'chanel1' \(did you mean 'channel1'"
expect_exit 2 boxcar tool kaapana/dummy --WORD bye
expect_err 'several tools; say which with --template NAME \(there are: upstream, downstream\)'
expect_exit 2 boxcar chain 'kaapana/dummy --WORD bye' 'test/append --lin x'
expect_err 'several tools; say which with --template NAME \(there are: upstream, downstream\)' "no option '--lin'"
expect_exit 0 boxcar tool kaapana/dummy --help
expect_out '^Usage: boxcar tool kaapana/dummy --template NAME' 'two templates' '^  --template upstream$' 'joins them'
expect_exit 0 boxcar chain 'kaapana/dummy --help'
expect_out "^Usage: boxcar chain 'kaapana/dummy --template NAME \[options\]' …" '^  --template downstream$'
expect_exit 0 boxcar tool kaapana/dummy --template upstream --help
expect_out '--output channel1=DIR' '--WORD' '^  --COUNT int$' '^  --FIXED str  \(not adjustable\)$'
expect_exit 0 boxcar tool kaapana/dummy --template downstream --help
expect_out '^  --input a=DIR$' '^  --output \[both=\]DIR$'
expect_exit 2 boxcar tool kaapana/dummy --template downstream --input a=one --input b=two --output bot=here
expect_err "there is no port 'bot' \(did you mean 'both'\?\), nor a path 'bot=here'; for a path write ./bot=here"
expect_exit 2 boxcar tool test/append --line x --input inptu=here
expect_err "there is no port 'inptu' \(did you mean 'input'\?\)"
mkdir inptu=here && touch inptu=here/text
expect_exit 0 boxcar tool test/append --line x --input inptu=here
