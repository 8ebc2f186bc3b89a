# A step that fails ends the run, with what the container said; --keep-going finishes what does not depend on it.
make_common_images
make_kliko_image test/fail 'echo "no such antenna" >&2; exit 4' <<<'{schema_version: 4, io: split}'
cat >boxcar.yml <<'FLOW'
workflow: failing
steps:
  bad: {image: test/fail}
  after-bad: {image: test/append, inputs: {input: bad/output}, params: {line: x}}
  slow: {image: test/make, params: {text: slow}}
  after-slow: {image: test/append, inputs: {input: slow/output}, params: {line: y}}
outputs: {never: {from: after-bad/output, to: ./never}}
FLOW
expect_exit 1 boxcar run -j1 boxcar.yml --json
expect_json '.status == "failed"' '.steps.bad.status == "failed"' '.steps.bad.exit_code == 4' '.steps["after-bad"].status == "skipped"' \
  '.steps["after-slow"].status != "succeeded"'
expect_err 'no such antenna'
expect_exit 1 boxcar run -j1 --keep-going boxcar.yml --json
expect_json '.status == "failed"' '.steps["after-slow"].status == "succeeded"' '.steps["after-bad"].result == null'
[ ! -e never ] || fail "an output of a failed run was copied"
