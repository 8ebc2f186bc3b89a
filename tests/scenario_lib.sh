# What the scripts in tests/scenario share. Sourced by tests/run_scenario.sh, with `set -eu` and in an empty directory.

[ "$(id -un)" != boxcar-plain ] || one_id=1  # containers have one id only

[ -z "${DAEMON:-}" ] || . "$SOURCE/tests/daemon_lib.sh"

# make_kliko_image NAME [SCRIPT [OPTION…]] <<spec: an image of busybox with that /kliko.yml, and SCRIPT as its /kliko, imported.
# Without SCRIPT there is no /kliko; with an empty spec no /kliko.yml. Options as tests/make_image.sh takes them.
make_kliko_image() {
  local root=$SCENARIO/tmp/root.$RANDOM$RANDOM
  mkdir "$root"
  cat >"$root/kliko.yml"
  [ -s "$root/kliko.yml" ] || rm "$root/kliko.yml"
  if [ $# -gt 1 ]; then
    printf '#!/bin/sh\nset -eu\n%s\n' "$2" >"$root/kliko"
    chmod 755 "$root/kliko"
  fi
  make_image "$1" "$root" "${@:3}"
}

# make_image NAME ROOT [OPTION…]: an image of busybox with ROOT on top, imported. Options as tests/make_image.sh takes them.
make_image() {
  local name=$1 root=$2 layout=$SCENARIO/tmp/layout.$RANDOM$RANDOM
  shift 2
  "$SOURCE/tests/make_image.sh" "$layout" "$name" "$root" base="$(busybox_layer)" "$@"
  if [ -n "${DAEMON:-}" ]; then
    skopeo --insecure-policy copy --quiet --dest-daemon-host "$DAEMON_HOST" "oci:$layout" "docker-daemon:$(tagged "$name")"
  else
    boxcar image import "oci:$layout" >/dev/null
  fi
}

# make_kaapana_image NAME [OPTION…] <<document: an image of busybox with that /processing-container.json, imported. Options as
# tests/make_image.sh takes them.
make_kaapana_image() {
  local root=$SCENARIO/tmp/root.$RANDOM$RANDOM
  mkdir "$root"
  cat >"$root/processing-container.json"
  make_image "$1" "$root" "${@:2}"
}

# build_image NAME FOLDER: from the Dockerfile there, on a Debian with Python instead of what it builds on; with Docker where that is the
# engine, else with buildah. As root.
build_image() {
  local name=$1 folder=$2 base
  "$SOURCE/scripts/debian-tar.sh" python python3
  if [ -n "${DAEMON:-}" ]; then
    [ -e "$SCENARIO/tmp/base" ] || docker import "$SOURCE/build/debian-python.tar" test/python >"$SCENARIO/tmp/base"
    DOCKER_BUILDKIT=0 docker build --quiet --tag "$name" --build-arg BASE=test/python "$folder" >/dev/null
    return
  fi
  local buildah="buildah --root $SCENARIO/tmp/graph --runroot $SCENARIO/tmp/graph-run --storage-driver overlay"
  if [ ! -e "$SCENARIO/tmp/base" ]; then
    base=$($buildah from scratch)
    $buildah add --quiet "$base" "$SOURCE/build/debian-python.tar" / >/dev/null
    $buildah commit --quiet "$base" test/python >"$SCENARIO/tmp/base"
  fi
  $buildah build --quiet --isolation chroot --tag "$name" --build-arg BASE=localhost/test/python "$folder" >/dev/null
  rm -f "$SCENARIO/tmp/built.tar"
  $buildah push --quiet "localhost/$name" "docker-archive:$SCENARIO/tmp/built.tar:$(tagged "$name")"
  boxcar image import "docker-archive:$SCENARIO/tmp/built.tar" >/dev/null
}

tagged() { case $1 in *:*) echo "$1" ;; *) echo "$1:latest" ;; esac; }

