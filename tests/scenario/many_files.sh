# 100,000 small files are one result like any other.
make_kliko_image test/many 'echo small >/tmp/small
for d in 0 1 2 3 4 5 6 7 8 9; do
  mkdir /output/$d; cd /output/$d; seq 10000 | xargs -n 500 sh -c "tee \"\$@\" </tmp/small >/dev/null" tee
done' <<<'{schema_version: 4, io: split}'
expect_exit 0 boxcar chain --json test/many
[ "$(find "$(json '.steps["1-many"].result')/output" -type f | wc -l)" = 100000 ] || fail "not all are there"
expect_exit 0 boxcar chain --json test/many
expect_json '[.steps[].status] == ["cached"]' '.seconds < 5'
