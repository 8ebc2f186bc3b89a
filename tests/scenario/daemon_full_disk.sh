# A daemon whose disk is full, while an image is given to it, a container is made, or files are sent to it; and a disk of this machine that
# is full when outputs come back: each is said for what it is, not tried again, and exit code 3. With room it works.
disk_of_daemon() { nsenter --mount --target "$(cat "$DAEMON/daemon.pid")" -- "$@"; }
fill() { disk_of_daemon sh -c "cat /dev/zero >$DAEMON/data/fill" 2>/dev/null || true; }
give_room() { disk_of_daemon rm -f "$DAEMON/data/fill"; }
no_space() { grep -Eiq 'no space left on device|the disk is full' "$SCENARIO/out" "$SCENARIO/err" || fail "not said: $(cat "$SCENARIO/out" "$SCENARIO/err")"; }
once() { # the step was not tried again
  no_space
  expect_json '.status == "failed"' '.steps[].attempts == 1'
}
stop_daemon
DISK=48m start_daemon
make_kliko_image test/reads 'cat /input/* | wc -c >/output/size; head -c "$(cat /input/wanted)" /dev/zero >/output/zeros' \
  <<<'{schema_version: 4, io: split}'
mkdir input && echo 1000 >input/wanted
run() { expect_exit "$1" boxcar tool --json "${@:2}" --input input test/reads; }
run 0 # the helper's image is there now
echo 1001 >input/wanted
fill
run 3
no_space
give_room
run 0
head -c 60000000 /dev/urandom >large
mkdir -p root && mv large root/
BOXCAR_ENGINE=embedded DAEMON='' make_image test/large root
expect_exit 3 boxcar tool --json test/large
no_space

# Its disk, while files are sent there; then this machine's.
stop_daemon
rm -rf "$DAEMON/data"
HIDDEN=$SCENARIO DISK=48m start_daemon
make_kliko_image test/reads 'head -c "$(cat /input/wanted)" /dev/zero >/output/zeros' <<<'{schema_version: 4, io: split}'
mv root/large input/
run 3
once
disk_of_daemon mount -o remount,size=128m "$DAEMON/data" # Podman can't remove anything before
rm input/large
mkdir disk
mount -t tmpfs -o size=6m boxcar-test disk
trap 'umount -l disk 2>/dev/null || true' EXIT
echo 8000000 >input/wanted
run 3 --store disk/store
once
expect_err 'fetching /output from .*tar: zeros: '
[ -z "$(find disk -name manifest.json)" ] || fail "left: $(find disk)"
mount -o remount,size=64m disk
run 0 --store disk/store
[ "$(stat -c %s "$(json '.steps[].result')/output/zeros")" = 8000000 ] || fail "not all of it"
umount disk
stop_daemon
start_daemon
