# A whole Debian, as debootstrap makes it, and layers that buildah wrote: what is given away is byte for byte what came.
"$SOURCE/scripts/debian-tar.sh"
debian=$SOURCE/build/debian.tar
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$SCENARIO/tmp/graph" "$SCENARIO/tmp/run" >storage.conf
export CONTAINERS_STORAGE_CONF=$PWD/storage.conf DOCKER_HOST=unix://$SCENARIO/tmp/no-docker.sock
mkdir root
echo '{schema_version: 4, io: split}' >root/kliko.yml
printf '#!/bin/bash\nperl -e "print qq(moin\\n)" >/output/text\n' >root/kliko
chmod 755 root/kliko
"$SOURCE/tests/make_image.sh" layout test/debian root base="$debian"
boxcar image import oci:layout
expect_exit 0 boxcar image push test/debian docker-archive:out.tar
digest=$(sha256sum <"$debian" | cut -d' ' -f1)
tar -xOf out.tar "$(tar -tf out.tar | grep "$digest")" | cmp - "$debian"
kept=$(stat -c %s "$XDG_DATA_HOME/boxcar/images/layers/$digest/skeleton")
[ "$kept" -lt $(($(stat -c %s "$debian") / 200)) ] || fail "a skeleton of $kept bytes"
echo "the skeleton takes $kept bytes for $(tar -tf "$debian" | wc -l) entries"

boxcar image rm test/debian >/dev/null
expect_exit 0 boxcar image import docker-archive:out.tar
expect_exit 0 boxcar tool --json test/debian
expect_text "$(json .steps.debian.result)/output/text" moin

container=$(buildah from scratch)
buildah add "$container" "$(busybox_layer)" / >/dev/null
buildah commit --quiet "$container" test/below >/dev/null
container=$(buildah from localhost/test/below)
buildah run --isolation chroot "$container" -- sh -c 'rm /etc/group; ln /bin/busybox /more; head -c 100000 /dev/urandom >/noise'
buildah commit --quiet "$container" test/built >/dev/null
expect_exit 0 boxcar image pull localhost/test/built
identity=$(cut -d' ' -f1 "$SCENARIO/out")
expect_exit 0 boxcar image push localhost/test/built oci:built
boxcar image rm localhost/test/built >/dev/null
expect_exit 0 boxcar image import oci:built
expect_out "^$identity  localhost/test/built:latest$"
buildah rm --all >/dev/null
