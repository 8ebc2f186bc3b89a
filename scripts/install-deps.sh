#!/bin/sh
# Installs the Debian packages that are missing, quietly: install-deps.sh GROUP…   (build, package, run, test, demo, check, bench, vm)
# Does nothing, and needs no rights, where all are there.
set -eu
build="g++ cmake ninja-build ccache pkg-config libssl-dev libyaml-dev libre2-dev libsqlite3-dev libarchive-dev libzstd-dev
  libfmt-dev libexpected-dev libcurl4-openssl-dev nlohmann-json3-dev rapidjson-dev libcli11-dev libgtest-dev libgmock-dev git
  ca-certificates"
package="dpkg-dev file"
run="crun runc skopeo libcurl4 uidmap"
test="curl jq sqlite3 strace busybox-static attr tar libarchive-tools openssl python3 python3-jinja2 python3-jsonschema
  python3-yaml docker.io docker-registry apache2-utils podman slirp4netns buildah debootstrap time bash-completion zsh fish man-db mandoc lintian e2fsprogs $package $run"
demo="debootstrap buildah jq $run"
check="clang libclang-rt-14-dev clang-format-14 clang-tidy-14"
vm="qemu-system-x86 mmdebstrap e2fsprogs"
bench="openssl podman docker.io python3 python3-venv busybox-static time $run"

wanted=
for group in "$@"; do
  case $group in build | package | run | test | demo | check | bench | vm) eval "wanted=\"\$wanted \$$group\"" ;; *)
    echo "install-deps.sh: no group $group" >&2; exit 2 ;;
  esac
done
missing=
for package in $wanted; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
echo "installing$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -qq --no-install-recommends $missing >"$log" 2>&1
}
# A first try with the lists as they are; they may be missing or old.
install || { $as_root apt-get update -qq >/dev/null && install; } || { tail -20 "$log" >&2; exit 1; }
