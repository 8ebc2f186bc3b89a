# A pull that breaks is taken up again: what came whole is not fetched again, and there is no image until all of it is here.
. "$SOURCE/tests/registry_lib.sh"
broken_pulls
begin() { # a pull that has got the small layers, and hangs in the big one
  echo stall 2000000 >proxy.mode
  : >registry.log
  set -m
  boxcar image pull $image 2>err &
  set +m
  pid=$!
  wait_until came
}
came() { [ -s "$(echo "$images"/partial/*/blobs/sha256/$small)" ] && [ -n "$(find "$images"/partial -size +1900k)" ]; }
take_up() { # with all that came before
  ! boxcar tool --pull never $image 2>/dev/null || fail "half an image was used"
  expect_exit 0 boxcar image ls --json
  expect_json '. == []'
  rm proxy.mode
  : >registry.log
  expect_exit 0 boxcar tool --output out $image
  expect_text out/text made
  [ "$(gets "blobs/sha256:$small")" = 0 ] || fail "the small layer came again"
  [ "$(gets "blobs/sha256:$big")" = 1 ] || fail "the big layer came $(gets "$big") times"
  [ -z "$(ls "$images/partial" "$images/tmp" | grep -v :)" ] || fail "left: $(find "$images/partial")"
  boxcar image rm $image >/dev/null
  rm -r out
}
begin
skopeo=$(pgrep -P $pid -x skopeo)
kill -9 $pid
wait $pid || true
wait_until test ! -e /proc/$skopeo # it ends too, and disturbs nobody
take_up
begin
kill -INT $pid
wait $pid || [ $? = 130 ] || fail "$(cat err)"
take_up

# The way breaks: tried again a few times, and what came whole helps.
echo cut 2000000 >proxy.mode
: >registry.log
expect_exit 3 boxcar image pull $image
expect_err "trying again$" 'the registry: .*(unexpected EOF|Digest did not match)'
take_up

# The registry is killed, and is there again some time later.
begin
stop_registry
kill -9 "${started[1]}" # the proxy, which would keep silent
wait $pid && fail "it went on" || [ $? = 3 ] || fail "$(cat err)"
grep -qE 'the registry: .*(EOF|refused|reset)' err || fail "$(cat err)"
start_registry
start_proxy $(echo "$proxy" | cut -d: -f2)
take_up

# Somebody thinks better of it: prune removes what came.
begin
kill -9 $pid
wait $pid || true
boxcar image prune --dry-run | grep -E '^would free [0-9.]+ MiB' || fail "$(boxcar image prune --dry-run)"
expect_exit 0 boxcar image prune
expect_out '^freed [0-9.]+ MiB$'
[ -z "$(ls "$images/partial")" ] || fail "left: $(find "$images/partial")"

# So does time.
begin
kill -9 $pid
wait $pid || true
touch -d '-8 days' "$images"/partial/*
expect_exit 0 boxcar image import oci:layout
[ -z "$(ls "$images/partial")" ] || fail "left: $(find "$images/partial")"
