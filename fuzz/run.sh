#!/usr/bin/env bash
# Feeds the readers with what libFuzzer makes of the corpora: fuzz/run.sh [SECONDS [TARGET…]], 10 seconds each of all without.
# A finding ends it with 1; its input is left in build/fuzz/findings, and belongs into fuzz/seeds/TARGET once the reader is mended.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-10}
[ $# = 0 ] || shift
[ $# != 0 ] || set -- kliko workflow processing_container task jinja parameters layout archive layer skeleton manifest record index log daemon daemon_file config reference
build=build/fuzz
CXX=clang++-14 CC=clang-14 cmake -S . -B $build -G Ninja -DBOXCAR_FUZZ=ON >/dev/null
ninja -C $build fuzz_readers >$build/build.log || { tail -40 $build/build.log; exit 1; }
mkdir -p $build/findings
FUZZ_SCRATCH=$(mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)/boxcar-fuzz.XXXXXX")
export FUZZ_SCRATCH
trap 'chmod -R u+w "$FUZZ_SCRATCH"; rm -rf "$FUZZ_SCRATCH"' EXIT

status=0
for target; do
  seeds=$FUZZ_SCRATCH/seeds
  rm -rf "$seeds" && mkdir -p "$seeds" "$build/corpus/$target"
  case $target in
    kliko | workflow) cp tests/corpus/$target/*.yml "$seeds" ;;
    processing_container) cp tests/corpus/kaapana/*-pc-*.json "$seeds" ;;
    task | jinja) cp tests/corpus/kaapana/*-task-*.json "$seeds" ;;
    daemon_file) tar --format=gnu -cf "$seeds/gnu.tar" fuzz/run.sh && tar --format=pax -cf "$seeds/pax.tar" fuzz/run.sh ;;
    layer) tar --format=gnu -cf "$seeds/gnu.tar" tests/fakes && tar --format=pax -czf "$seeds/pax.tgz" tests/fakes ;;
  esac
  [ ! -d fuzz/seeds/$target ] || cp fuzz/seeds/$target/* "$seeds"
  log=$build/$target.log
  if FUZZ_TARGET=$target nice -n 10 $build/fuzz/fuzz_readers -max_total_time="$seconds" -timeout=10 -rss_limit_mb=3000 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix=$build/findings/$target- "$build/corpus/$target" "$seeds" >"$log" 2>&1; then
    echo "fuzz $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s, no finding"
  else
    status=1
    echo "fuzz $target: a finding"
    grep -E 'ERROR|SUMMARY|^    #[0-9]|artifact|runtime error' "$log" | head -30
  fi
done
exit $status
