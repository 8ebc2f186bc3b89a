# An image that only a local Podman has: imported from there, or found there by its plain name, under which Podman keeps it
# as localhost/NAME.
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\nrootless_storage_path = "%s"\n' \
  "$SCENARIO/tmp/graph" "$SCENARIO/tmp/run" "$SCENARIO/tmp/graph" >storage.conf
export CONTAINERS_STORAGE_CONF=$PWD/storage.conf DOCKER_HOST=unix://$SCENARIO/tmp/no-docker.sock
mkdir root
tar -C root -xf "$(busybox_layer)"
echo '{schema_version: 4, io: split}' >root/kliko.yml
printf '#!/bin/sh\necho "$GREETING" >/output/text\n' >root/kliko
chmod 755 root/kliko
tar -C root --owner=0 --group=0 --numeric-owner -c . | podman import --quiet --change ENV=GREETING=moin - test/podded >/dev/null
podman images --format '{{.Repository}}' | grep -qx localhost/test/podded || fail "Podman calls it otherwise: $(podman images)"

no_images() { export XDG_DATA_HOME=$(mktemp -d "$HOME/data.XXXXXX"); }
no_images
expect_exit 0 boxcar image import containers-storage:localhost/test/podded
expect_out 'localhost/test/podded:latest$'
expect_exit 0 boxcar tool --json localhost/test/podded
expect_json '.steps.podded.status == "succeeded"'
expect_text "$(json .steps.podded.result)/output/text" moin
no_images
expect_exit 0 boxcar tool --json test/podded
expect_json '.steps.podded.status == "cached"'
expect_exit 0 boxcar image ls --json
expect_json '[.[].reference] == ["docker.io/test/podded:latest"]'
expect_exit 2 boxcar tool containers-storage:me/nope
expect_err "containers-storage:me/nope: not there"
