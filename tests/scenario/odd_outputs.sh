# Names are bytes; read-only directories, other people's files and setuid bits are no hindrance: results are the caller's.
make_kliko_image test/odd 'cd /output; touch -- "a
b" "$(printf "\377\376")" "-rf" " "; mkdir -p closed/below; echo x >closed/below/x; chmod 0 closed/below/x; chmod 0 closed/below; chmod 555 closed
echo y >theirs; chown 4711:4712 theirs'"${one_id:+ 2>/dev/null || true}"'; echo s >suid; chmod 4755 suid; chmod 555 /output' <<<'{schema_version: 4, io: split}'
make_kliko_image test/read 'cd /input; ls -A | wc -l >/output/count; cat closed/below/x >/output/x' <<<'{schema_version: 4, io: split}'
expect_exit 0 boxcar chain --json test/odd test/read
odd=$(json '.steps["1-odd"].result')/output
expect_text "$(json '.steps["2-read"].result')/output/count" 7
expect_text "$odd/closed/below/x" x
[ "$(stat -c %u:%g "$odd/theirs")" = "$(id -u):$(id -g)" ] || fail "owner: $(ls -ln "$odd")"
[ -z "$(find "$odd" ! -user "$(id -un)")" ] || fail "not the caller's: $(find "$odd" ! -user "$(id -un)")"
[ ! -u "$odd/suid" ] || fail "a setuid result"
[ -e "$odd"/$'a\nb' ] && [ -e "$odd"/$'\377\376' ] || fail "names are bytes"
expect_exit 0 boxcar chain --json test/odd test/read
expect_json '[.steps[].status] == ["cached", "cached"]'
expect_exit 0 boxcar tool test/odd --output out
rm -r out || fail "the user cannot remove what was copied out"
expect_exit 0 boxcar gc --store .kliko --older-than 0s
[ -z "$(find .kliko -name manifest.json)" ] || fail "gc could not remove it"
