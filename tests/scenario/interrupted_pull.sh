# A signal to boxcar alone while skopeo waits for a registry: skopeo ends too, and nothing of the image is left.
. "$SOURCE/tests/registry_lib.sh"
start_registry
make_common_images
kill -STOP $registry_pid # it takes a connection, and says nothing
printf 'workflow: pulls\nsteps:\n  a: {image: "%s/x"}\n' "$registry" >boxcar.yml

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
interrupted INT boxcar image pull $registry/x
interrupted TERM boxcar tool $registry/x
interrupted INT boxcar run boxcar.yml
interrupted INT boxcar validate $registry/x

set -m
nohup boxcar image pull $registry/x 2>err &
set +m
wait_until fetching $!
kill -HUP -- -$! # to skopeo as well
sleep 0.5
fetching $! || fail "a hangup that is ignored ended it: $(cat err)"
kill -TERM $!
wait $! || [ $? = 130 ] || fail "$(cat err)"
expect_exit 0 boxcar image ls
expect_not_in "$SCENARIO/out" "$registry"
