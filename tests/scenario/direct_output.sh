# cache: {direct: true}: the container writes into the user's directory itself; nothing is kept, and nothing may read it.
make_common_images
mkdir out && echo mine >out/foreign
cat >boxcar.yml <<'EOF'
steps:
  a: {image: test/make, params: {text: first}, cache: {direct: true}}
outputs:
  made: {from: a/output, to: out}
EOF
expect_exit 0 boxcar run boxcar.yml --json
expect_json '.steps.a.status == "succeeded"'
expect_text out/text first
expect_text out/foreign mine
[ -z "$(find .boxcar -name text)" ] || fail "the output was copied into the store"
expect_exit 0 boxcar run boxcar.yml --json
expect_json '.steps.a.status == "succeeded"' # again, and not from a cache

# It is no result for a step that keeps what it writes, nor in place of one that did.
twin() {
  printf 'steps:\n  a: {image: test/make, params: {text: first}}\n  b: {image: test/append, params: {line: %s}, inputs: {input: a/output}}\n' $1 >twin.yml
  expect_exit 0 boxcar run twin.yml --json
  expect_text "$(json .steps.b.result)/output/text" "$(printf 'first\n%s' $1)"
}
twin one
expect_json '.steps.a.status == "succeeded"'
expect_exit 0 boxcar run boxcar.yml
twin two
expect_json '.steps.a.status == "cached"'

cat >wrong.yml <<'EOF'
steps:
  a: {image: test/make, cache: {direct: true}}
  b: {image: test/append, params: {line: x}, inputs: {input: a/output}}
outputs:
  made: {from: a/output, to: out}
EOF
expect_exit 2 boxcar run wrong.yml
expect_err "wrong.yml:3:3: step 'b': reads an output of step 'a' that is written in place"
sed -i '/outputs/,$d; /  b:/d' wrong.yml
expect_exit 2 boxcar run wrong.yml
expect_err "wrong.yml:2:3: step 'a': direct: true needs an output"
