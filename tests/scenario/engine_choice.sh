# Which engine: the option wins over the variable, that over the configuration, and auto takes what works and says why.
make_common_images
unset BOXCAR_ENGINE
engine=$BOXCAR_TEST_ENGINE
export XDG_CONFIG_HOME=$PWD/config
mkdir -p config/boxcar
run() { expect_exit 0 boxcar tool "$@" test/make --text "$RANDOM$RANDOM"; }

run --engine "$engine"
expect_exit 0 env BOXCAR_ENGINE=$engine boxcar tool test/make --text a
echo "engine: $engine" >config/boxcar/config.yml
run
# By the configuration the daemon has the image; the embedded engine's store has not, and does not ask.
expect_exit 2 env BOXCAR_ENGINE=embedded boxcar tool --pull never test/make --text b
expect_err 'in the local store'
expect_exit 2 boxcar tool --engine embedded --pull never test/make --text b
expect_exit 0 env BOXCAR_ENGINE=embedded boxcar tool --engine "$engine" test/make --text b

rm config/boxcar/config.yml
# What auto took, and why, is kept with the run; it is said at once where that is asked for, or is not the usual.
boxcar image import "oci:$(dirname "$(grep -l test/make "$TMPDIR"/layout.*/index.json)")" >/dev/null
expect_exit 0 boxcar tool --dry-run test/make
expect_err '^engine: embedded \(it works here, and needs no daemon\)$'
run
expect_not_in "$SCENARIO/err" 'engine:'
expect_exit 0 boxcar status
expect_out '^engine: embedded \(it works here, and needs no daemon\)$'
run --engine "$engine"
expect_exit 0 boxcar status
expect_out "^engine: $engine$"
# Without a runtime, or where user namespaces are forbidden, there is no embedded engine.
expect_exit 0 without_runtimes boxcar tool test/make --text c
expect_err "^engine: $engine .the embedded engine cannot be used: .*install crun or runc"
expect_exit 0 boxcar runs --json
expect_json ".[0].engine == \"$engine\"" '.[0].engine_why | test("cannot be used: there is no container runtime")'
expect_exit 0 forbidden boxcar tool test/make --text d
expect_err "^engine: $engine .the embedded engine cannot be used: .*this machine forbids user namespaces"
if [ "$engine" = podman ]; then # and why it is not Docker
  python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$DAEMON/closed.sock"
  chown nobody "$DAEMON/closed.sock" && chmod 600 "$DAEMON/closed.sock"
  DOCKER_HOST=unix://$DAEMON/closed.sock expect_exit 0 forbidden boxcar tool test/make --text e
  expect_err "^engine: podman .the embedded engine .*; nor docker: $DAEMON/closed.sock is Docker's, but not open to this user"
  DOCKER_HOST=unix://$DAEMON/none.sock expect_exit 0 without_runtimes boxcar tool test/make --text f
  expect_err "^engine: podman .the embedded engine .*; nor docker: no Docker answers at $DAEMON/none.sock"
fi
unset DOCKER_HOST CONTAINER_HOST
mkdir nothing
nowhere() { without_runtimes env PATH="$PWD/nothing" XDG_RUNTIME_DIR= "$BOXCAR" tool test/make --text c; }
expect_exit 3 nowhere
expect_err 'there is no engine to run containers' 'embedded: .*crun or runc' 'docker: no Docker answers' 'podman: podman is not installed'
