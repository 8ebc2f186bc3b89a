# Everything that is wrong with secrets is said at once, before anything starts; of steps that are not wanted nothing is.
make_common_images
echo abcdef >open.key
chmod 644 open.key
printf 'a\0b' >binary.key
cat >flow.yml <<'END'
steps:
  a:
    image: test/make
    secrets:
      TOKEN: {env: BOXCAR_TEST_UNSET}
      MISSING: {file: ./none.key}
      BINARY: {file: ./binary.key}
      PATH: {env: HOME}
  b: {image: test/make, params: {text: b}, secrets: {OPEN: {file: ./open.key}, SHORT: {env: BOXCAR_TEST_SHORT}}}
END
expect_exit 2 boxcar run flow.yml
expect_err "flow.yml:8:7: step 'a': 'PATH' can't be a secret"
sed -i /PATH/d flow.yml
expect_exit 2 env BOXCAR_TEST_SHORT=ab boxcar run flow.yml
expect_err "flow.yml:5:7: step 'a', secret 'TOKEN': the variable BOXCAR_TEST_UNSET is not set" \
  "flow.yml:6:7: .*none.key: No such file" "flow.yml:7:7: .*binary.key holds a NUL byte" "warning: step 'b', secret 'OPEN'"
[ ! -e .boxcar ] || [ -z "$(ls .boxcar/runs 2>/dev/null)" ] || fail "something was started"
expect_exit 2 boxcar run flow.yml --json
expect_json '.findings[0] | .line == 5 and .column == 7'

expect_exit 0 env BOXCAR_TEST_SHORT=ab boxcar run flow.yml --target b
expect_err "flow.yml:8:[0-9]+: warning: step 'b', secret 'OPEN': .*open.key can be read by others" "'SHORT': its value is too short"
expect_exit 0 boxcar validate flow.yml
