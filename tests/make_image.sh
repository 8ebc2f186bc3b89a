#!/bin/sh
# Makes an OCI layout from a root directory, with nothing but tar and sha256sum; 0.1 s for a busybox.
#
#   make_image.sh LAYOUT NAME ROOTFS [KEY=VALUE …]
#
# LAYOUT   directory to write; made, and overwritten where it is one already
# NAME     the image's name, as docker.io/kliko/simms:latest or kliko/simms
# ROOTFS   directory that becomes the topmost layer, owned by root in the image
#
# What may follow, each as often as it makes sense:
#   env=NAME=value   user=1000:1000   workdir=/data   entrypoint=/kliko   cmd=WORD   label=NAME=value
#   architecture=arm64 (default: this machine's)
#   base=FILE.tar    a plain tar that becomes a layer below, in the order given; to share between images
#
#   mkdir -p root/bin && cp /bin/busybox root/bin/sh && make_image.sh out test/sh root cmd=/bin/sh && boxcar image import out
set -eu
export LC_ALL=C

die() { echo "make_image.sh: $*" >&2; exit 2; }
[ $# -ge 3 ] || die "usage: make_image.sh LAYOUT NAME ROOTFS [KEY=VALUE …]"
layout=$1 name=$2 rootfs=$3
shift 3
[ -d "$rootfs" ] || die "$rootfs is not a directory"

quote() { printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g' | awk 'NR > 1 { printf "\\n" } { printf "%s", $0 }')"; }
member() { printf '%s:%s' "$(quote "${1%%=*}")" "$(quote "${1#*=}")"; }  # NAME=value to "NAME":"value"
append() { [ -z "$1" ] && printf %s "$2" || printf '%s,%s' "$1" "$2"; }

rm -rf "$layout"
blobs=$layout/blobs/sha256
mkdir -p "$blobs"
env='' user='' workdir='' entrypoint='' cmd='' labels='' layers='' diff_ids='' architecture=''

# store FILE: moves it among the blobs; its descriptor's middle is left in $stored.
store() {
  digest=$(sha256sum < "$1")
  digest=${digest%% *}
  size=$(stat -c %s "$1")
  mv "$1" "$blobs/$digest"
  stored="\"digest\":\"sha256:$digest\",\"size\":$size"
}

add_layer() {
  store "$1"
  layers=$(append "$layers" "{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",$stored}")
  diff_ids=$(append "$diff_ids" "\"sha256:$digest\"")
}

for option; do
  value=${option#*=}
  case $option in
    env=*) env=$(append "$env" "$(quote "$value")") ;;
    user=*) user=$value ;;
    workdir=*) workdir=$value ;;
    entrypoint=*) entrypoint=$(append "$entrypoint" "$(quote "$value")") ;;
    cmd=*) cmd=$(append "$cmd" "$(quote "$value")") ;;
    architecture=*) architecture=$value ;;
    label=*) labels=$(append "$labels" "$(member "$value")") ;;
    base=*) ln "$value" "$layout/layer" 2>/dev/null || cp "$value" "$layout/layer"; add_layer "$layout/layer" ;;
    *) die "what is '$option'?" ;;
  esac
done

# GNU format with whole seconds: the same directory gives the same layer.
tar --format=gnu --sort=name --owner=0 --group=0 --numeric-owner -C "$rootfs" -cf "$layout/layer" .
add_layer "$layout/layer"

[ -n "$architecture" ] || case $(uname -m) in
  x86_64) architecture=amd64 ;;
  aarch64) architecture=arm64 ;;
  *) architecture=$(uname -m) ;;
esac
printf '{"architecture":"%s","os":"linux","config":{"Env":[%s],"User":%s,"WorkingDir":%s,"Entrypoint":[%s],"Cmd":[%s],"Labels":{%s}},"rootfs":{"type":"layers","diff_ids":[%s]}}' \
  "$architecture" "$env" "$(quote "$user")" "$(quote "$workdir")" "$entrypoint" "$cmd" "$labels" "$diff_ids" > "$layout/config"
store "$layout/config"
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json",%s},"layers":[%s]}' \
  "$stored" "$layers" > "$layout/manifest"
store "$layout/manifest"
case $name in *:*) ;; *) name=$name:latest ;; esac
printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",%s,"annotations":{"org.opencontainers.image.ref.name":%s}}]}' \
  "$stored" "$(quote "$name")" > "$layout/index.json"
printf '{"imageLayoutVersion":"1.0.0"}' > "$layout/oci-layout"
