# Which directories kliko-run reads and fills; a join image's --work is filled in place, removals too.
make_kliko_image test/join 'cd /work; cat text >seen; rm text; if [ -d old ]; then mv old new; fi' <<<'{schema_version: 4, io: join}'
mkdir A work
echo right >A/text
echo wrong >work/text
expect_exit 0 kliko-run test/join --input A --output B
expect_text B/seen right
expect_text work/text wrong
[ -e A/text ] || fail "the input was changed"

expect_exit 0 kliko-run test/join # reads and fills ./work
expect_text work/seen wrong
[ ! -e work/text ] || fail "what the container removed is still there"

mkdir -p w/old
echo a >w/text
echo b >w/old/b
expect_exit 0 kliko-run test/join --work w
expect_text w/new/b b
[ ! -e w/old ] && [ ! -e w/text ] || fail "renamed and removed, but still there: $(ls w)"

expect_exit 2 kliko-run test/join --work w --output B
expect_err '--work is both input and output'
make_common_images
expect_exit 2 kliko-run test/make --work w
expect_err '--work is for join images'
expect_exit 2 boxcar tool test/make --output ''
expect_err '--output needs a directory'
expect_exit 0 boxcar tool --output before test/make --text x
expect_text before/text x
expect_exit 2 boxcar tool --nosuch test/make
expect_err "has no option '--nosuch'"
