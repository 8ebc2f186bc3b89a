# Which engine: the option wins over the variable, that over the configuration, and auto takes what works and says why.
make_common_images
unset BOXCAR_ENGINE
engine=$BOXCAR_TEST_ENGINE
export XDG_CONFIG_HOME=$PWD/config
mkdir -p config/boxcar
used() { expect_exit 0 boxcar runs --json; json '.[0].engine'; }
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
# Without a runtime there is no embedded engine.
without_runtimes() {
  unshare --mount sh -c 'for name in crun runc; do mount --bind /dev/null "$(command -v $name)"; done; exec "$@"' sh "$@"
}
expect_exit 0 without_runtimes boxcar tool test/make --text c
expect_err "engine: $engine .the embedded engine cannot be used: .*install crun or runc"
unset DOCKER_HOST CONTAINER_HOST
mkdir nothing && ln -s "$BOXCAR" /bin/sh "$(command -v mount)" "$(command -v unshare)" nothing/
nowhere() { PATH=$PWD/nothing XDG_RUNTIME_DIR= without_runtimes boxcar tool test/make --text c; }
without_runtimes() { unshare --mount sh -c 'mount --bind /dev/null /usr/sbin/runc; exec "$@"' sh "$@"; }
expect_exit 3 nowhere
expect_err 'there is no engine to run containers' 'embedded: .*crun or runc' 'docker: no Docker answers' 'podman: podman is not installed'
