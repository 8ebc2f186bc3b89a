#!/usr/bin/env bash
# The tests that take long, in full: tests/soak.sh [PART…], each with its figures in one line. As root, after scripts/test.sh built it.
#   ENGINE=embedded   which engine the runs use        SEED=N   the same moments and calls once more        BUILD=build
# Parts: kills calls commits shared growth fuzz        all of them without one
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "${BUILD:-$here/../build}")
export BOXCAR=$build/boxcar BOXCAR_BUILD=$build ENGINE=${ENGINE:-embedded}
FIGURES=$(mktemp)
export FIGURES
trap 'rm -f "$FIGURES"' EXIT
failed=0

scenario() { # NAME VARIABLE=VALUE…
  local name=$1
  shift
  : >"$FIGURES"
  if env "$@" "$here/run_scenario.sh" "$here/scenario/$name.sh"; then
    echo "$ENGINE: $(cat "$FIGURES")"
  else
    failed=1
    echo "$ENGINE: $name: FAILED"
  fi
}

part() {
  case $1 in
    kills) scenario random_kills ROUNDS=200 ;;
    calls) scenario failing_calls ROUNDS=500 ;;
    shared) scenario shared_store ROUNDS=50 ;;
    growth) scenario no_growth STEPS=10000 ;;
    commits)
      local log
      log=$("$build/tests/store_test" --gtest_filter='*FaultsTest*:KillTest*') || { failed=1; tail -30 <<<"$log"; }
      echo "commits: $(grep -c '^\[       OK' <<<"$log") tests right, $(grep -c '^\[  FAILED.*ms)' <<<"$log") wrong"
      ;;
    fuzz) "$here/../fuzz/run.sh" 1200 || failed=1 ;;
    *) echo "soak.sh: there is no part $1" >&2; exit 2 ;;
  esac
}

[ $# != 0 ] || set -- kills calls commits shared growth fuzz
for name; do part "$name"; done
exit $failed
