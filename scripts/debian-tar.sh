#!/bin/sh
# Makes the tree of a minimal Debian 12, unless it is there; images are built on it with no registry:
#   debian-tar.sh                    build/debian.tar
#   debian-tar.sh NAME PACKAGE…      build/debian-NAME.tar, with these packages too
# As root. Needs debootstrap.
set -eu
build=$(cd "$(dirname "$0")/.." && pwd)/build
name=debian${1:+-$1}
[ $# = 0 ] || shift
include=$(echo "$*" | tr ' ' ,)
mkdir -p "$build"
exec 9>"$build/$name.lock"
flock 9
[ ! -e "$build/$name.tar" ] || exit 0

echo "debootstrap: a minimal Debian 12${*:+ with $*} (once, about 25 s)" >&2
tree=$(mktemp -d "$build/$name.XXXXXX")
trap 'rm -rf "$tree"' EXIT
debootstrap --variant=minbase ${include:+--include="$include"} bookworm "$tree" >"$build/debootstrap-$name.log" 2>&1 ||
  { tail -5 "$build/debootstrap-$name.log" >&2; exit 1; }
chmod 755 "$tree"
tar -C "$tree" --numeric-owner --sort=name --exclude='./dev/*' --exclude='./var/cache/apt/*' \
  --exclude='./var/lib/apt/lists/*' -cf "$build/$name.tar.new" .
mv "$build/$name.tar.new" "$build/$name.tar"
