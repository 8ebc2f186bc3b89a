#!/bin/sh
# Builds what is missing, and in build/packages/ the Debian packages boxcar and libboxcar-dev and a tarball of the program:
#   BUILD=DIR scripts/package.sh      build/ by default
set -eu
cd "$(dirname "$0")/.."
build=$(realpath -m "${BUILD:-build}")
scripts/install-deps.sh build package
[ -e "$build/build.ninja" ] || cmake -S . -B "$build" -G Ninja >/dev/null
ninja -C "$build" -j "$(nproc)" boxcar libboxcar man third_party boxcar_changelog libboxcar-dev_changelog >"$build/package.log" ||
  { tail -30 "$build/package.log"; exit 1; }
rm -rf "$build/packages"
for generator in DEB TGZ; do
  (cd "$build" && cpack -G $generator) >>"$build/package.log" 2>&1 || { tail -30 "$build/package.log"; exit 1; }
done
rm -rf "$build/packages/_CPack_Packages"
ls -1 "$build/packages"
