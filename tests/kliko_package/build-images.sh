#!/bin/sh
# Builds two images with Kliko's Python package in them, as the OCI layout build/kliko-package/images. As root; from nothing
# in a minute, and not again until a recipe changes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/build/kliko-package
mkdir -p "$out/base"
exec 9>"$out/lock"
flock 9
recipes=$(cd "$here" && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1)
[ "$(cat "$out/images.built" 2>/dev/null)" != "$recipes" ] || exit 0

# Storage of its own; and the machine's certificates for the time of the build, so that pip trusts whom the machine trusts.
storage="--root $out/buildah/storage --runroot $out/buildah/run --storage-driver overlay"
build() {
  buildah $storage build --isolation chroot --layers --timestamp 0 \
    --volume /etc/ssl/certs/ca-certificates.crt:/mnt/certificates:ro --tag "$1" "$2" >"$out/build.log" 2>&1 9>&- ||
    { tail -20 "$out/build.log" >&2; exit 1; }
}
"$root/scripts/debian-tar.sh"
cp --reflink=auto "$root/build/debian.tar" "$here/Dockerfile" "$out/base/"
build test/kliko-package "$out/base"
rm -rf "$out/images"
for io in split join; do
  build "test/kliko-$io" "$here/$io"
  buildah $storage push --quiet "localhost/test/kliko-$io" "oci:$out/images:test/kliko-$io" >/dev/null
done
echo "$recipes" >"$out/images.built"
