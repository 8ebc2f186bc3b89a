#!/usr/bin/env bash
# The tests that take long, in full: tests/soak.sh [PART…], each with its figures in one line. As root, after scripts/test.sh built it.
#   ENGINE="embedded subids plain docker podman"   where: as root, as an ordinary user with subordinate ids or without, on a daemon of its own
#   SEED=N   the same moments and calls once more        ROUNDS=N STEPS=N   another number of them        BUILD=build
# Parts: kills calls commits shared growth sanitizers fuzz vm        all of them without one
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "${BUILD:-$here/../build}")
export BOXCAR=$build/boxcar BOXCAR_BUILD=$build
FIGURES=$(mktemp)
export FIGURES
chmod 666 "$FIGURES"
trap 'rm -f "$FIGURES"' EXIT
failed=0

# scenario NAME "ENGINE…" VARIABLE=VALUE…: on those of the engines that are asked for.
scenario() {
  local name=$1 engine user daemon
  local -a engines=($2)
  shift 2
  for engine in "${engines[@]}"; do
    case " ${ENGINE:-${engines[*]}} " in *" $engine "*) ;; *) continue ;; esac
    user= daemon=
    case $engine in
    subids | plain) user=boxcar-$engine ;;
    docker | podman) daemon=$engine ;;
    esac
    : >"$FIGURES"
    if env BOXCAR_TEST_USER="$user" BOXCAR_TEST_ENGINE="$daemon" "$@" "$here/run_scenario.sh" "$here/scenario/$name.sh"; then
      echo "$engine: $(cat "$FIGURES")"
    else
      failed=1
      echo "$engine: $name: FAILED"
    fi
  done
}

part() {
  case $1 in
    kills) scenario random_kills "embedded subids plain docker podman" ROUNDS="${ROUNDS:-200}" ;;
    calls) scenario failing_calls embedded ROUNDS="${ROUNDS:-500}" ;;
    shared) scenario shared_store embedded ROUNDS="${ROUNDS:-50}" ;;
    growth)
      scenario no_growth embedded STEPS="${STEPS:-10000}"
      scenario no_growth "docker podman" STEPS="${STEPS:-500}"
      ;;
    commits)
      local log
      log=$("$build/tests/store_test" --gtest_filter='*FaultsTest*:KillTest*') || { failed=1; tail -30 <<<"$log"; }
      echo "commits: $(grep -c '^\[       OK' <<<"$log") tests right, $(grep -c '^\[  FAILED.*ms)' <<<"$log") wrong"
      ;;
    # All tests with the address sanitizer, but for those that measure memory or time, in the tree that .ci/run builds.
    sanitizers)
      local tree=$here/../build/asan
      cmake -S "$here/.." -B "$tree" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-Og -g1" \
        -DBOXCAR_SANITIZE=address,undefined >/dev/null && ninja -C "$tree" >/dev/null || { failed=1; return; }
      GTEST_FILTER='-*FaultsTest*:KillTest.*' UBSAN_OPTIONS=print_stacktrace=1 ctest --test-dir "$tree" --output-on-failure -j2 \
        -E '^scenario_.*(loud_containers|many_files|no_growth)$' >"$tree/soak.log" || { failed=1; grep 'Failed' "$tree/soak.log"; }
      echo "sanitizers: $(tail -n 20 "$tree/soak.log" | grep 'tests passed')"
      ;;
    vm) BUILD=$build "$here/vm.sh" || failed=1 ;;
    fuzz) "$here/../fuzz/run.sh" 1200 || failed=1 ;;
    *) echo "soak.sh: there is no part $1" >&2; exit 2 ;;
  esac
}

[ $# != 0 ] || set -- kills calls commits shared growth sanitizers fuzz vm
for name; do part "$name"; done
exit $failed
