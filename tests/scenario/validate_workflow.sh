# validate checks the whole graph, also where the images are not here; a wrong call says so in JSON; a full disk is noticed.
cat >boxcar.yml <<'EOF'
steps:
  a: {image: not/here, inputs: {input: b/output}, after: [zz]}
  b: {image: not/here, inputs: {input: a/output}}
outputs:
  x: {from: bb/output, to: out}
  y: {from: b/output, to: out}
EOF
expect_exit 2 boxcar validate boxcar.yml
expect_err "zz" "these steps wait for each other: a → b → a" "'bb'" 'both copied to' 'warning: the image not/here is not here'
sed -i 's/, after: \[zz\]//; s/inputs: {input: b.output}//; /bb/d' boxcar.yml
expect_exit 0 boxcar validate boxcar.yml
expect_err 'warning: the image not/here is not here'

expect_exit 2 boxcar run boxcar.yml --pull never --json
expect_json '.findings | length >= 1'
mkdir empty && cd empty
expect_exit 2 boxcar run --json
expect_json '.findings[0].message | length > 0'
cd ..
code=0
boxcar --help >/dev/full 2>err || code=$?
[ $code = 3 ] || fail "exit code $code with a full disk"
grep -q 'writing to stdout' err
