# --target runs a step and all that it needs, nothing else; `after` is order without data.
make_common_images
make_kliko_image test/time 'cut -d" " -f1 /proc/uptime >/output/at' <<<'{schema_version: 4, io: split}'
cat >boxcar.yml <<'FLOW'
workflow: targets
steps:
  last: {image: test/time, after: [first], env: {WHICH: last}}
  first: {image: test/time, env: {WHICH: first}}
  a: {image: test/make}
  b: {image: test/append, inputs: {input: a/output}, params: {line: b}}
outputs: {b: {from: b/output, to: ./b}}
FLOW
expect_exit 0 boxcar run boxcar.yml --target b --json
expect_json '(.steps | with_entries(select(.value.status == "succeeded")) | keys) == ["a", "b"]'
expect_text b/text $'hello\nb'
expect_exit 0 boxcar run boxcar.yml --target last --json
expect_json '.steps.first.status == "succeeded"' '.steps.last.status == "succeeded"'
first=$(cat "$(json .steps.first.result)/output/at") last=$(cat "$(json .steps.last.result)/output/at")
awk "BEGIN {exit !($first <= $last)}" || fail "last ($last) ran before first ($first)"
expect_exit 2 boxcar run boxcar.yml --target bb
expect_err 'bb'
