# The image that tests/vm_inside.sh runs, as an OCI layout: vm_images.sh DIR. Of busybox; what it does is its parameter.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/tmp"
cp /bin/busybox "$work/bin/"
for applet in $(/bin/busybox --list); do [ "$applet" = busybox ] || ln -s busybox "$work/bin/$applet"; done
cat >"$work/kliko.yml" <<'SPEC'
schema_version: 4
io: split
sections: [{name: s, description: d, fields: [{name: do, type: str, required: true}]}]
SPEC
cat >"$work/kliko" <<'SCRIPT'
#!/bin/sh
case $(sed -E 's/.*"do": ?"([a-z]*)".*/\1/' /parameters.json) in
  eat | devour) dd if=/dev/zero of=/dev/null bs=80M count=1 && echo eaten >/output/bytes ;;
  burn)
    from=$(sed 's/\..*//' /proc/uptime)
    for i in 1 2; do timeout 4 sh -c 'while :; do :; done' & done
    wait
    awk -v from="$from" 'NR == FNR { took = $1 - from; next } { printf "%.0f\n", ($16 + $17) / took }' /proc/uptime /proc/$$/stat >/output/percent ;;
  sleep)
    setsid sleep 4711 &
    echo sleeping
    trap '' TERM
    sleep 4711 ;;
  label) cat /proc/self/attr/current >/output/label ;;
esac
SCRIPT
chmod 755 "$work/kliko"
"$here/make_image.sh" "$1" test/do "$work"
