# An image whose files and mount points are symlinks to the host reads and changes nothing there.
mkdir -p host/out host/etc
echo untouched | tee host/victim host/hosts >host/file
echo '{schema_version: 4, io: split, name: of-the-host}' >host/kliko.yml
echo 'evil:x:0:0::/:/bin/sh' >host/passwd
host=$PWD/host
before=$(find host -type f -exec sha256sum {} + -o -printf '%p %y %m\n' | sort)
spec='{schema_version: 4, io: split}'
root() { mkdir -p "$SCENARIO/tmp/$1"; cd "$SCENARIO/tmp/$1"; }
leads() { for place in "$@"; do mkdir -p "./$(dirname "$place")"; ln -sfn "$target" ".$place"; done; }

# What it declares, and whom it runs as.
root spec; ln -s "$host/kliko.yml" kliko.yml; ln -s "../../../../../..$host/kliko.yml" kliko; cd - >/dev/null
make_image test/spec "$SCENARIO/tmp/spec"
expect_exit 2 boxcar inspect test/spec
expect_not_in "$SCENARIO/out" of-the-host
root user; echo "$spec" >kliko.yml; printf '#!/bin/sh\nid -u >/output/id\n' >kliko; chmod 755 kliko
mkdir etc; ln -s "$host/passwd" etc/passwd; cd - >/dev/null
make_image test/user "$SCENARIO/tmp/user" user=evil
expect_exit 1 boxcar tool test/user
expect_err "user 'evil' is not in its /etc/passwd"

# Where things are mounted: by an absolute symlink, by one that climbs, by a way there.
for target in "$host/out" "../../../../../../../..$host/out"; do
  root "places.${#target}"; echo "$spec" >kliko.yml
  printf '#!/bin/sh\necho x >/output/x; cat /input/data /parameters.json >/output/read; cat /etc/hosts >/output/hosts\n' >kliko
  chmod 755 kliko; leads /input /output /tmp
  target=${target%/out}/hosts; leads /etc/hosts /etc/resolv.conf
  target=${target%/hosts}/victim; leads /parameters.json
  cd - >/dev/null
  make_image "test/places:${#target}" "$SCENARIO/tmp/places.$((${#target} - 3))"
  mkdir -p given; echo of the caller >given/data
  if boxcar tool --json --input given "test/places:${#target}" >"$SCENARIO/out" 2>"$SCENARIO/err"; then
    expect_text "$(json '.steps[].result')/output/x" x
    expect_not_in "$(json '.steps[].result')/output/hosts" untouched
  fi
done
for place in /proc /dev /sys /etc; do
  target=$host
  root "mount$place"; echo "$spec" >kliko.yml; printf '#!/bin/sh\necho x >/output/x\n' >kliko; chmod 755 kliko
  leads $place
  cd - >/dev/null
  make_image "test/mount:${place#/}" "$SCENARIO/tmp/mount$place"
  boxcar tool "test/mount:${place#/}" >"$SCENARIO/out" 2>"$SCENARIO/err" || true
done
[ "$(find host -type f -exec sha256sum {} + -o -printf '%p %y %m\n' | sort)" = "$before" ] || fail "the host was changed: $(find host)"
