# Of an image for several platforms every engine runs this machine's; where that is not among them it is said for which the image is.
. "$SOURCE/tests/registry_lib.sh"
[ "${BOXCAR_TEST_ENGINE:-}" != docker ] || export DOCKER_HOST=$DAEMON_HOST
start_registry
mine=amd64 other=arm64
[ "$(uname -m)" != aarch64 ] || mine=arm64 other=amd64
for machine in $mine $other; do
  mkdir $machine.root
  echo '{schema_version: 4, io: split}' >$machine.root/kliko.yml
  printf '#!/bin/sh\necho %s >/output/machine\n' $machine >$machine.root/kliko
  chmod 755 $machine.root/kliko
  "$SOURCE/tests/make_image.sh" $machine x:1 $machine.root base="$(busybox_layer)" architecture=$machine
done
push_index test/both:1 $other=$other $mine=$mine
push_index test/other:1 $other=$other

expect_exit 0 boxcar tool --output out $registry/test/both:1
expect_text out/machine $mine
if [ -n "${DAEMON:-}" ]; then
  [ "$(ask_daemon GET "/images/$registry/test/both:1/json" | jq -r .Architecture)" = $mine ] || fail "the daemon has another"
else
  expect_exit 0 boxcar image ls --json
  expect_json ".[0].platform == \"linux/$mine\""
fi
expect_exit 2 boxcar tool $registry/test/other:1
expect_err "the registry: it is not for this machine, linux/$mine$"
expect_exit 2 boxcar inspect $registry/test/other:1
expect_err "the registry: it is not for this machine, linux/$mine, but for linux/$other$"

# One that is for another machine alone may be emulated; where its program is not, the step says what is wrong with it.
cp /bin/busybox $other.root/kliko
case $mine in amd64) printf '\267' ;; *) printf '\076' ;; esac | dd of=$other.root/kliko bs=1 seek=18 conv=notrunc status=none # e_machine
"$SOURCE/tests/make_image.sh" lone x:1 $other.root architecture=$other
push lone test/lone:1
code=0
boxcar tool $registry/test/lone:1 2>err || code=$?
[ $code != 0 ] || fail "it ran"
expect_in err '[eE]xec format error'
