# image import, ls, rm, prune; a docker-archive and an OCI layout of one image are one image.
make_common_images
expect_exit 0 boxcar image ls
expect_out 'test/make' 'test/append'
skopeo copy -q "oci:$(dirname "$(grep -l test/make "$TMPDIR"/layout.*/index.json)")" docker-archive:make.tar:test/other:1.0
expect_exit 0 boxcar image import docker-archive:make.tar
expect_exit 0 boxcar image ls
expect_out 'test/other:1.0'
expect_exit 0 boxcar chain --json test/make
expect_exit 0 boxcar chain --json test/other:1.0
expect_json '[.steps[].status] == ["cached"]'

expect_exit 0 boxcar image rm test/append
expect_exit 0 boxcar image ls
expect_not_in "$SCENARIO/out" 'test/append'
before=$(du -s "$XDG_DATA_HOME" | cut -f1)
expect_exit 0 boxcar image rm test/make
expect_exit 0 boxcar image rm test/other:1.0
expect_exit 0 boxcar image prune
[ "$(du -s "$XDG_DATA_HOME" | cut -f1)" -lt $((before / 2)) ] || fail "layers left: $(du "$XDG_DATA_HOME")"
expect_exit 2 boxcar image rm test/make
expect_exit 2 boxcar image import docker-archive:missing.tar