busybox_layer() {
  local root=$SCENARIO/tmp/busybox
  if [ ! -e "$root.tar" ]; then
    mkdir -p "$root"/{bin,etc,tmp,root,proc,sys,dev}
    cp /bin/busybox "$root/bin/"
    for applet in $(/bin/busybox --list); do [ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"; done
    chmod 1777 "$root/tmp"
    printf 'root:x:0:0::/root:/bin/sh\nuser:x:1234:1234::/tmp:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\nuser:x:1234:\n' >"$root/etc/group"
    tar -C "$root" --owner=0 --group=0 --numeric-owner -cf "$root.tar" .
  fi
  echo "$root.tar"
}

# Two tools that most scripts need: test/make writes a text, test/append appends a line in /output to what it read.
make_common_images() {
  make_kliko_image test/make 'echo "$(sed -E "s/.*\"text\": ?\"([^\"]*)\".*/\1/" /parameters.json)" >/output/text' <<'SPEC'
schema_version: 4
io: split
sections: [{name: s, description: d, fields: [{name: text, type: str, initial: hello}]}]
SPEC
  make_kliko_image test/append \
    '{ cat /input/text; echo "$(sed -E "s/.*\"line\": ?\"([^\"]*)\".*/\1/" /parameters.json)"; } >/output/text' <<'SPEC'
schema_version: 4
io: split
sections: [{name: s, description: d, fields: [{name: line, type: str, required: true}]}]
SPEC
}

# make_confinement_image NAME [OPTION…]: its /kliko is tests/confinement_probe.cc.
make_confinement_image() {
  local name=$1 root=$SCENARIO/tmp/root.$RANDOM$RANDOM
  shift
  mkdir "$root"
  [ -e "$SCENARIO/tmp/probe" ] || c++ -std=c++20 -static -o "$SCENARIO/tmp/probe" "$SOURCE/tests/confinement_probe.cc"
  cp "$SCENARIO/tmp/probe" "$root/kliko"
  echo '{schema_version: 4, io: split}' >"$root/kliko.yml"
  make_image "$name" "$root" env=OF_IMAGE=1 "$@"
}

# confined IMAGE [OPTION…]: runs it on a directory, with boxcar's options (--engine …); each of its verdicts must be good.
confined() {
  local image=$1
  shift
  mkdir -p given
  echo data >given/file
  HOST_VARIABLE=1 expect_exit 0 boxcar tool --json "$@" --input given "$image"
  local output
  output=$(json '.steps[].result')/output
  if grep -v '^ok' "$output/verdicts" | grep -v '^done$'; then fail "not confined"; fi
  tail -n 1 "$output/verdicts" | grep -qx 'done' || fail "the probe came to no end"
  local added=
  [ "${BOXCAR_TEST_ENGINE:-}" != podman ] || added='HOSTNAME=boxcar\n' # there is no way to keep it from that
  expect_text "$output/environment" "$(printf 'HOME=/root\n'"$added"'OF_IMAGE=1\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')"
}

# without_runtimes COMMAND…: where crun and runc are nothing that can be run. As root.
without_runtimes() {
  unshare --mount sh -c 'for name in crun runc; do mount --bind /dev/null "$(command -v $name)"; done; exec "$@"' sh "$@"
}

# forbidden COMMAND…: in a namespace in which no further one may be made, and without the right to administer it.
forbidden() {
  unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all --inh-caps=-all "$@"' sh "$@"
}

# build_program <<source: build/program, made with the library as cmake --install lays it down in prefix.
build_program() {
  cmake --install "$BOXCAR_BUILD" --prefix "$PWD/prefix" >/dev/null
  mkdir program
  cat >program/program.cc
  cat >program/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.20)
project(program LANGUAGES CXX)
find_package(boxcar 0.1 REQUIRED)
add_executable(program program.cc)
target_link_libraries(program PRIVATE boxcar::boxcar)
CMAKE
  cmake -S program -B build -DCMAKE_PREFIX_PATH="$PWD/prefix" >/dev/null
  cmake --build build >/dev/null
}

fail() {
  echo "FAILED: $*"
  exit 1
}

