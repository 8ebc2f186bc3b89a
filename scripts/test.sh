#!/bin/sh
# Installs what is missing, builds, and runs all tests. Ends with "N passed, N failed". As root: the tests run containers.
#   BUILD=DIR scripts/test.sh [ctest's options]      build/ by default
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
scripts/install-deps.sh build test
[ -e "$build/build.ninja" ] || cmake -S . -B "$build" -G Ninja >/dev/null
ninja -C "$build" -j "$(nproc)"

log=$build/ctest.log
status=0
ctest --test-dir "$build" --output-on-failure -j $(($(nproc) + 1)) "$@" >"$log" 2>&1 </dev/null || status=$?
cat "$log"
# "97% tests passed, 2 tests failed out of 70"
counts=$(sed -nE 's/.* ([0-9]+) tests? failed out of ([0-9]+)$/\1 \2/p' "$log" | tail -1)
failed=${counts% *} total=${counts#* }
echo "$((${total:-0} - ${failed:-0})) passed, ${failed:-0} failed"
[ $status = 0 ] && [ "${total:-0}" -gt 0 ]
