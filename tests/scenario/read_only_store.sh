# A store that can't be written: what is in it counts and is copied out of it; what is not fails with a sentence and code 3.
make_common_images
expect_exit 0 boxcar chain --store "$PWD/store" test/make
mount --bind store store
trap 'umount -l store 2>/dev/null || true' EXIT
mount -o remount,bind,ro store
expect_exit 0 boxcar chain --json --store "$PWD/store" test/make
expect_json '.steps["1-make"].status == "cached"'
expect_text "$(json '.steps["1-make"].result')/output/text" hello
expect_exit 0 boxcar tool --json --store "$PWD/store" --output out test/make
expect_text out/text hello
expect_exit 3 boxcar chain --json --store "$PWD/store" "test/make --text other"
expect_json '.status == "failed"'
expect_err 'store/.*Read-only file system'
mount -o remount,bind,rw store
expect_exit 0 boxcar chain --store "$PWD/store" "test/make --text other"
umount store
