# A registry that is down, broken or wrong: each is said, and nothing is kept.
. "$SOURCE/tests/registry_lib.sh"
faulty_registry

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
expect_err "the registry: $registry could not be reached: connection refused$"
expect_exit 3 boxcar image login $registry -u ann --password-stdin <<<word
expect_err "logging in to $registry: $registry could not be reached: connection refused$"
