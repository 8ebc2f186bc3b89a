# A join step renames, deletes, chmods and replaces whole directories of its predecessor's result: of a view of it.
make_kliko_image test/tree 'cd /output; mkdir -p a/b gone same; echo 1 >a/b/one; echo 2 >gone/two; echo 3 >same/three; ln -s a/b/one link
chmod 640 same/three; head -c 100000 /dev/zero >big' <<<'{schema_version: 4, io: split}'
make_kliko_image test/havoc 'cd /work; mv a renamed; rm -r gone; mkdir gone; echo new >gone/two; chmod 777 same/three; echo 4 >>same/three
rm link; ln -s renamed/b/one link; truncate -s 5 big' <<<'{schema_version: 4, io: join}'
snapshot() { (cd "$1" && find . -printf '%p %y %m %s %T@ %l\n' | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum); }

expect_exit 0 boxcar chain --json test/tree
tree=$(json '.steps["1-tree"].result')/output
before=$(snapshot "$tree")
expect_exit 0 boxcar chain --json test/tree test/havoc
expect_json '.steps["1-tree"].status == "cached"'
havoc=$(json '.steps["2-havoc"].result')/output
[ "$(snapshot "$tree")" = "$before" ] || { snapshot "$tree"; fail "the predecessor's result was changed"; }
expect_text "$havoc/renamed/b/one" 1
expect_text "$havoc/gone/two" new
expect_text "$havoc/same/three" $'3\n4'
expect_text "$havoc/link" 1
[ ! -e "$havoc/a" ] && [ "$(stat -c %s "$havoc/big")" = 5 ] || fail "$(ls -R "$havoc")"
