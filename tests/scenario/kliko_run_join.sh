# A join container works on /work. What it was given stays as it was; the result goes to --work after success.
make_kliko_image test/double 'cd /work; cat text text >new; rm text; mv new text; mv folder moved' <<<'{schema_version: 4, io: join}'
make_kliko_image test/fail 'echo half >/work/text; exit 3' <<<'{schema_version: 4, io: join}'
mkdir -p data/folder
echo a >data/text; echo b >data/folder/file
before=$(cd data && find . -printf '%p %m %T@ ' | sort)
expect_exit 0 boxcar tool test/double --input data --output doubled
expect_text doubled/text $'a\na'
expect_text doubled/moved/file b
[ "$(cd data && find . -printf '%p %m %T@ ' | sort)" = "$before" ] || fail "the input was changed"

expect_exit 3 kliko-run test/fail --work data
expect_text data/text a
expect_exit 0 kliko-run test/double --work data
expect_text data/text $'a\na'
expect_text data/moved/file b
