# doctor says of every engine whether it works here, and of what is missing how to get it: as root and as a user.
expect_exit 0 boxcar doctor
expect_out '^embedded$' '^  ok +namespaces' '^  ok +kernel +Linux .*openat2' '^  ok +overlayfs' \
  '^  ok +runtime +(crun|runc) [0-9.+a-z]+ runs a container$' '^  ok +skopeo +skopeo version' '^  ok +libcurl +libcurl [0-9]' \
  '^  ok +store +.*/work/\.boxcar: .* free on ' '^Containers can be run by: .*embedded'
# Podman is not started for an ordinary user: it would leave a process behind, that of his namespace.
[ "$(id -u)" = 0 ] || [ -z "$(find "$HOME" "${XDG_RUNTIME_DIR:-$HOME}" \( -name pause.pid -o -path "$HOME/*/containers" \))" ] ||
  fail "Podman was here: $(find "$HOME")"
case $(id -un) in
  root) expect_out '^  (ok|missing) +daemon +podman version [0-9.]+ answers.* (and runs a|but runs no) container' ;;
  *) expect_out '^  warning +daemon +podman version .* nobody listens' 'systemctl --user enable --now podman.socket' ;;
esac
case $(id -un) in
  root) expect_out '^  ok +namespaces +a mount namespace' ;;
  boxcar-subids) expect_out "namespaces +a user and a mount namespace of boxcar-subids's own" '^  ok +ids +subordinate ids' ;;
  boxcar-plain) expect_out '^  warning +ids .* no range in /etc/subuid is' '^ +(→|->) as root: usermod --add-subuids .* boxcar-plain' ;;
esac
[ -z "$(ls -A)" ] && [ ! -e "$XDG_STATE_HOME/boxcar" ] || fail "it leaves $(ls -A . "$XDG_STATE_HOME")"

expect_exit 0 boxcar doctor --json
expect_json '.engines.embedded' '.version | test("^[0-9]")' ".user == \"$(id -un)\"" \
  '[.checks[] | select(.part == "embedded" and .name == "runtime")][0].status == "ok"' \
  'all(.checks[]; .status == "ok" or .status == "warning" or .status == "missing")'

# The runtime that is asked for, tried for real.
BOXCAR_RUNTIME=runc expect_exit 0 boxcar doctor
expect_out 'ok +runtime +runc .* runs a container'
printf '#!/bin/sh\n[ "$1" != --version ] || { echo "crun version 0.1"; exit; }\nexit 1\n' >broken && chmod +x broken
BOXCAR_RUNTIME=$PWD/broken expect_exit 3 env DOCKER_HOST=unix:///none CONTAINER_HOST=unix:///none "$BOXCAR" doctor
expect_out 'missing +runtime +crun 0.1 does not run a container' '^No engine can run containers here'

# With nothing installed, and nobody listening: 3, and a remedy for each.
BOXCAR_RUNTIME=none DOCKER_HOST=unix:///none/docker.sock CONTAINER_HOST=unix:///none/podman.sock \
  expect_exit 3 env PATH=/none "$BOXCAR" doctor
expect_out "missing +runtime .*'none' is not installed" 'BOXCAR_RUNTIME names it: unset it' \
  'missing +daemon +no Docker answers at /none/docker.sock' 'DOCKER_HOST is .unix:///none/docker.sock.: start' \
  'CONTAINER_HOST is' 'warning +skopeo +skopeo is not installed' 'apt install skopeo' '^No engine'
BOXCAR_RUNTIME=none DOCKER_HOST=unix:///none CONTAINER_HOST=unix:///none expect_exit 3 env PATH=/none "$BOXCAR" doctor --json
expect_json '[.engines[]] == [false, false, false]' \
  '[.checks[] | select(.part != "disk" and .status == "missing") | .remedy != ""] | all'

if [ "$(id -un)" = boxcar-subids ]; then
  BOXCAR_RUNTIME=$(command -v crun) expect_exit 0 env PATH=/none "$BOXCAR" doctor
  expect_out 'warning +ids .*newuidmap is not installed$' '(→|->) Debian, Ubuntu: apt install uidmap$'
fi

# What is chosen must be there, and what is written for boxcar be right.
BOXCAR_ENGINE=docker expect_exit 3 env DOCKER_HOST=unix:///none/docker.sock "$BOXCAR" doctor
expect_out "missing +engine +BOXCAR_ENGINE asks for docker, which can't run containers here" '^Containers can be run by: embedded'
BOXCAR_ENGINE=dokcer expect_exit 3 boxcar doctor
expect_out "missing +engine +BOXCAR_ENGINE is 'dokcer', which is none of .*did you mean 'docker'"
mkdir -p "$XDG_CONFIG_HOME/boxcar"
echo 'engin: docker' >"$XDG_CONFIG_HOME/boxcar/config.yml"
expect_exit 3 boxcar doctor
expect_out "missing +config.yml +.*config.yml:1:1: .*'engin' .did you mean 'engine'"
rm -r "$XDG_CONFIG_HOME/boxcar"

# A place that can't be used; user namespaces that are forbidden, as an ordinary user has them.
expect_exit 3 env DOCKER_HOST=unix:///none CONTAINER_HOST=unix:///none "$BOXCAR" doctor --store /proc/none
expect_out "missing +store +/proc/none can't be used: " 'a store elsewhere'
expect_exit 3 forbidden env DOCKER_HOST=unix:///none CONTAINER_HOST=unix:///none "$BOXCAR" doctor
expect_out 'missing +namespaces .*forbids user namespaces' 'as root: sysctl -w user.max_user_namespaces='
# Root does not feel that, and is told that the others do.
if [ "$(id -u)" = 0 ]; then
  unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$BOXCAR" doctor' >"$SCENARIO/out" || true
  expect_out '^  ok +namespaces +a ' '^  warning +users +this machine forbids user namespaces$' '^ +(→|->) as root: sysctl -w user.max_user_namespaces='
fi
