#!/usr/bin/env bash
# Makes the disk of tests/vm.sh: vm_disk.sh DIR [SUITE [MIRROR]], where disk, kernel and initrd are then. As root; about four minutes.
# A Debian as it is installed, with what the tests need (scripts/install-deps.sh) and a service that runs tests/vm_inside.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$1
mkdir -p "$out"
work=$(mktemp -d "$out/making.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT

cat >"$work/tests.service" <<'UNIT'
[Unit]
After=multi-user.target
SuccessAction=poweroff-force
FailureAction=poweroff-force

[Service]
Type=oneshot
ExecStart=bash -c 'stty -F /dev/ttyS1 raw && exec >/dev/ttyS1 && tar -C / -xPf /dev/vdb && exec bash /source/tests/vm_inside.sh $(cat /parts)'
StandardError=journal+console
UNIT

packages=linux-image-amd64,systemd-sysv,dbus,dbus-user-session,libpam-systemd,login,udev,kmod,initramfs-tools,apparmor,iproute2
mmdebstrap --quiet --mode=root --variant=apt --include=$packages \
  --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Check-Date "false"' \
  --customize-hook="copy-in $here/../scripts/install-deps.sh $work/tests.service /root" \
  --customize-hook='chroot "$1" sh -euc "
    sh /root/install-deps.sh build run test
    mv /root/tests.service /etc/systemd/system/
    systemctl add-wants graphical.target tests.service
    systemctl mask docker.service docker.socket containerd.service docker-registry.service podman.socket
    echo debian >/etc/hostname
    echo 127.0.0.1 localhost debian >/etc/hosts
    apt-get clean"' \
  bookworm "$work/tree" >"$out/log" 2>&1 || { tail -20 "$out/log"; exit 1; }
cp "$work"/tree/boot/vmlinuz-* "$work/kernel"
cp "$work"/tree/boot/initrd.img-* "$work/initrd"
mke2fs -q -t ext4 -d "$work/tree" "$work/disk" 16G >>"$out/log" 2>&1 || { tail -20 "$out/log"; exit 1; }
mv "$work/kernel" "$work/initrd" "$work/disk" "$out"
