# An image that is nowhere: said with its full name and where it was looked for, before anything starts.
make_common_images
cat >boxcar.yml <<'FLOW'
workflow: missing
steps:
  a: {image: test/make}
  b: {image: test/nowhere, inputs: {input: a/output}}
  c: {image: "Not/A:valid:name"}
FLOW
expect_exit 2 boxcar run --pull never --json boxcar.yml
expect_json '[.findings[].line] == [4, 5]' '.findings[0].message | contains("test/nowhere")'
[ ! -e .boxcar ] || [ -z "$(find .boxcar -name manifest.json)" ] || fail "something ran"
expect_exit 2 boxcar tool --pull never test/nowhere
expect_err 'test/nowhere'
