# Two boxcars that pull one image at once pull it once; who waits says so, and an interrupt ends the wait.
. "$SOURCE/tests/registry_lib.sh"
start_registry
start_proxy
big_image layout 3000000 2000000
push layout test/once:1
echo slow 1500000 >proxy.mode
image=$proxy/test/once:1
boxcar image pull $image >one.out 2>one.err &
one=$!
wait_until grep -q 'fetching docker://' one.err
boxcar tool --output out $image >two.out 2>two.err &
two=$!
wait_until grep -q "^waiting for another boxcar that fetches docker://$image" two.err
boxcar image pull $image >three.out 2>three.err &
three=$!
wait_until grep -q "^waiting for another boxcar" three.err
kill -TERM $three
wait $three && fail "it went on" || [ $? = 130 ] || fail "$(cat three.err)"
wait $one || fail "$(cat one.err)"
wait $two || fail "$(cat two.err)"
expect_text out/text made
for layer in 0 1 2 3; do
  [ "$(gets "blobs/sha256:$(layer_of test/once:1 $layer)")" = 1 ] || fail "layer $layer came $(gets "$(layer_of test/once:1 $layer)") times"
done
[ -z "$(ls "$XDG_DATA_HOME/boxcar/images/tmp" "$XDG_DATA_HOME/boxcar/images/partial" | grep -v :)" ] || fail "something is left"
