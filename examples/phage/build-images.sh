#!/bin/sh
# Builds the five images of this example, with no daemon and no registry, as one OCI layout:
#   build-images.sh [OUTPUT]        default ../../build/phage
# As root. Needs debootstrap and buildah. What is built already is not built again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../build/phage}
mkdir -p "$out"
out=$(cd "$out" && pwd)
# Storage of its own, so that the caller's images are neither seen nor touched.
buildah() { command buildah --root "$out/buildah/storage" --runroot "$out/buildah/run" --storage-driver overlay "$@"; }

recipes=$(cd "$here/images" && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1)
if [ "$(cat "$out/images.built" 2>/dev/null)" = "$recipes" ]; then
  exit 0
fi

"$here/../../scripts/debian-tar.sh"
mkdir -p "$out/base"
cp --reflink=auto "$here/../../build/debian.tar" "$out/base/"
layout=$(mktemp -d "$out/layout.XXXXXX")
for image in base index align sort call report; do
  context=$here/images/$image
  if [ $image = base ]; then
    cp "$context/Dockerfile" "$out/base/"
    context=$out/base
  fi
  echo "building phage/$image" >&2
  # A fixed time, so that the same recipe over the same base gives the same layers.
  buildah build --isolation chroot --layers --timestamp 0 --tag "phage/$image" "$context" >"$out/build-$image.log" 2>&1 ||
    { tail -5 "$out/build-$image.log" >&2; exit 1; }
  [ $image = base ] || buildah push --quiet "localhost/phage/$image" "oci:$layout:phage/$image" >/dev/null
done
rm -rf "$out/images"
mv "$layout" "$out/images"
chmod 755 "$out/images"
echo "$recipes" >"$out/images.built"
