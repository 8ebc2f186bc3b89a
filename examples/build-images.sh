#!/bin/sh
# Builds the images of an example from EXAMPLE/images/IMAGE, with no daemon and no registry, as one OCI layout, OUTPUT/images:
#   build-images.sh EXAMPLE OUTPUT DEBIAN IMAGE…     DEBIAN: the arguments of scripts/debian-tar.sh, as one
# `base`, which the others build on, has that tree beside its Dockerfile; it is in the layout where it is named.
# As root. Needs debootstrap and buildah. What is built already is not built again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
example=$1 out=$2 debian=$3
shift 3
mkdir -p "$out"
out=$(cd "$out" && pwd)
# Storage of its own, so that the caller's images are neither seen nor touched.
buildah() { command buildah --root "$out/buildah/storage" --runroot "$out/buildah/run" --storage-driver overlay "$@"; }

exec 9>"$out/lock"
flock 9
recipes=$(cd "$here/$example/images" && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1)
if [ "$(cat "$out/images.built" 2>/dev/null)" = "$recipes" ]; then
  exit 0
fi

# build IMAGE CONTEXT, with a fixed time, so that the same recipe over the same base gives the same layers.
build() {
  echo "building $example/$1" >&2
  buildah build --isolation chroot --layers --timestamp 0 --tag "$example/$1" "$2" >"$out/build-$1.log" 2>&1 ||
    { tail -5 "$out/build-$1.log" >&2; exit 1; }
}

"$here/../scripts/debian-tar.sh" $debian
mkdir -p "$out/base"
cp --reflink=auto "$here/../build/debian${debian:+-${debian%% *}}.tar" "$here/$example/images/base/Dockerfile" "$out/base/"
build base "$out/base"
layout=$(mktemp -d "$out/layout.XXXXXX")
for image; do
  [ "$image" = base ] || build "$image" "$here/$example/images/$image"
  buildah push --quiet "localhost/$example/$image" "oci:$layout:$example/$image" >/dev/null
done
rm -rf "$out/images"
mv "$layout" "$out/images"
chmod 755 "$out/images"
echo "$recipes" >"$out/images.built"
