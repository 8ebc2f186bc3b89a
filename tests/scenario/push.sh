# An image that is pushed, removed here and pulled again is the same image with the same configuration, and what it
# computed stays cached; so too through an archive of `docker save` and an OCI layout. An altered layer is not pushed.
. "$SOURCE/tests/registry_lib.sh"
start_registry
make_common_images

expect_step() {  # STATUS IMAGE
  expect_exit 0 boxcar chain --json "$2 --text x"
  expect_json "[.steps[].status] == [\"$1\"]"
}
config_of() { skopeo inspect --no-creds --raw "$@" | jq -r .config.digest; }
expect_step succeeded test/make
identity=$(boxcar image ls --json | jq -r '.[] | select(.reference | test("make")) | .identity')
config=$(config_of "oci:$(dirname "$(grep -l test/make "$TMPDIR"/layout.*/index.json)")")

name=$registry/test/make
expect_exit 0 boxcar image push test/make "$name"
expect_out "^${identity:0:12}  docker://$name:latest$"
expect_err "packing ${identity:0:12}" "pushing to docker://$name:latest"
[ "$(config_of --tls-verify=false "docker://$name")" = "$config" ] || fail "another configuration in the registry"
expect_exit 0 boxcar image push test/make docker-archive:saved.tar
expect_exit 0 boxcar image push test/make oci:pushed
expect_exit 2 boxcar image push test/none "$name"
expect_err 'no image docker.io/test/none:latest in the local store'

boxcar image rm test/make >/dev/null
expect_exit 0 boxcar image pull "$name"
expect_out "^${identity:0:12}  $name:latest$"
expect_step cached "$name"
expect_exit 0 boxcar image push "$name" # to where it came from
[ "$(config_of --tls-verify=false "docker://$name")" = "$config" ] || fail "another configuration in the registry"
for source in docker-archive:saved.tar oci:pushed; do
  boxcar image rm "$identity" >/dev/null
  expect_exit 0 boxcar image import "$source"
  expect_out "^${identity:0:12}  docker.io/test/make:latest$"
  expect_step cached test/make
  expect_exit 0 boxcar image push test/make "$name"
done
[ "$(config_of --tls-verify=false "docker://$name")" = "$config" ] || fail "another configuration in the registry"

layer=$(jq -r .layers[-1] "$XDG_DATA_HOME/boxcar/images/images/$identity.json")
file=$(echo "$XDG_DATA_HOME"/boxcar/images/layers*/"${layer:7}"/tree/kliko) # an ordinary user's layers.MAP
sleep 0.02
printf '#?' 1<>"$file"
expect_exit 2 boxcar image push test/make "$name"
expect_err "layer ${layer:0:19}: it was altered since it was unpacked: .*; tree/kliko was changed"
[ -z "$(ls "$XDG_DATA_HOME/boxcar/images/tmp")" ] || fail "left: $(find "$XDG_DATA_HOME/boxcar/images/tmp")"
stop_registry
expect_exit 3 boxcar image push test/append "$name"
expect_err "pushing to docker://$name:latest: $registry could not be reached: connection refused$"
