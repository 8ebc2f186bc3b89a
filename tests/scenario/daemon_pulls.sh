# What a daemon lacks comes from a registry as it does for the embedded engine: a pull that breaks, by the way, by silence or by a kill, is
# taken up again with what came whole; two that want one image fetch it once; there is no image until all of it is there.
. "$SOURCE/tests/registry_lib.sh"
[ "$BOXCAR_TEST_ENGINE" != docker ] || export DOCKER_HOST=$DAEMON_HOST
broken_pulls
known() { ask_daemon GET "/images/json" | jq -r '.[].RepoTags[]?'; }
nothing_there() { ! known | grep test/broken || fail "half an image"; }
came() { [ -s "$(echo "$images"/partial/*/blobs/sha256/$small)" ] && [ -n "$(find "$images"/partial -size +1900k)" ]; }
take_up() {
  nothing_there
  rm proxy.mode
  : >registry.log
  expect_exit 0 boxcar tool --output out $image
  expect_text out/text made
  known | grep -qx "$image" || fail "called otherwise: $(known)"
  [ "$(gets "blobs/sha256:$small")" = 0 ] || fail "the small layer came again"
  [ "$(gets "blobs/sha256:$big")" = 1 ] || fail "the big layer came $(gets "$big") times"
  [ -z "$(ls "$images/partial" "$images/tmp" | grep -v :)" ] || fail "left: $(find "$images/partial" "$images/tmp")"
  ask_daemon DELETE "/images/$image?force=1" >/dev/null
  remove out .kliko
}
echo stall 2000000 >proxy.mode
set -m
boxcar tool $image 2>err &
set +m
wait_until came
kill -9 $!
wait $! || true
take_up

# The registry is killed, and is there again some time later.
echo stall 2000000 >proxy.mode
boxcar tool $image 2>err &
pid=$!
wait_until came
stop_registry
kill -9 "${started[1]}" # the proxy, which would keep silent
wait $pid && fail "it went on" || [ $? = 3 ] || fail "$(cat err)"
start_registry
start_proxy $(echo "$proxy" | cut -d: -f2)
take_up

echo cut 2000000 >proxy.mode
expect_exit 3 boxcar tool $image
expect_err 'trying again$' 'the registry: .*(unexpected EOF|Digest did not match)'
take_up

echo stall 2000000 >proxy.mode
BOXCAR_PULL_TIMEOUT=6 expect_exit 3 boxcar tool $image
expect_err "^waiting for docker://$image: nothing came for 5 s$" 'the registry: nothing came for 6 s'
take_up

echo slow 1500000 >proxy.mode
: >registry.log
boxcar tool --output one $image >one.out 2>one.err &
one=$!
wait_until grep -q 'fetching docker://' one.err
expect_exit 0 boxcar tool --store other --output two $image
expect_err "^waiting for another boxcar that fetches docker://$image"
wait $one || fail "$(cat one.err)"
[ "$(gets "blobs/sha256:$big")" = 1 ] || fail "the big layer came $(gets "$big") times"
remove other
