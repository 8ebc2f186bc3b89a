#!/bin/sh
# start_daemon.sh docker|podman DIR: a daemon of its own, in the foreground, until SIGTERM: its data, and the socket DIR/KIND.sock,
# lie in DIR, which has a short name (containerd's socket may have 104 bytes). As root. Network and mounts are the daemon's own, so
# that none is left on the machine, and several don't meet; within, containers have a bridge as usual. With DAEMON_USER it is a Podman
# of that ordinary user, who has the subordinate ids that it needs.
# HIDDEN: a directory that it does not see. DISK: its data lie on a disk of that size. LOG_DRIVER: where lines of containers go unless
# they say so. LISTEN: options of dockerd.
set -eu
kind=$1 dir=$2
unset DOCKER_HOST CONTAINER_HOST TMPDIR
if [ "${3:-}" != inside ]; then
  exec unshare --mount --net "$0" "$kind" "$dir" inside
fi
[ -z "${HIDDEN:-}" ] || mount -t tmpfs none "$HIDDEN"
data=$dir/data
mkdir -p "$data"
[ -z "${DISK:-}" ] || mount -t tmpfs -o "size=$DISK" none "$data"
cd "$dir" # conmon leaves word there of what ran out of memory
busybox ip link set lo up
case $kind in
docker)
  exec dockerd --data-root "$data" --exec-root "$dir/exec" --pidfile "$dir/pid" -H "unix://$dir/docker.sock" \
    --log-driver "${LOG_DRIVER:-json-file}" ${LISTEN:-}
  ;;
podman)
  # For machines without cgroup version 2, without systemd, or without CAP_SYS_RESOURCE, such as a container.
  printf '[engine]\nruntime="runc"\ncgroup_manager="cgroupfs"\nevents_logger="file"\n[containers]\ndefault_ulimits=["nofile=1024:1024","nproc=1024:1024"]\nlog_driver="%s"\n' \
    "${LOG_DRIVER:-k8s-file}" \
    >"$dir/containers.conf"
  export CONTAINERS_CONF="$dir/containers.conf"
  service="podman --root $data --runroot $dir/run system service --time=0 unix://$dir/podman.sock"
  [ -n "${DAEMON_USER:-}" ] || exec $service
  # Its containers get to a network through a device that is to be theirs, and a directory that is to lie here.
  mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200
  export HOME="$dir" XDG_RUNTIME_DIR="/run/user/$(id -u "$DAEMON_USER")"
  mkdir -p /run/user && mount -t tmpfs none /run/user && mkdir "$XDG_RUNTIME_DIR"
  chown "$DAEMON_USER" "$dir" "$data" "$XDG_RUNTIME_DIR"
  setsid setpriv --reuid "$DAEMON_USER" --regid "$DAEMON_USER" --clear-groups $service &
  trap 'kill -- -$!' TERM # it runs in two processes
  wait $! || wait $! || true # the first one ends with the signal
  kill "$(cat "$XDG_RUNTIME_DIR/libpod/tmp/pause.pid")" # it holds the user namespace
  ;;
*)
  echo "start_daemon.sh: docker or podman, not $kind" >&2
  exit 2
  ;;
esac
