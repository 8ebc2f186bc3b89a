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
expect_out '^removed the name docker.io/test/append:latest$' '^removed the image [0-9a-f]{12}, freed [0-9.]+ (B|KiB)$'
expect_exit 0 boxcar image ls
expect_not_in "$SCENARIO/out" 'test/append'
before=$(du -s "$XDG_DATA_HOME" | cut -f1)
expect_exit 0 boxcar image rm test/make
expect_out 'its image stays: it has another name, docker.io/test/other:1.0'
expect_exit 0 boxcar image rm test/other:1.0
expect_out '^removed the image [0-9a-f]{12}, freed [0-9.]+ MiB$'
make_common_images
make_kliko_image test/make true </dev/null # another of the same name: the first has none now
expect_exit 0 boxcar image prune --dry-run
expect_out '^would remove the image [0-9a-f]{12}, which has no name$' '^would free [0-9.]+ B$'
expect_exit 0 boxcar image prune
expect_out '^removed the image [0-9a-f]{12}, which has no name$' '^freed [0-9.]+ B$'
boxcar image rm test/make test/append
[ "$(du -s "$XDG_DATA_HOME" | cut -f1)" -lt $((before / 2)) ] || fail "layers left: $(du "$XDG_DATA_HOME")"
expect_exit 2 boxcar image rm test/make
expect_exit 2 boxcar image import docker-archive:missing.tar
# What a command is called elsewhere is suggested; the help names them all.
for pair in list:ls lits:ls remove:rm load:import save:push prnue:prune; do
  expect_exit 2 boxcar image ${pair%:*}
  expect_err "there is no command 'image ${pair%:*}' \(did you mean '${pair#*:}'\?\)$"
done
boxcar image --help | sed -nE 's/^Usage: boxcar image ([a-z|]+) .*/\1/p' >commands
[ -s commands ] && boxcar --help | grep -q "^  image .*: $(sed 's/|/, /g' commands)$" || fail "$(boxcar --help)"
