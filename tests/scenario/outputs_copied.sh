# outputs: are copied out after success, file by file; what else lies there stays; a second time nothing is in the way.
make_kliko_image test/many 'mkdir -p /output/sub; echo 1 >/output/one; echo 2 >/output/sub/two; ln -s sub/two /output/link
chmod 755 /output/one' <<<'{schema_version: 4, io: split}'
cat >boxcar.yml <<'FLOW'
workflow: out
steps: {many: {image: test/many}}
outputs:
  all: {from: many/output, to: ./results/all}
  one: {from: many/output/one, to: results/renamed}
  named: {from: many/output}
FLOW
mkdir -p results/all && echo mine >results/all/mine
for i in 1 2; do
  expect_exit 0 boxcar run boxcar.yml
  expect_text results/all/one 1
  expect_text results/all/link 2
  expect_text results/all/mine mine
  expect_text results/renamed 1
  [ -x results/all/one ] && [ -w results/all/sub ] || fail "permissions: $(ls -lR results)"
done
expect_err 'named'
find results -name '.*' -mindepth 1 | grep . && fail "temporary files left" || true

# What may not be looked at is not taken for what is there.
if [ "$(id -u)" != 0 ]; then
  expect_exit 2 boxcar tool --output /root/results/x test/many
  expect_err "output 'output' is copied to '/root/results/x': .*Permission denied"
fi
