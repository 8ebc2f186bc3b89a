# An image that is nowhere: said with its full name and where it was looked for, before anything starts.
make_common_images
cat >boxcar.yml <<'FLOW'
workflow: missing
steps:
  a: {image: test/make}
  b: {image: test/nowhere, inputs: {input: a/output}}
  c: {image: "Not/A:valid:name"}
FLOW
expect_exit 2 boxcar run --pull never --json boxcar.yml
expect_json '[.findings[].line] == [4, 5]' '.findings[0].message | contains("test/nowhere")'
[ ! -e .boxcar ] || [ -z "$(find .boxcar -name manifest.json)" ] || fail "something ran"
expect_exit 2 boxcar tool --pull never test/nowhere
expect_err "there is no image docker.io/test/nowhere:latest in the local store.*'boxcar image pull'"
# Each place that was asked stands on a line of its own, and after them what to do.
DOCKER_HOST=unix://$PWD/no-docker.sock expect_exit 3 boxcar tool 127.0.0.1:1/test/nowhere
expect_err '^boxcar: there is no image 127.0.0.1:1/test/nowhere:latest$' '^  the local store: not there$' '^  Docker: no Docker answers at' \
  '^  Podman: not (there|installed)$' '^  the registry: 127.0.0.1:1 could not be reached: connection refused$' '^  check its name.* boxcar image import'
# In a finding, which is one line, they stand in brackets.
printf 'workflow: missing\nsteps:\n  a: {image: "127.0.0.1:1/test/nowhere"}\n' >boxcar.yml
DOCKER_HOST=unix://$PWD/no-docker.sock expect_exit 3 boxcar run boxcar.yml
expect_err '^boxcar.yml:3:.* there is no image 127.0.0.1:1/test/nowhere:latest \(the local store: not there; Docker: .*; check its name.*\)$'
