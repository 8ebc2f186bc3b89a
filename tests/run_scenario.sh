#!/usr/bin/env bash
# Runs one behaviour's script against the built program, in a fresh directory with a HOME of its own:
#   BOXCAR=build/boxcar tests/run_scenario.sh tests/scenario/chain.sh
# Quiet when it holds; prints everything when it doesn't. KEEP=1 keeps the directory. BOXCAR_TEST_USER=boxcar-subids runs
# it as an ordinary user with subordinate ids, boxcar-plain as one without any; they are made where they are missing.
# BOXCAR_TEST_ENGINE=docker runs it on a Docker of its own, podman on a Podman, which with BOXCAR_TEST_ROOTLESS=1
# the user runs himself.
set -u
here=$(cd "$(dirname "$0")" && pwd)

# As the user, in the scenario's directory.
if [ "$1" = --inside ]; then
  script=$2
  cd "$SCENARIO" && mkdir home bin tmp work && cd work || exit 1
  export HOME=$SCENARIO/home TMPDIR=$SCENARIO/tmp PATH=$SCENARIO/bin:$PATH
  export XDG_DATA_HOME=$HOME/data XDG_STATE_HOME=$HOME/state XDG_CACHE_HOME=$HOME/cache XDG_CONFIG_HOME=$HOME/config
  unset XDG_RUNTIME_DIR BOXCAR_STORE BOXCAR_ENGINE
  [ -z "${BOXCAR_TEST_ENGINE:-}" ] || export BOXCAR_ENGINE=$BOXCAR_TEST_ENGINE
  # Of the two ordinary users one has a session, with a directory that goes with it.
  case $(id -un) in boxcar-subids) export XDG_RUNTIME_DIR=$SCENARIO/run && mkdir -m 700 "$XDG_RUNTIME_DIR" ;; esac
  for name in boxcar kliko-run kliko-validate task-api; do ln -s "$BOXCAR" "$SCENARIO/bin/$name"; done
  set -euo pipefail
  trap 'echo "$(basename "${BASH_SOURCE[0]}"):$LINENO: $BASH_COMMAND" >&2' ERR
  set -E
  . "$here/scenario_lib.sh"
  . "$script"
  no_leftovers
  exit
fi

user=${BOXCAR_TEST_USER:-}
make_user() {
  id "$user" >/dev/null 2>&1 && return
  local ranges=
  [ "$user" = boxcar-plain ] || ranges=--add-subids-for-system
  useradd --system $ranges --no-create-home --home-dir /nonexistent --shell /bin/bash "$user"
}
if [ -n "$user" ]; then
  (flock 9 && make_user) 9>/var/lock/boxcar-test-users || exit 1
fi

script=$(realpath "$1")
build=$(realpath "${BOXCAR_BUILD:-$here/../build}")
BOXCAR=$(realpath "${BOXCAR:-$build/boxcar}")
SOURCE=$(dirname "$here")
# What lies where the user may not go is mounted where he may, in a mount namespace that ends with this script.
if [ -n "$user" ] && ! runuser -u "$user" -- test -x "$BOXCAR" -a -r "$script"; then
  [ -n "${BOXCAR_TEST_REACHED:-}" ] || BOXCAR_TEST_REACHED=1 exec unshare --mount "$0" "$script"
  mount -t tmpfs -o mode=755 none /mnt && mkdir /mnt/source /mnt/build &&
    mount --bind "$SOURCE" /mnt/source && mount --bind "$build" /mnt/build || exit 1
  script=/mnt/source/${script#"$SOURCE"/} BOXCAR=/mnt/build/${BOXCAR#"$build"/} here=/mnt/source/tests
  SOURCE=/mnt/source build=/mnt/build
fi

name=$(basename "$script" .sh)
if [ -n "$user" ]; then
  SCENARIO=$(mktemp -d "/var/tmp/boxcar-$name.XXXXXX") && chown "$user:" "$SCENARIO"
else
  mkdir -p "$build/scenario"
  SCENARIO=$(mktemp -d "$build/scenario/$name.XXXXXX")
fi
export BOXCAR BOXCAR_BUILD=$build SCENARIO SOURCE

# The daemon's own files lie in a place with a short name (tests/start_daemon.sh).
engine=${BOXCAR_TEST_ENGINE:-}
if [ -n "$engine" ]; then
  export DAEMON=$(mktemp -d "/tmp/bd.XXXXXX")
  chmod 755 "$DAEMON"
  . "$here/daemon_lib.sh"
  [ -z "${BOXCAR_TEST_ROOTLESS:-}" ] || export DAEMON_USER=$user
  start_daemon || { cat "$DAEMON/log"; rm -rf "$DAEMON"; exit 1; }
  [ -z "$user" ] || chmod 666 "$DAEMON/$engine.sock" # as members of the group docker may use it
fi

as_user=()
[ -z "$user" ] || as_user=(runuser -u "$user" --)
: >"$SCENARIO/log"
"${as_user[@]}" bash "$here/run_scenario.sh" --inside "$script" >"$SCENARIO/log" 2>&1 </dev/null
status=$?
[ $status = 0 ] || { echo "--- $name${user:+ as $user}${engine:+ on $engine} failed:"; tail -c 20000 "$SCENARIO/log"; }
if [ -n "$engine" ]; then
  [ $status = 0 ] || { echo "--- the daemon's last words:"; tail -n 5 "$DAEMON/log"; }
  stop_daemon
  rm -rf "$DAEMON"
fi
if [ -n "${KEEP:-}" ]; then
  echo "kept: $SCENARIO"
else
  chmod -R u+w "$SCENARIO" 2>/dev/null
  rm -rf "$SCENARIO"
fi
exit $status
