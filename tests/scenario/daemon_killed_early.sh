# Killed while it asks the daemon whether that sees the store: the next run removes the file that it had put there.
. "$SOURCE/tests/fault_lib.sh"
make_common_images
temporary=$(ls -A "$TMPDIR")
printf 'steps:\n  a: {image: test/make}\n' >boxcar.yml
boxcar run boxcar.yml --store "$PWD/store" >/dev/null 2>&1 &
runner=$!
mark() { compgen -G "store/work/*.seen.*" >/dev/null; }
until mark; do [ -e /proc/$runner ] || fail "no file was put there"; done
kill -KILL $runner
wait $runner || true
mark || fail "it was removed before the kill"
expect_exit 0 boxcar run boxcar.yml --store "$PWD/store"
no_leftovers
nothing_left store
