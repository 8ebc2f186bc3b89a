#!/bin/sh
# Writes the copyright files of the Debian packages whose code the program contains: third-party.sh FILE.gz
set -eu
for package in libssl-dev libyaml-dev libre2-dev libsqlite3-dev libarchive-dev zlib1g-dev libzstd-dev libfmt-dev libexpected-dev \
  nlohmann-json3-dev rapidjson-dev libcli11-dev libstdc++-12-dev libc6-dev; do
  file=/usr/share/doc/$package/copyright
  [ -e "$file" ] || { echo "third-party.sh: no $file" >&2; continue; }
  printf '%s\n== %s\n\n' '' "$package"
  cat "$file"
done | gzip -9n >"$1"
