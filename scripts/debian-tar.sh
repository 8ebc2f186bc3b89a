#!/bin/sh
# Makes build/debian.tar, the tree of a minimal Debian 12, unless it is there; images are built on it with no registry.
# As root. Needs debootstrap.
set -eu
build=$(cd "$(dirname "$0")/.." && pwd)/build
mkdir -p "$build"
exec 9>"$build/debian.lock"
flock 9
[ ! -e "$build/debian.tar" ] || exit 0

echo "debootstrap: a minimal Debian 12 (once, about 25 s)" >&2
tree=$(mktemp -d "$build/debian.XXXXXX")
trap 'rm -rf "$tree"' EXIT
debootstrap --variant=minbase bookworm "$tree" >"$build/debootstrap.log" 2>&1 || { tail -5 "$build/debootstrap.log" >&2; exit 1; }
chmod 755 "$tree"
tar -C "$tree" --numeric-owner --sort=name --exclude='./dev/*' --exclude='./var/cache/apt/*' \
  --exclude='./var/lib/apt/lists/*' -cf "$build/debian.tar.new" .
mv "$build/debian.tar.new" "$build/debian.tar"
