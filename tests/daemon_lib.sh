# The daemon of a scenario: $BOXCAR_TEST_ENGINE, docker or podman, in $DAEMON. Sourced by run_scenario.sh, and by scenario_lib.sh
# for scripts that stop and start it.
case $BOXCAR_TEST_ENGINE in
docker) export DOCKER_HOST=unix://$DAEMON/docker.sock ;;
podman) export CONTAINER_HOST=unix://$DAEMON/podman.sock ;;
esac
DAEMON_HOST=unix://$DAEMON/$BOXCAR_TEST_ENGINE.sock

# ask_daemon METHOD PATH [CURL OPTION…]: of Docker's API.
ask_daemon() {
  local method=$1 path=$2
  shift 2
  curl -sS --fail-with-body --unix-socket "$DAEMON/$BOXCAR_TEST_ENGINE.sock" -X "$method" "$@" "http://localhost/v1.41$path"
}

start_daemon() {
  local i
  "$SOURCE/tests/start_daemon.sh" "$BOXCAR_TEST_ENGINE" "$DAEMON" >>"$DAEMON/log" 2>&1 </dev/null &
  echo $! >"$DAEMON/daemon.pid"
  for ((i = 0; i < 600; i++)); do
    if ask_daemon GET /_ping >/dev/null 2>&1; then return 0; fi
    sleep 0.05
  done
  return 1
}

stop_daemon() {
  local pid i
  pid=$(cat "$DAEMON/daemon.pid")
  kill "$pid"
  for ((i = 0; i < 600; i++)); do
    if ! kill -0 "$pid" 2>/dev/null; then return 0; fi
    sleep 0.05
  done
  return 1
}

# described_containers: a line each, for people.
described_containers() {
  ask_daemon GET "/containers/json?all=1" | jq -r '.[] | "container \(.Names[0]): \(.State), \(.Command), \(.Labels)"'
}

# containers [FILTER]: the names of the daemon's containers; of those with a label NAME=VALUE.
containers() {
  ask_daemon GET "/containers/json?all=1" | jq -r --arg wanted "${1:-}" \
    '.[] | select($wanted == "" or ([.Labels // {} | to_entries[] | "\(.key)=\(.value)"] | index($wanted))) | .Names[0]'
}
