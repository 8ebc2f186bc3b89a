# A full disk, of the store, of the images or where the output goes: said so, exit code 3, nothing half-made; with room it works. Where the record
# has no room, the run goes on without one.
small_disk() { # DIRECTORY SIZE
  mkdir -p "$1"
  mount -t tmpfs -o "size=$2" boxcar-test "$1"
  trap 'umount -l disk output images state 2>/dev/null || true' EXIT
}
give_room() { mount -o remount,size=64m "$1"; }
fill() { cat /dev/zero >"$1/fill" 2>/dev/null || true; }
make_common_images

# The container uses up what there is, and is content; its result can't be kept.
make_kliko_image test/fill 'head -c 8000000 /dev/zero >/output/zeros || true; echo done' <<<'{schema_version: 4, io: split}'
small_disk disk 4m
expect_exit 3 boxcar tool --json --store disk/store test/fill
expect_json '.status == "failed"' '.steps.fill.status == "failed"' '.steps.fill.result == null'
expect_err 'No space left on device'
[ -z "$(find disk -name manifest.json)$(ls -A disk/store/work)" ] || fail "left: $(find disk)"
# Nor can a log that has no room: a result has all of it. The file goes before the end, so that there is room for all else.
make_kliko_image test/loud 'echo small >/output/text; head -c 3000000 /dev/zero >/output/big; yes a line of the log | head -n 60000; rm /output/big' \
  <<<'{schema_version: 4, io: split}'
expect_exit 3 boxcar tool --json --store disk/store test/loud
expect_err 'writing .*log.jsonl.*No space left on device'
[ -z "$(find disk -name manifest.json)" ] || fail "left: $(find disk)"
rm -r disk/store/runs
fill disk
expect_exit 3 boxcar tool --store disk/store test/make # nor can one begin
expect_err 'No space left on device'
rm disk/fill
give_room disk
expect_exit 0 boxcar tool --json --store disk/store test/fill
[ "$(stat -c %s "$(json .steps.fill.result)/output/zeros")" = 8000000 ] || fail "not all of it"

# Nor may the place be full where its result is copied to; the result is kept.
small_disk output 4m
expect_exit 3 boxcar tool --json test/fill --output output/here
expect_err 'output/here.*No space left on device'
expect_json '.steps.fill.status == "succeeded"' '.steps.fill.result != null'
[ -z "$(find output -type f)" ] || fail "left: $(find output -type f)"
give_room output
expect_exit 0 boxcar tool --json test/fill --output output/here
expect_json '.steps.fill.status == "cached"'
[ "$(stat -c %s output/here/zeros)" = 8000000 ] || fail "not all of it"

# An image that does not fit.
layout=$(dirname "$(grep -l test/make "$TMPDIR"/layout.*/index.json)")
small_disk images 1m
export XDG_DATA_HOME=$PWD/images
expect_exit 3 boxcar image import "oci:$layout"
expect_err 'No space left on device'
expect_exit 0 boxcar image ls --json
expect_json '. == []'
[ -z "$(ls -A images/boxcar/images/layers images/boxcar/images/tmp | grep -v :)" ] || fail "left: $(find images)"
give_room images
expect_exit 0 boxcar image import "oci:$layout"
expect_exit 0 boxcar tool test/make --text another

small_disk state 1m
export XDG_STATE_HOME=$PWD/state
fill state
expect_exit 0 boxcar tool test/make --text third
expect_err 'this run is not recorded: .*(disk is full|No space left)'
rm state/fill
expect_exit 0 boxcar tool test/make --text third
expect_exit 0 boxcar status
expect_out 'make  cached'
fill state # of a record that there is
expect_exit 0 boxcar tool test/make --text fourth
expect_err 'this run is not fully recorded: .*(disk is full|No space left)'
umount disk output images state
