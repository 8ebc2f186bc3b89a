#!/bin/sh
# The project's figures, each beside its peer in the same run: bench/run.sh [launch|daemons|graph|scheduler|hash|startup]…
# All of them by default. docs/bench.md says how each is taken. As root; what it needs it keeps in $BUILD/bench (build/bench).
set -eu
cd "$(dirname "$0")/.."
scripts/install-deps.sh build bench >&2
export BUILD="$(realpath -m "${BUILD:-build}")"
[ -e "$BUILD/build.ninja" ] || cmake -S . -B "$BUILD" -G Ninja >/dev/null
ninja -C "$BUILD" boxcar bench >"$BUILD/bench-build.log" || { tail -30 "$BUILD/bench-build.log" >&2; exit 1; }
# Where cgroups v1 and v2 are mounted side by side, crun refuses to start unless v2 is out of sight.
exec unshare --mount sh -c 'umount /sys/fs/cgroup/unified 2>/dev/null; exec python3 -B bench/figures.py "$@"' figures "$@"
