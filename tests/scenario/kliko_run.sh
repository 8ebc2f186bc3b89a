# kliko-run, as scripts written for it call it: results in ./output, or where --output says; the container's own exit code.
make_common_images
make_kliko_image test/exit 'exit 7' <<<'{schema_version: 4, io: split}'
expect_exit 0 kliko-run test/make --text one
expect_text output/text one
expect_exit 0 kliko-run test/append --line two --input output --output relative/below
expect_text relative/below/text $'one\ntwo'
expect_exit 0 kliko-run test/append --line three --input "$PWD/relative/below" --output "$PWD/absolute"
expect_text absolute/text $'one\ntwo\nthree'
expect_exit 7 kliko-run test/exit
expect_exit 7 boxcar tool test/exit
expect_exit 2 kliko-run test/append --line x --input missing
expect_err 'missing'

# What else lies in the user's directory stays; inputs are never written.
mkdir kept && echo mine >kept/foreign && echo old >kept/text
expect_exit 0 kliko-run test/make --text new --output kept
expect_text kept/foreign mine
expect_text kept/text new
[ "$(stat -c %u kept/text)" = "$(id -u)" ] && [ -w kept/text ] || fail "the user's files are the user's"
