# A signal to boxcar alone while skopeo waits for a registry: skopeo ends too, and nothing of the image is left.
make_common_images
export DOCKER_HOST=unix://$SCENARIO/no-docker.sock
port=$((20000 + RANDOM % 20000))
cat >registry.yml <<YAML
{version: 0.1, log: {level: error}, storage: {filesystem: {rootdirectory: $PWD/registry}}, http: {addr: '127.0.0.1:$port'}}
YAML
docker-registry serve registry.yml >registry.log 2>&1 &
registry=$!
trap 'kill -9 $registry' EXIT
wait_until bash -c ": >/dev/tcp/127.0.0.1/$port"
kill -STOP $registry # it takes a connection, and says nothing
printf 'workflow: pulls\nsteps:\n  a: {image: "127.0.0.1:%s/x"}\n' "$port" >boxcar.yml

interrupted() { # SIGNAL COMMAND…
  local signal=$1 pid skopeo code=0
  shift
  set -m # SIGINT as on a terminal
  "$@" 2>err &
  set +m
  pid=$!
  wait_until fetching $pid
  skopeo=$(pgrep -P $pid -x skopeo)
  kill -$signal $pid
  wait $pid || code=$?
  [ $code = 130 ] || fail "exit code $code: $(cat err)"
  [ ! -e /proc/$skopeo ] || fail "skopeo still runs"
  grep -q interrupted err || fail "$(cat err)"
  [ -z "$(ls "$XDG_DATA_HOME"/boxcar/images/tmp)" ] || fail "left: $(find "$XDG_DATA_HOME"/boxcar/images/tmp)"
}
fetching() { grep -qE "(fetching|looking at) docker://" err && pgrep -P "$1" -x skopeo; }
interrupted INT boxcar image pull 127.0.0.1:$port/x
interrupted TERM boxcar tool 127.0.0.1:$port/x
interrupted INT boxcar run boxcar.yml
interrupted INT boxcar validate 127.0.0.1:$port/x

set -m
nohup boxcar image pull 127.0.0.1:$port/x 2>err &
set +m
wait_until fetching $!
kill -HUP -- -$! # to skopeo as well
sleep 0.5
fetching $! || fail "a hangup that is ignored ended it: $(cat err)"
kill -TERM $!
wait $! || [ $? = 130 ] || fail "$(cat err)"
expect_exit 0 boxcar image ls
expect_not_in "$SCENARIO/out" "$port"
