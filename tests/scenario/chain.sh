# A chain: the output of each is the input of the next; results in ./.kliko/<image>/<key>/; again, all of it is cached.
make_common_images
make_kliko_image test/shout 'cd /work; tr a-z A-Z <text >loud; rm text' <<<'{schema_version: 4, io: join}'
expect_exit 0 boxcar chain --json 'test/make --text "a b"' test/shout "test/make"
expect_json '.status == "succeeded"' '(.steps | keys_unsorted) == ["1-make", "2-shout", "3-make"]' \
  '[.steps[].status] == ["succeeded", "succeeded", "succeeded"]' '[.steps[].exit_code] == [0, 0, 0]' '[.steps[].attempts] == [1, 1, 1]'
result=$(json '.steps["2-shout"].result')
expect_text "$result/output/loud" 'A B'
expect_err "^  3-make  \.kliko/[0-9a-f]{12}/[0-9a-f]{12}/output$" # where the data lies
[[ $result =~ ^$PWD/\.kliko/[0-9a-f]{12}/[0-9a-f]{12}$ ]] || fail "result in $result"
[ -s "$result/manifest.json" ] && [ -e "$result/parameters.json" ] && [ -e "$result/log.jsonl" ] || fail "$(ls "$result")"
[ "${result##*/}" = "$(json '.steps["2-shout"].key' | cut -c1-12)" ] || fail "the key names the result"

expect_exit 0 boxcar chain --json 'test/make --text "a b"' test/shout "test/make"
expect_json '[.steps[].status] == ["cached", "cached", "cached"]' '.status == "succeeded"'
expect_exit 0 boxcar chain --json 'test/make --text c' test/shout "test/make"  # the last reads something else now
expect_json '[.steps[].status] == ["succeeded", "succeeded", "succeeded"]'
expect_exit 0 boxcar chain --json 'test/make --text c' 'test/append --line d' # a step of another chain
expect_json '[.steps[].status] == ["cached", "succeeded"]'
