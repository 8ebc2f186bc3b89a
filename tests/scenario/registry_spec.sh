# What an image in a registry declares is read without pulling it: the layer that holds it, and those above. The registry's log tells.
. "$SOURCE/tests/registry_lib.sh"
start_registry
big_image layout 3000000
push layout test/spec:1
big=$(layer_of test/spec:1 1) top=$(layer_of test/spec:1 2)
expect_exit 0 boxcar inspect --json $registry/test/spec:1
expect_json '.mode == "split"'
expect_exit 0 boxcar validate $registry/test/spec:1
expect_exit 0 boxcar tool $registry/test/spec:1 --help
[ "$(gets "blobs/sha256:$top")" = 1 ] || fail "the topmost layer: $(gets "blobs/sha256:$top") times"
[ "$(gets "blobs/sha256:$big")" = 0 ] || fail "the big layer came"
expect_exit 0 boxcar image ls --json # no image, not even half of one
expect_json '. == []'
expect_exit 2 boxcar tool --pull never $registry/test/spec:1
expect_exit 0 boxcar tool --output out $registry/test/spec:1
expect_text out/text made
[ "$(gets "blobs/sha256:$top")" = 1 ] || fail "the pull fetched again what the look had"

# A symlink to what a lower layer holds, and a file that upper layers hide: whiteouts and opaque directories hold.
layer() { # NAME COMMAND: a tar of what the command makes
  mkdir "$1"
  (cd "$1" && eval "$2")
  tar -C "$1" -cf "$1.tar" .
}
layer low 'mkdir spec && echo "{schema_version: 4, io: join, sections: []}" >spec/tool.yml; head -c 2000000 /dev/urandom >fill'
layer up 'ln -s /spec/tool.yml kliko.yml; head -c 2000000 /dev/urandom >fill2'
mkdir root
"$SOURCE/tests/make_image.sh" linked x:1 root base=low.tar base=up.tar
push linked test/linked:1
expect_exit 0 boxcar inspect --json $registry/test/linked:1
expect_json '.mode == "join"'
for hide in .wh.spec spec/.wh..wh..opq .wh.kliko.yml; do
  rm -rf hiding && mkdir hiding && layer hiding/it "mkdir -p \"\$(dirname $hide)\" && touch $hide .wh.processing-container.json && head -c 2000000 /dev/urandom >fill3"
  "$SOURCE/tests/make_image.sh" hidden x:1 root base=low.tar base=up.tar base=hiding/it.tar
  push hidden test/hidden:1
  boxcar image prune >/dev/null
  expect_exit 2 boxcar inspect $registry/test/hidden:1
  expect_err 'declares no tool'
done
low=$(layer_of test/hidden:1 0)
: >registry.log
boxcar image prune >/dev/null
expect_exit 2 boxcar inspect $registry/test/hidden:1 # both names are whited out: nothing below counts
[ "$(gets "blobs/sha256:$low")" = 0 ] || fail "more came than was needed"
