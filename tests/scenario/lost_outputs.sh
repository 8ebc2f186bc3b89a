# An output of a path that the step did not leave fails the run, as it fails a step that reads it: said with its place and with
# what there is; kept in the record. One that can't be written does so too, and is a disk that could not be used.
make_kliko_image test/many 'mkdir /output/sub; echo 1 >/output/sub/one; echo 2 >/output/two' <<<'{schema_version: 4, io: split}'
make_common_images
cat >boxcar.yml <<'FLOW'
workflow: lost
steps: {a: {image: test/many}}
outputs:
  z: {from: a/output/nofile, to: z}
  y: a/output/sub/nothing
  x: {from: a/output/two, to: x}
FLOW
for json in --json ''; do
  expect_exit 1 boxcar run $json boxcar.yml
  [ -z "$json" ] || expect_json '.status == "failed"' '.steps.a.result != null' '.problem | contains("boxcar.yml:4:13: output")'
  expect_err "^boxcar.yml:4:13: output 'z': step 'a' left no 'nofile' in its output 'output', which holds 'sub', 'two'$" \
    "^boxcar.yml:5:6: output 'y': .*, where 'sub' holds 'one'$" '^failed \(outputs could not be copied\): 1 (succeeded|cached) in '
  [ "$(grep -c nofile "$SCENARIO/err")" = 1 ] || fail "said more than once"
  expect_text x 2 # the others are there
done
expect_exit 0 boxcar status
expect_out 'lost  failed ' "boxcar.yml:4:13: output 'z'"
expect_exit 0 boxcar status --json
expect_json '.status == "failed"' '.problem | contains("nofile")'
expect_exit 0 boxcar runs
expect_out ' failed '
cat >reads.yml <<'FLOW'
steps:
  a: {image: test/many}
  b: {image: test/append, inputs: {input: a/output/nofile}, params: {line: x}}
FLOW
expect_exit 1 boxcar run reads.yml
expect_err "step b failed: step 'a' left no 'nofile' in its output 'output', which holds 'sub', 'two'"

# Whether it has to be written shows only then.
expect_exit 3 boxcar tool --json --output /proc/tty test/many
expect_json '.status == "failed"' '.problem | contains("/proc/tty")'
expect_err "^output 'output': copying to /proc/tty: " '^failed \(outputs could not be copied\): '
[ "$(grep -v warning: "$SCENARIO/err" | grep -c /proc/tty)" = 1 ] || fail "said more than once"
