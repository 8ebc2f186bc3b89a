# 100,000 small files are one result like any other.
make_kliko_image test/many 'cd /output; awk "BEGIN { for (d = 0; d < 100; d++) { system(\"mkdir \" d);
for (f = 0; f < 1000; f++) { name = d \"/\" f; print f >name; close(name) } } }"' <<<'{schema_version: 4, io: split}'
expect_exit 0 boxcar chain --json test/many
[ "$(find "$(json '.steps["1-many"].result')/output" -type f | wc -l)" = 100000 ] || fail "not all are there"
expect_exit 0 boxcar chain --json test/many
expect_json '[.steps[].status] == ["cached"]' '.seconds < 5'
