# A registry that is down, slow, silent, too busy, broken or wrong: each is said, nothing is kept, and boxcar does not wait forever.
. "$SOURCE/tests/registry_lib.sh"
start_registry
start_proxy
big_image layout 3000000
push layout test/a:1
image=$proxy/test/a:1
images=$XDG_DATA_HOME/boxcar/images
nothing_kept() {
  expect_exit 0 boxcar image ls --json
  expect_json '. == []'
  [ -z "$(ls "$images/layers" "$images/tmp" | grep -v :)" ] || fail "kept: $(find "$images" -maxdepth 3)"
}
fails_with() { # REGEX…
  expect_exit 3 boxcar image pull $image
  expect_err "$@"
  nothing_kept
}

expect_exit 2 boxcar image pull $proxy/test/nowhere
expect_err 'the registry: not there'
expect_exit 2 boxcar inspect $proxy/test/a:2
expect_err 'the registry: not there'

echo status 500 100 >proxy.mode
fails_with 'the registry: .*500 .?Internal Server Error'
echo status 503 100 >proxy.mode
fails_with 'the registry: .*503 .?Service Unavailable'
expect_exit 3 boxcar inspect $image
expect_err 'the registry: .*503 .?Service Unavailable'

# Too many requests: as long as it says so a few times are tried, which is told.
echo status 429 100 >proxy.mode
fails_with "^docker://$image: the registry has too many requests, trying again in 1 s$" 'the registry: .*too many requests to registry'
echo status 429 2 >proxy.mode
expect_exit 0 boxcar image pull $image
boxcar image rm $image >/dev/null

# Silence: what boxcar waits for is told, and after some time it gives up; what came whole may be of use later.
echo stall 1500000 >proxy.mode
export BOXCAR_PULL_TIMEOUT=6
fails_with "^waiting for docker://$image: nothing came for 5 s$" 'trying again' 'the registry: nothing came for 6 s'
kill -STOP $registry_pid
fails_with "waiting for docker://$image" 'the registry: nothing came for 6 s'
kill -CONT $registry_pid
# Slow is not silent.
echo slow 400000 >proxy.mode
expect_exit 0 boxcar image pull $image
expect_err "^docker://$image: [0-9.]+ .iB came so far$"
boxcar image rm $image >/dev/null
rm proxy.mode

# Wrong bytes, of a layer, of the configuration; and a layer that is gone.
damage() { # BLOB
  cp "$(blob_file $1)" good
  printf damaged | dd of="$(blob_file $1)" bs=1 seek=40 conv=notrunc status=none
}
repair() { cat good >"$(blob_file $1)"; }
big=$(layer_of test/a:1 1) config=$(manifest test/a:1 | jq -r .config.digest | cut -d: -f2)
damage $big
fails_with "the registry: it gave wrong bytes: .*$big"
[ -z "$(ls "$images/partial")" ] || fail "kept: $(find "$images/partial")"
expect_exit 3 boxcar tool $image
repair $big
damage $config
fails_with "the registry: it gave wrong bytes: .*$config"
repair $config
mv "$(blob_file $big)" gone
fails_with "the registry: .*$big.*404"
expect_exit 0 boxcar inspect $image # which is content with what is there
mv gone "$(blob_file $big)"
boxcar image prune >/dev/null
stop_registry
fails_with 'the registry: .*(refused|EOF|reset)'
expect_exit 3 boxcar inspect $registry/test/a:1
expect_err 'the registry: .*connection refused'