# expect_exit CODE COMMAND…: its stdout is in $SCENARIO/out then, its stderr in $SCENARIO/err.
expect_exit() {
  local expected=$1 code=0
  shift
  "$@" >"$SCENARIO/out" 2>"$SCENARIO/err" || code=$?
  [ "$code" = "$expected" ] || {
    printf -- '--- stdout\n'; head -c 5000 "$SCENARIO/out"; printf -- '--- stderr\n'; head -c 10000 "$SCENARIO/err"
    fail "exit code $code instead of $expected: $*"
  }
}

# expect_out / expect_err REGEX…: each is found in what the last expect_exit's command said there.
expect_out() { expect_in "$SCENARIO/out" "$@"; }
expect_err() { expect_in "$SCENARIO/err" "$@"; }
expect_in() {
  local file=$1 regex
  shift
  for regex in "$@"; do
    grep -Eq -- "$regex" "$file" || { head -c 5000 "$file"; fail "not in $file: $regex"; }
  done
}
expect_not_in() {
  if grep -Eq -- "$2" "$1"; then head -c 5000 "$1"; fail "in $1: $2"; fi
}

# expect_text FILE TEXT: that is all of it.
expect_text() {
  [ "$(cat "$1")" = "$2" ] || fail "$1 holds '$(head -c 1000 "$1")' instead of '$2'"
}

# expect_json FILTER…: each is true of the JSON object that the last expect_exit's command printed.
expect_json() {
  local filter
  for filter in "$@"; do
    jq -e "$filter" "$SCENARIO/out" >/dev/null || { cat "$SCENARIO/out"; fail "not so: $filter"; }
  done
}
json() { jq -r "$1" "$SCENARIO/out"; }

# wait_until COMMAND…: for at most ten seconds.
wait_until() {
  local i
  for ((i = 0; i < 200; i++)); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.05
  done
  fail "waited in vain: $*"
}

# remove PATH…: also results, whose directories are read-only; only root may overlook that.
remove() {
  local path
  for path; do [ ! -e "$path" ] || chmod -R u+w "$path"; done
  rm -rf "$@"
}

# no_leftovers [EXCEPT]: of this script's runs there is no container, process, mount, cgroup or file left, or none in a moment.
no_leftovers() {
  local i found
  for ((i = 0; i < 100; i++)); do
    found=$(leftovers | { grep -Ev "${1:-^$}" || true; })
    [ -n "$found" ] || return 0
    sleep 0.05
  done
  fail "left: $found"
}
leftovers() {
  local run pid
  [ -z "${DAEMON:-}" ] || described_containers
  grep -F "$SCENARIO" /proc/self/mounts || true
  # A container's mounts lead to this directory, and those that a daemon of another test copied when it began; boxcar and its runtime have
  # its name in their environment.
  for pid in $({ grep -lF "$(basename "$SCENARIO")" /proc/[0-9]*/mountinfo || true; } 2>/dev/null | cut -d/ -f3); do
    case $(readlink "/proc/$pid/exe" || true) in */podman | */dockerd | */containerd* | */conmon) continue ;; esac
    echo "process $pid: $(tr '\0' ' ' </proc/$pid/cmdline)"
  done
  for pid in $({ grep -lzF "SCENARIO=$SCENARIO" /proc/[0-9]*/environ || true; } 2>/dev/null | cut -d/ -f3); do
    case $(readlink "/proc/$pid/exe" || true) in "$BOXCAR" | */runc | */crun) echo "process $pid: $(tr '\0' ' ' </proc/$pid/cmdline)" ;; esac
  done
  for run in $(find "$SCENARIO" -maxdepth 6 -type d -path '*/runs/20*' -prune -printf '%f\n'); do
    find /sys/fs/cgroup -maxdepth 6 -type d -name "*$run*" 2>/dev/null || true
    find /run /tmp/boxcar-* "$SCENARIO/run" -maxdepth 3 -name "*$run*" 2>/dev/null || true
  done
}
