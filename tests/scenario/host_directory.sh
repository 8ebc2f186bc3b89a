# A directory of the host as input: symlinks within hold, and the key follows the content.
make_kliko_image test/list 'cd /input; for f in *; do echo "$f $(cat "$f")"; done >/output/list' <<<'{schema_version: 4, io: split}'
mkdir data; echo 1 >data/a; ln -s a data/b
expect_exit 0 boxcar tool --json test/list --input data --output out
expect_text out/list $'a 1\nb 1'
expect_exit 0 boxcar tool --json test/list --input data --output out
expect_json '[.steps[].status] == ["cached"]'
echo 2 >data/a
expect_exit 0 boxcar tool --json test/list --input data --output out
expect_json '[.steps[].status] == ["succeeded"]'
expect_text out/list $'a 2\nb 2'
