# Ctrl-C while an import inflates an archive, unpacks a layer, or waits for another import of that layer: it ends soon, and
# nothing is left.
images=$XDG_DATA_HOME/boxcar/images
head -c 64M /dev/zero | gzip -1 >64M.gz
for i in $(seq 100); do cat 64M.gz; done >large.tar.gz # the gzip of 6.4 GB
printf '[{"Config": "config.json", "RepoTags": ["test/large:latest"], "Layers": ["large.tar.gz"]}]' >manifest.json
printf '{"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": ["sha256:%064d"]}}' 1 >config.json
tar -cf image.tar manifest.json config.json large.tar.gz
set -m # SIGINT as on a terminal
import() { boxcar image import "docker-archive:$1" 2>"$2" & }
interrupted() { # PID STDERR
  local code=0
  kill -INT "$1"
  SECONDS=0
  wait_until bash -c "! kill -0 $1"
  wait "$1" || code=$?
  [ $code = 130 ] && [ $SECONDS -le 3 ] || fail "exit code $code after $SECONDS s: $(cat "$2")"
  expect_in "$2" interrupted
}
import large.tar.gz inflates
trap 'kill -9 $(jobs -p)' EXIT
wait_until compgen -G "$images/tmp/*/archive.tar"
interrupted $! inflates
[ -z "$(ls "$images/tmp")" ] || fail "left: $(find "$images/tmp")"

import image.tar unpacks
unpacks=$!
wait_until grep -q 'unpacking layer' unpacks
kill -STOP $unpacks
import image.tar waits
sleep 1 # so that it has come to the lock
interrupted $! waits
expect_not_in waits unpacking
kill -CONT $unpacks
interrupted $unpacks unpacks
trap - EXIT
[ -z "$(ls "$images/tmp")$(ls "$images/layers"*)" ] || fail "left: $(find "$images")"
