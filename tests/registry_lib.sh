# A real registry on loopback for the scripts in tests/scenario: . "$SOURCE/tests/registry_lib.sh"
# Docker and Podman of this machine, and who is logged in on it, are left out.
export DOCKER_HOST=unix://$SCENARIO/no-docker.sock XDG_RUNTIME_DIR=$SCENARIO/run
mkdir -p -m 700 "$XDG_RUNTIME_DIR"
started=()
trap 'kill -9 "${started[@]}" 2>/dev/null || true' EXIT

# start_registry [HTPASSWD]: at $registry, with what it was asked in registry.log. Stopped by stop_registry, and started again
# with all that was pushed.
start_registry() {
  local i auth=${1:+", auth: {htpasswd: {realm: test, path: '$PWD/$1'}}"}
  registry_port=${registry_port:-$((20000 + RANDOM % 12000))}
  for i in 1 2 3 4 5; do
    cat >registry.yml <<YAML
{version: 0.1, log: {level: error}, storage: {filesystem: {rootdirectory: $PWD/registry}}, http: {addr: '127.0.0.1:$registry_port'}$auth}
YAML
    docker-registry serve registry.yml >>registry.log 2>&1 &
    registry_pid=$!
    started+=($registry_pid)
    sleep 0.2
    if kill -0 $registry_pid 2>/dev/null; then break; fi # else the port is another's
    registry_port=$((20000 + RANDOM % 12000))
  done
  registry=127.0.0.1:$registry_port
  wait_until bash -c ": >/dev/tcp/127.0.0.1/$registry_port"
}
stop_registry() {
  kill -9 $registry_pid
  wait $registry_pid || true
}

# start_proxy [PORT]: another way to the registry, at $proxy, which does what proxy.mode says; tests/registry_proxy.py.
start_proxy() {
  : >proxy.port
  python3 "$SOURCE/tests/registry_proxy.py" "$registry_port" "$PWD/proxy.mode" "${1:-0}" >proxy.port 2>>proxy.log &
  started+=($!)
  wait_until test -s proxy.port
  proxy=127.0.0.1:$(cat proxy.port)
}

# push LAYOUT NAME [OPTION…]: all of an OCI layout, of the form of tests/make_image.sh.
push() {
  local layout=$1 name=$2
  shift 2
  skopeo copy -q --all --dest-tls-verify=false "$@" "oci:$layout" "docker://$registry/$name"
}

# push_index NAME MACHINE=LAYOUT…: layouts of one image each as one image for several platforms, linux/MACHINE.
push_index() {
  local name=$1 index=$SCENARIO/tmp/index.$RANDOM$RANDOM type=application/vnd.oci.image.index.v1+json one sum
  shift
  mkdir "$index"
  for one; do
    cp -r "${one#*=}/blobs" "${one#*=}/oci-layout" "$index/"
    jq --arg machine "${one%%=*}" '.manifests[0] | del(.annotations) + {platform: {os: "linux", architecture: $machine}}' "${one#*=}/index.json"
  done | jq -cs --arg type $type '{schemaVersion: 2, mediaType: $type, manifests: .}' >"$index/index"
  sum=$(sha256sum <"$index/index" | cut -d' ' -f1)
  jq -n --arg type $type --arg digest "sha256:$sum" --argjson size "$(wc -c <"$index/index")" '{schemaVersion: 2, manifests:
    [{mediaType: $type, digest: $digest, size: $size, annotations: {"org.opencontainers.image.ref.name": "all"}}]}' >"$index/index.json"
  mv "$index/index" "$index/blobs/sha256/$sum"
  push "$index:all" "$name"
}

# big_image LAYOUT BYTES…: an image of a layer of random bytes each, busybox and a kliko.yml on top, not yet pushed.
big_image() {
  local layout=$1 bytes bases=() file
  shift
  for bytes; do
    file=$SCENARIO/tmp/big.$RANDOM$RANDOM
    mkdir "$file"
    head -c "$bytes" /dev/urandom >"$file/$(basename "$file")"
    tar -C "$file" -cf "$file.tar" .
    bases+=("base=$file.tar")
  done
  mkdir -p "$layout.root"
  echo '{schema_version: 4, io: split, sections: []}' >"$layout.root/kliko.yml"
  printf '#!/bin/sh\necho made >/output/text\n' >"$layout.root/kliko"
  chmod 755 "$layout.root/kliko"
  "$SOURCE/tests/make_image.sh" "$layout" x:1 "$layout.root" base="$(busybox_layer)" "${bases[@]}"
}

# broken_pulls: a registry behind a proxy that can break a pull of $image, whose layers are $small and $big; $images is the store.
broken_pulls() {
  start_registry
  start_proxy
  big_image layout 300000 3000000
  push layout test/broken:1
  image=$proxy/test/broken:1
  images=$XDG_DATA_HOME/boxcar/images
  small=$(layer_of test/broken:1 1) big=$(layer_of test/broken:1 2)
}

# faulty_registry: a registry with $image behind a proxy, for what then goes wrong; $images is the store.
faulty_registry() {
  start_registry
  start_proxy
  big_image layout 3000000
  push layout test/a:1
  image=$proxy/test/a:1
  images=$XDG_DATA_HOME/boxcar/images
}
nothing_kept() {
  expect_exit 0 boxcar image ls --json
  expect_json '. == []'
  [ -z "$(ls "$images"/layers* "$images/tmp" | grep -v :)" ] || fail "kept: $(find "$images" -maxdepth 3)"
}
# fails_with REGEX…: pulling it does, and says so.
fails_with() {
  expect_exit 3 boxcar image pull $image
  expect_err "$@"
  nothing_kept
}

manifest() { skopeo inspect --raw --tls-verify=false "docker://$registry/$1"; }
digest() { manifest "$1" | sha256sum | cut -d' ' -f1; }
layer_of() { manifest "$1" | jq -r ".layers[$2].digest" | cut -d: -f2; } # lowest first
blob_file() { echo "$PWD/registry/docker/registry/v2/blobs/sha256/${1:0:2}/$1/data"; }
# gets REGEX: how often the registry was asked for such a path, and gave it.
gets() { grep -cE "\"GET [^ ]*$1[^ ]* HTTP/1.1\" 200" registry.log || true; }
