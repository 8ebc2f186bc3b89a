# An image for several platforms, and names with a digest: what comes is exactly that, and it is known at once the second time.
. "$SOURCE/tests/registry_lib.sh"
start_registry
big_image layout 1000
mkdir other.root
echo '{schema_version: 4, io: join, sections: []}' >other.root/kliko.yml
"$SOURCE/tests/make_image.sh" other x:1 other.root
# Another machine's first, then ours.
machine=$(jq -r .architecture "$(grep -l diff_ids layout/blobs/sha256/* | head -1)")
push_index test/many:1 s390x=other "$machine=layout"
index=$(digest test/many:1)
mine=$(manifest test/many:1 | jq -r '.manifests[1].digest') theirs=$(manifest test/many:1 | jq -r '.manifests[0].digest')

for name in test/many:1 test/many@sha256:$index test/many@$mine; do
  expect_exit 0 boxcar inspect --json $registry/$name
  expect_json '.mode == "split"'
  expect_exit 0 boxcar tool --output out $registry/$name
  expect_text out/text made
  rm -r out
done
[ "$(gets "manifests/$theirs")" = 0 ] || fail "the other machine's manifest was read"
expect_exit 0 boxcar image ls --json
expect_json '[.[].identity] | unique | length == 1'

# A name with a digest can't become another image: nobody is asked again.
stop_registry
: >registry.log
expect_exit 0 boxcar image pull $registry/test/many@$mine
expect_exit 0 boxcar image pull $registry/test/many@sha256:$index
expect_exit 3 boxcar image pull $registry/test/many:1

# What the registry gives under that digest now is something else.
start_registry
boxcar image rm $registry/test/many@$mine >/dev/null
sed -i 's/"schemaVersion":2/"schemaVersion": 2/' "$(blob_file "${mine#sha256:}")"
expect_exit 3 boxcar image pull $registry/test/many@$mine
expect_err "the registry: it gave wrong bytes: .*not match.*${mine#sha256:}"
expect_exit 3 boxcar image pull $registry/test/many:1 # by way of the index too
expect_err 'the registry: it gave wrong bytes'
expect_exit 3 boxcar inspect docker://$registry/test/many:1
expect_err 'it gave wrong bytes'
