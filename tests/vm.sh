#!/usr/bin/env bash
# Boots a Debian in a virtual machine and runs tests/vm_inside.sh there: what this machine may not have, since it is a container or of
# another kind: cgroups of version 2 and nothing else, sessions of users to whom they are delegated, AppArmor.
#   tests/vm.sh [PART…]        BUILD=build        As root. /dev/kvm makes it ten times faster.
# It has no network. Its disk is made once, in build/vm, and never altered: what is written goes with the machine.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source=$(dirname "$here")
build=$(realpath "${BUILD:-$source/build}")
"$source/scripts/install-deps.sh" vm

# What the disk is made of is in its name.
disk=$build/vm/$(cat "$here/vm_disk.sh" "$source/scripts/install-deps.sh" | sha256sum | cut -c1-12)
[ -e "$disk/disk" ] || {
  rm -rf "$build/vm"
  echo "making the disk of a Debian (once, about four minutes)" >&2
  "$here/vm_disk.sh" "$disk"
}
BUILD=$build "$source/scripts/package.sh" >/dev/null

work=$(mktemp -d "$build/vm/run.XXXXXX")
qemu=
trap '[ -z "$qemu" ] || { kill "$qemu" && wait "$qemu"; } 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

# Sources and programs are one more disk, which is a tar archive. They lie where they lie here, since CTest's files say so.
ln -s "$source" "$work/source"
ln -s "$build" "$work/build"
echo "${*:-}" >"$work/parts"
"$here/vm_images.sh" "$work/layout"
find "$source" \( -path "$source/build" -o -path "$build" -o -name .git \) -prune -o ! -type d -print >"$work/list"
find "$build" \( -name CMakeFiles -o -path "$build/vm" -o -path "$build/scenario" -o -path "$build/apt-archives" -o -path "$build/?san" \) -prune -o \
  ! -type d ! -name '*.o' ! -name 'libboxcar_*.a' ! -name '*.tar' ! -name '.ninja*' -print >>"$work/list"
tar -cPf "$work/tests.tar" --no-recursion -T "$work/list" -C "$work" source build parts --recursion layout

# A KVM that does without the processor's help boots kernels made for it alone.
accel=(-accel tcg,tb-size=1024 -cpu Nehalem)
! grep -qE '^flags.* (vmx|svm)' /proc/cpuinfo || [ ! -w /dev/kvm ] || accel=(-accel kvm -cpu host)
TMPDIR=$work timeout -k 10 "${VM_SECONDS:-7200}" qemu-system-x86_64 -machine q35 "${accel[@]}" -smp 2 -m 4G \
  -nodefaults -no-reboot -display none -serial "file:$work/console" -serial "file:$work/verdicts" -device virtio-rng-pci \
  -kernel "$disk/kernel" -initrd "$disk/initrd" -append "root=/dev/vda rw console=ttyS0 no_timer_check mitigations=off quiet ${VM_APPEND:-}" \
  -drive "file=$disk/disk,format=raw,if=virtio,snapshot=on,cache=unsafe" -drive "file=$work/tests.tar,format=raw,if=virtio,readonly=on" &
qemu=$!
touch "$work/verdicts"
tail -f -n +1 --pid="$qemu" "$work/verdicts" &
wait "$qemu" || true
wait
qemu=
# Without the last line it came to no end.
[ "$(tail -n 1 "$work/verdicts")" = "all is well in the virtual machine" ] || { tail -n 30 "$work/console"; exit 1; }
