#!/usr/bin/env bash
# Builds the packages, has them checked by lintian, and tries them on a clean Debian: tests/on_clean_debian.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "${BUILD:-$here/../build}")
BUILD=$build "$here/../scripts/package.sh"
lintian --allow-root --fail-on error,warning,info,pedantic "$build"/packages/*.deb

# The README says which C library it needs.
newest=$(objdump -T "$build/boxcar" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -1)
grep -q "glibc ${newest#GLIBC_} or later" "$here/../README.md" || { echo "it needs $newest"; exit 1; }

"$here/../scripts/debian-tar.sh"
work=$(mktemp -d "$build/package.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
mkdir "$work/tree" "$work/image"
tar -C "$work/tree" -xpf "$here/../build/debian.tar"

# An image, since there is no registry: a static busybox and a program that reads and writes.
mkdir -p "$work/image/bin"
cp /bin/busybox "$work/image/bin/sh"
printf 'schema_version: 4\nio: split\nsections: [{name: s, description: d, fields: [{name: text, type: str, initial: hello}]}]\n' \
  >"$work/image/kliko.yml"
printf '#!/bin/sh\ncat /parameters.json >/output/text\n' >"$work/image/kliko"
ln -s sh "$work/image/bin/cat"
chmod 755 "$work/image/kliko"
mkdir "$work/tree/test"
"$here/make_image.sh" "$work/tree/test/layout" test/make "$work/image"
cp "$here/on_clean_debian.sh" "$build"/packages/*.deb "$build"/packages/*.tar.gz "$work/tree/test/"

# As this machine reaches Debian's mirror; what is fetched is kept for the next time.
cp -L /etc/resolv.conf "$work/tree/etc/resolv.conf"
apt-config dump --format '%F "%v";%n' Acquire | grep -E '::(Proxy|Check-|https?::)' >"$work/tree/etc/apt/apt.conf.d/99host" || true
mkdir -p "$build/apt-archives/partial" "$work/tree/var/cache/apt/archives"

# A machine of its own: mounts, processes, a root that is not a chroot (in which no user namespace can be made).
unshare --mount --pid --fork --kill-child --propagation private bash -euc '
  cd "$1"
  mount --bind . . && cd "$1"
  mount -t proc proc proc
  mount --rbind /sys sys
  mount --rbind /dev dev
  mount -t tmpfs tmpfs run
  mount -t tmpfs tmpfs tmp
  mount --bind "$2" var/cache/apt/archives
  mkdir -p mnt/old && pivot_root . mnt/old && umount -l /mnt/old
  cd /test
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 bash -eu on_clean_debian.sh
' bash "$work/tree" "$build/apt-archives"
