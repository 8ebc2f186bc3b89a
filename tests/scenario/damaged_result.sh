# A result that was altered or partly deleted is noticed and computed anew.
make_kliko_image test/tree 'mkdir /output/d; echo one >/output/d/one; echo two >/output/two' <<<'{schema_version: 4, io: split}'
again() {
  expect_exit 0 boxcar chain --json test/tree
  expect_json ".steps[\"1-tree\"].status == \"$1\""
  result=$(json '.steps["1-tree"].result')
  expect_text "$result/output/d/one" one
  expect_text "$result/output/two" two
}
again succeeded
again cached
chmod u+w "$result/output/two"; echo TWO >"$result/output/two"
again succeeded
chmod u+w "$result/output/d"; rm "$result/output/d/one"
again succeeded
rm "$result/manifest.json"
again succeeded
chmod u+w "$result/output"; echo more >"$result/output/more"
again succeeded
[ ! -e "$result/output/more" ] || fail "a foreign file in a result was kept"
remove .kliko
again succeeded
again cached
