# An import that is killed at any moment leaves an image that is whole or none, and nothing that stays: the next import removes it.
mkdir root
echo '{schema_version: 4, io: split}' >root/kliko.yml
printf '#!/bin/sh\ncat /many/* | wc -c >/output/bytes\n' >root/kliko
chmod 755 root/kliko
mkdir -p layer/many
for i in 1 2 3 4; do
  for j in $(seq 300); do head -c 50000 /dev/zero >"layer/many/$i.$j"; done
  tar -C layer -cf "$i.tar" . && rm layer/many/*
done
"$SOURCE/tests/make_image.sh" layout test/large root base="$(busybox_layer)" base=1.tar base=2.tar base=3.tar base=4.tar
images=$XDG_DATA_HOME/boxcar/images
whole() { # none of it, or all; one that has no name yet is none
  expect_exit 0 boxcar image ls --json
  [ "$(json 'map(select(.reference != "")) | length')" = 0 ] && return 1
  expect_exit 0 boxcar tool --store .kliko --output out test/large
  expect_text out/bytes 60000000
}
killed=0
for hundredths in 01 03 06 10 15 20 30 40 60; do
  timeout -s KILL 0.$hundredths boxcar image import oci:layout >/dev/null 2>&1 || killed=$((killed + 1))
  if whole; then boxcar image rm test/large; fi
done
[ $killed -gt 1 ] || fail "it was never killed"
expect_exit 0 boxcar image import oci:layout
whole || fail "no image"
[ -z "$(ls "$images/tmp")" ] || fail "left: $(ls "$images/tmp")"
expect_exit 0 boxcar image rm test/large
expect_exit 0 boxcar image prune
[ -z "$(ls "$images/layers"*)" ] || fail "left: $(ls "$images/layers"*)"
