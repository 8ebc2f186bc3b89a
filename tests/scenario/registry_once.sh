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

# With --pull always too, however often a call looks at it: for its tool, for its run, for several tools of one image.
cat >boxcar.yml <<WF
steps:
  own: {image: $image}
  other: {image: $image, tool: {command: [/kliko], outputs: {output: {kind: directory, path: /output}}}}
WF
requests() { # COMMAND…: how often it asked the registry for the image
  : >registry.log
  expect_exit 0 "$@"
  grep -c '"GET [^ ]*/manifests/' registry.log
}
rm -f proxy.mode
once=$(requests boxcar image pull $image)
for call in "tool" "tool --dry-run" "chain"; do
  [ "$(requests boxcar $call --pull always --rerun "$([ "$call" != chain ] && echo once || echo 1-once)" $image)" = "$once" ] || fail "$call: $(cat registry.log)"
done
[ "$(requests boxcar run --pull always)" = "$once" ] || fail "run: $(cat registry.log)"
: >registry.log
run=$(boxcar tool --detach --pull always $image 2>/dev/null)
wait_until bash -c "boxcar status $run | grep -q succeeded"
[ "$(grep -c '"GET [^ ]*/manifests/' registry.log)" = "$once" ] || fail "detached: $(cat registry.log)"
[ -z "$(ls "$XDG_DATA_HOME/boxcar/images/tmp" "$XDG_DATA_HOME/boxcar/images/partial" | grep -v :)" ] || fail "something is left"
