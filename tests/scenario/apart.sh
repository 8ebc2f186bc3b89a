# Refused before anything starts: a store inside what a step reads, an output into the store, onto a file, or below one.
make_common_images
echo old >text
expect_exit 2 boxcar tool test/append --line x --input .
expect_err 'holds the store'
expect_exit 0 boxcar tool --store ../elsewhere test/append --line x --input .
echo file >f
cat >boxcar.yml <<'EOF'
steps:
  a: {image: test/make}
outputs:
  in_store: {from: a/output, to: .boxcar/x}
EOF
expect_exit 2 boxcar run boxcar.yml
expect_err "boxcar.yml:4:[0-9]+: output 'in_store' .*within the store"
sed -i 's|.boxcar/x|/|' boxcar.yml
expect_exit 2 boxcar run boxcar.yml
expect_err "boxcar.yml:4:[0-9]+: output 'in_store' is copied to '/'; give it a directory of its own"
sed -i 's|to: /|to: f|' boxcar.yml
expect_exit 2 boxcar run boxcar.yml
expect_err "boxcar.yml:4:[0-9]+: output 'in_store' is copied to .*/f', which is no directory"
sed -i 's|to: f|to: f/below|' boxcar.yml
expect_exit 2 boxcar run boxcar.yml
expect_err 'is no directory'
[ ! -e .boxcar ] || [ -z "$(find .boxcar -name manifest.json)" ] || fail "something ran"
