# The disk is full while an image comes from a registry, or while its layers are unpacked: said so, nothing half is used, and with room
# the pull succeeds.
. "$SOURCE/tests/registry_lib.sh"
start_registry
big_image layout 3000000 3000000
push layout test/big:1
image=$registry/test/big:1
images=disk/boxcar/images
mkdir disk
mount -t tmpfs -o size=2m boxcar-test disk
trap 'kill -9 "${started[@]}" 2>/dev/null || true; umount -l disk 2>/dev/null || true' EXIT
export XDG_DATA_HOME=$PWD/disk
no_room() {
  expect_exit 3 boxcar image pull $image
  expect_err "$image" 'o space left on device'
  expect_exit 0 boxcar image ls --json
  expect_json '. == []'
  expect_exit 2 boxcar tool --pull never $image
  [ -z "$(ls $images/layers $images/tmp $images/partial | grep -v :)" ] || fail "left: $(find $images)"
}
no_room # for the second layer
mount -o remount,size=10m disk
no_room # to unpack them
mount -o remount,size=64m disk
expect_exit 0 boxcar tool --output out $image
expect_text out/text made
[ -z "$(ls $images/tmp $images/partial | grep -v :)" ] || fail "left: $(find $images)"
umount disk
