# What --custom gives is seen in no list of processes, no environment and no record, also of a runner that was left behind; a
# name that no expression takes is warned of.
make_kaapana_image kaapana/wait <<'JSON'
{"name": "wait", "description": "d", "templates": [{"identifier": "wait", "description": "d", "inputs": [],
 "outputs": [{"name": "out", "mounted_path": "/out"}], "env": [], "command": ["sh", "-c", "echo $WORD >/out/text; echo started; sleep 30"]}]}
JSON
cat >task.json <<'JSON'
{"name": "wait", "image": "kaapana/wait", "taskTemplate": "wait", "outputs": [{"name": "out", "volume_source": {"host_path": "./out"}}],
 "env": [{"name": "WORD", "value": "{{ custom.word }} {{ custom.other | default('') }}"}],
 "config": {"labels": {"secret": "{{ custom.password }}"}}}
JSON
password=hidden-$RANDOM-$RANDOM
shown() { # the processes that show it: of boxcar alone, since the container's own file of labels is no business of ps
  local pid
  for pid in /proc/[0-9]*; do
    case $(readlink "$pid/exe" 2>/dev/null || true) in "$BOXCAR" | */boxcar) ;; *) continue ;; esac
    if tr '\0' ' ' <"$pid/$1" 2>/dev/null | grep -q -- "$password"; then echo "$pid"; fi
  done
}
left_behind() { # COMMAND…
  expect_exit 0 "$@" --custom "password=$password" --custom "word=a=b \$x" --custom=other=last
  local run
  run=$(boxcar runs --json | jq -r '.[0].run')
  wait_until eval "boxcar logs $run 2>/dev/null | grep -q started"
  [ -z "$(shown cmdline)$(shown environ)" ] || fail "$* shows it"
  { grep -lzx -- '--custom' /proc/[0-9]*/cmdline 2>/dev/null || true; } | while read -r file; do { tr '\0' ' ' <"$file"; } 2>/dev/null || true; done >shown
  grep -q "task.json .*--custom password=\*\*\* --custom word=\*\*\* --custom=other=\*\*\*" shown || fail "$(cat shown)"
  expect_exit 0 boxcar runs --json
  expect_not_in "$SCENARIO/out" "$password"
  expect_json '.[0].command | endswith("task.json --custom '"'password=***' --custom 'word=***' '--custom=other=***'"'")'
  expect_exit 0 boxcar stop "$run" --now
}
left_behind task-api run task.json
left_behind boxcar run --detach task.json

# The values are those that were given; of a name given again the last counts.
sed -i 's/sleep 30/true/' task.json
sed 's/"taskTemplate": "wait"/"taskTemplate": "wait", "command": ["sh", "-c", "echo $WORD >\/out\/text"]/' task.json >short.json
expect_exit 0 task-api run short.json --watch --custom word=before --custom "password=$password" --custom "word=a=b \$x" --custom=other=last --custom wrod=1
expect_err "^short.json: warning: no expression takes 'custom.wrod', which --custom gives \(did you mean 'word'\?\)$"
expect_text out/text 'a=b $x last'
expect_exit 0 task-api validate short.json --custom password=x --custom word=y --custom wrod=1
expect_err "warning: no expression takes 'custom.wrod'"
# Of another document nothing takes them.
make_kliko_image test/quick 'echo x >/output/x' <<<'{schema_version: 4, io: split}'
echo 'steps: {a: {image: test/quick}}' >boxcar.yml
for call in run validate; do
  expect_exit 0 boxcar $call boxcar.yml --custom "word=$password" --custom other=1
  expect_err "^boxcar.yml: warning: this is no task.json, so nothing takes 'custom.word', which --custom gives$" "'custom.other'"
  expect_not_in "$SCENARIO/err" "$password"
done
expect_exit 2 boxcar run short.json --custom "=$password"
expect_err 'takes NAME=VALUE, not a value without a name$'
