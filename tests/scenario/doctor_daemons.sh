# doctor asks a real Docker and a real registry; where the socket is not the caller's, it says how it becomes so.
. "$SOURCE/tests/registry_lib.sh"
dir=$(mktemp -d /tmp/doctor.XXXXXX) # sockets may have 104 bytes; and nobody must get there
chmod 755 "$dir" && cp "$BOXCAR" "$dir/boxcar"
"$SOURCE/tests/start_daemon.sh" docker "$dir" >"$SCENARIO/tmp/docker.log" 2>&1 &
docker=$!
end() { kill $docker 2>/dev/null && wait $docker || true; rm -rf "$dir"; }
trap 'end; kill -9 "${started[@]}" 2>/dev/null; tail -n 5 "$SCENARIO"/tmp/*.log' EXIT
start_registry
export DOCKER_HOST=unix://$dir/docker.sock
wait_until curl -sf --unix-socket "$dir/docker.sock" http://localhost/_ping

expect_exit 0 boxcar doctor --registry "$registry"
expect_out "ok +daemon +Docker [0-9.]+.* answers at $DOCKER_HOST, and runs a container" "ok +answer +http://$registry answers" \
  '^Containers can be run by: .*docker'
expect_exit 3 boxcar doctor --registry 127.0.0.1:1
expect_out 'missing +answer' 'is it the right name'

[ -z "$(curl -sf --unix-socket "$dir/docker.sock" 'http://localhost/containers/json?all=1' | jq -r '.[].Id')" ] || fail "it leaves a container"
BOXCAR_ENGINE=docker expect_exit 0 boxcar doctor
expect_out 'ok +engine +docker, as BOXCAR_ENGINE says'

chmod 660 "$dir/docker.sock"
cd "$dir" && mkdir -m 777 nobody
expect_exit 0 env HOME="$dir/nobody" setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs \
  env -u XDG_RUNTIME_DIR -u XDG_DATA_HOME -u XDG_STATE_HOME -u XDG_CACHE_HOME -u XDG_CONFIG_HOME "$dir/boxcar" doctor --store "$dir/nobody/store"
expect_out "missing +daemon +$dir/docker.sock is Docker's, but not open to this user" \
  'as root: usermod -aG docker nobody; then log in again'
cd "$SCENARIO/work"
end
stop_registry
trap - EXIT
