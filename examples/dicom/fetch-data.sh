#!/bin/sh
# Puts the example's data into ./data, or the folder that is named: two real images, a CT and an MR, from Debian's package python3-pydicom.
set -eu
cd "$(dirname "$0")"
data=${1:-data}
[ ! -e "$data/MR_small.dcm" ] || exit 0

unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
chmod 755 "$unpacked"
download() { apt-get -qq -o APT::Sandbox::User=root download python3-pydicom; }
(cd "$unpacked" && { download 2>/dev/null || { apt-get -qq update && download; }; } && dpkg-deb -x ./*.deb .)
mkdir -p "$data"
for image in CT_small MR_small; do
  cp "$unpacked/usr/lib/python3/dist-packages/pydicom/data/test_files/$image.dcm" "$data/$image.new"
  mv "$data/$image.new" "$data/$image.dcm"
done
