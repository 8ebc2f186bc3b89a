#!/usr/bin/env bash
# Runs one behaviour's script against the built program, in a fresh directory with a HOME of its own:
#   BOXCAR=build/boxcar tests/run_scenario.sh tests/scenario/chain.sh
# Quiet when it holds; prints everything when it doesn't. KEEP=1 keeps the directory.
set -u
here=$(cd "$(dirname "$0")" && pwd)
script=$(realpath "$1")
build=$(realpath "${BOXCAR_BUILD:-$here/../build}")
BOXCAR=$(realpath "${BOXCAR:-$build/boxcar}")
mkdir -p "$build/scenario"
SCENARIO=$(mktemp -d "$build/scenario/$(basename "$script" .sh).XXXXXX")
export BOXCAR BOXCAR_BUILD=$build SCENARIO
export SOURCE=$(dirname "$here")

(
  cd "$SCENARIO" && mkdir home bin tmp work && cd work || exit 1
  export HOME=$SCENARIO/home TMPDIR=$SCENARIO/tmp PATH=$SCENARIO/bin:$PATH
  export XDG_DATA_HOME=$HOME/data XDG_STATE_HOME=$HOME/state XDG_CACHE_HOME=$HOME/cache XDG_CONFIG_HOME=$HOME/config
  unset XDG_RUNTIME_DIR BOXCAR_STORE BOXCAR_ENGINE
  for name in boxcar kliko-run kliko-validate; do ln -s "$BOXCAR" "$SCENARIO/bin/$name"; done
  set -euo pipefail
  trap 'echo "$(basename "${BASH_SOURCE[0]}"):$LINENO: $BASH_COMMAND" >&2' ERR
  set -E
  . "$here/scenario_lib.sh"
  . "$script"
  no_leftovers
) >"$SCENARIO/log" 2>&1 </dev/null
status=$?
[ $status = 0 ] || { echo "--- $(basename "$script") failed:"; tail -c 20000 "$SCENARIO/log"; }
if [ -n "${KEEP:-}" ]; then
  echo "kept: $SCENARIO"
else
  chmod -R u+w "$SCENARIO" 2>/dev/null
  rm -rf "$SCENARIO"
fi
exit $status
