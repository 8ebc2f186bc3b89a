#!/bin/sh
# Real programs on real data, with no daemon and no registry: from reads of the phage lambda to its variants, through five
# containers (examples/phage). Installs and builds what is missing; then runs the pipeline, shows what came out, and runs it again.
set -eu
cd "$(dirname "$0")/.."
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }
fail() {
  echo "demo failed: $*" >&2
  exit 1
}
if [ "$(id -u)" != 0 ]; then
  exec sudo -E "$0" "$@"
fi

build=$(realpath -m "${BUILD:-build}")
scripts/install-deps.sh build run demo
[ -e "$build/build.ninja" ] || cmake -S . -B "$build" -G Ninja >/dev/null
[ -x "$build/boxcar" ] || say "Building boxcar: some minutes"
ninja -C "$build" -j "$(nproc)" boxcar >"$build/demo-build.log" || { tail -30 "$build/demo-build.log"; exit 1; }
PATH=$build:$PATH
examples/phage/build-images.sh build/phage
examples/phage/fetch-data.sh

# Images and records of the demo stay in the build directory, apart from the caller's own.
export XDG_DATA_HOME="$build/demo/data" XDG_STATE_HOME="$build/demo/state"
if ! cmp -s build/phage/images.built "$build/demo/imported"; then
  say "The five images, from an OCI layout:"
  boxcar image import oci:build/phage/images
  cp build/phage/images.built "$build/demo/imported"
fi

cd examples/phage
say "boxcar run boxcar.yml"
boxcar run boxcar.yml

say "What came out (results/report.txt; the picture is $PWD/results/report.svg):"
cat results/report.txt

# The reads lack six bases of the genome here: what calls the variants found them, and what reports read that.
grep -Eq '^ +37,461 +GCTTGGC → G ' results/report.txt || fail "the report lacks the deletion at 37,461"
[ -s results/report.svg ] || fail "there is no results/report.svg"

say "The same again:"
again=$build/demo/again
boxcar run --json boxcar.yml >"$again.json" 2>"$again.log" || { code=$?; cat "$again.log"; fail "it ended with $code"; }
jq -r '"again: \([.steps[] | select(.status == "cached")] | length) of \(.steps | length) steps cached, in \(.seconds * 100 | round / 100) s"' "$again.json"
jq -e '.status == "succeeded" and (.steps | length) == 7 and all(.steps[]; .status == "cached")' "$again.json" >/dev/null ||
  fail "not all of its 7 steps came from the cache: $(jq -c '.steps | map_values(.status)' "$again.json")"
zcat "$(jq -r .steps.call.result "$again.json")/output/calls.vcf.gz" |
  awk '$2 == 37461 && $4 == "GCTTGGC" && $5 == "G" { found = 1 } END { exit !found }' ||
  fail "the called variants lack the deletion at 37,461"

say "To look further, from $PWD (images and records of the demo lie in $build/demo):"
in_demo="XDG_DATA_HOME=$build/demo/data XDG_STATE_HOME=$build/demo/state $build/boxcar"
echo "  $in_demo status"
echo "  $in_demo run $PWD/boxcar.yml --explain"
