# The image's own ENV, USER and WORKDIR hold; nothing of the host's environment enters; hostname and umask are fixed.
root=$TMPDIR/environment
mkdir -p "$root/data"
printf 'schema_version: 4\nio: split\n' >"$root/kliko.yml"
printf '#!/bin/sh\n{ id -u; pwd; echo $FLAVOUR; echo ${LEAK-none}; umask; } >/output/seen; env | sort >/output/env; hostname >/output/host\n' >"$root/kliko"
chmod 755 "$root/kliko"
make_image test/environment "$root" env=FLAVOUR=vanilla user=1234:1234 workdir=/data
LEAK=me expect_exit 0 boxcar tool test/environment --output out
expect_text out/seen $'1234\n/data\nvanilla\nnone\n0022'
expect_not_in out/env "$(hostname)|$SCENARIO"
mv out/host host1
expect_exit 0 boxcar chain --json --rerun 1-environment test/environment
expect_text "$(json '.steps[].result')/output/host" "$(cat host1)"
