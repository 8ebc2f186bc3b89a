# gc: by age, by size, what no recorded run reaches; --dry-run removes nothing; --verify finds silent damage.
make_common_images
for text in a b c; do expect_exit 0 boxcar chain --json "test/make --text $text"; done
result=$(json '.steps["1-make"].result')
kept() { find .kliko -name manifest.json | wc -l; }
[ "$(kept)" = 3 ] || fail "three results"
expect_exit 0 boxcar gc --store .kliko --older-than 0s --dry-run
[ "$(kept)" = 3 ] || fail "--dry-run removed something"
expect_out '^would remove 3 results and [0-9]+ old logs, lists and workspaces, .*; 0 results stay'
expect_exit 0 boxcar gc --store .kliko --older-than 1d
[ "$(kept)" = 3 ] || fail "all are younger than a day"
chmod u+w "$result/output/text"
touch -r "$result/output/text" stamp; echo C >"$result/output/text"; touch -r stamp "$result/output/text"
expect_exit 0 boxcar gc --store .kliko --verify
expect_out '^compared 3 results with their digests: 1 result damaged$'
[ "$(kept)" = 2 ] || fail "--verify left the damaged result"
rm -r "$XDG_STATE_HOME"
expect_exit 0 boxcar chain --json "test/make --text a"
expect_exit 0 boxcar gc --store .kliko --unreachable
expect_out '^removed 1 result( and|,).*; 1 result stays,'
[ "$(kept)" = 1 ] || fail "only one result is reached by a recorded run"
expect_exit 0 boxcar gc --store .kliko --max-size 0
[ "$(kept)" = 0 ] || fail "--max-size 0"
expect_exit 0 boxcar chain --json "test/make --text a"
expect_json '.steps["1-make"].status == "succeeded"'
expect_exit 0 boxcar gc --store .kliko --verify
expect_out '^compared 1 result with their digests: none is damaged$'

# An ordinary user's rm can't remove what lies in ports; gc clears that up.
[ "$(id -u)" != 0 ] || return 0
rm -rf .kliko 2>/dev/null && fail "rm was enough"
[ -n "$(find .kliko -name output)" ] || fail "rm left no result"
expect_exit 0 boxcar gc --store .kliko
expect_out '^removed .*what is left of a deleted result'
[ -z "$(find .kliko -name output)" ] || fail "left: $(find .kliko)"
