# An image that only boxcar's own store has is given to the daemon; key and result are those of the embedded engine. So is one in a
# layout, however its layers are compressed. No name of a user's is touched, and nothing is copied on this machine.
layout() { # DIRECTORY NAME [OPTION…]
  mkdir -p root
  echo '{schema_version: 4, io: split, sections: [{name: s, description: d, fields: [{name: text, type: str}]}]}' >root/kliko.yml
  printf '#!/bin/sh\necho "$GREETING $(id -u) $(cat /parameters.json)" >/output/text\n' >root/kliko
  chmod 755 root/kliko
  echo "$2" >root/name
  find root -exec touch -d @1600000000 {} +
  "$SOURCE/tests/make_image.sh" "$1" "$2" root base="$(busybox_layer)" "${@:3}"
}
embedded() { BOXCAR_ENGINE=embedded boxcar "$@"; }
same_there() { # IMAGE GREETING [FIRST]: on both engines, each with a store of its own
  expect_exit 0 embedded tool --store "${3:-here}" --json "$1" --text x
  local key
  key=$(json '.steps[].key')
  expect_exit 0 boxcar tool --store there --json "$1" --text x
  expect_json ".steps[].key == \"$key\"" '.steps[].status == "succeeded"'
  expect_text "$(json '.steps[].result')/output/text" "$2 ${4:-0} {\"text\": \"x\"}"
  expect_exit 0 boxcar tool --store "${3:-here}" --json "$1" --text x
  expect_json '.steps[].status == "cached"'
  [ -z "$(ls "$XDG_DATA_HOME/boxcar/images/tmp")" ] || fail "left: $(find "$XDG_DATA_HOME/boxcar/images/tmp")"
}
known() { ask_daemon GET "/images/json" | jq -r '.[].RepoTags[]?'; }
layout own test/own env=GREETING=moin user=1234
expect_exit 0 boxcar image import oci:own
expect_exit 0 boxcar tool --dry-run --store elsewhere test/own --text x
expect_err '^own +runs: '
! known | grep -q boxcar.local/test || fail "a dry run changed something: $(known)"
layout dry test/dry
expect_exit 0 boxcar tool --dry-run --store elsewhere oci:dry --text x
! known | grep -q boxcar.local/test || fail "a dry run changed something: $(known)"
expect_exit 0 boxcar tool --store elsewhere test/own --text x
expect_err '^loading docker.io/test/own:latest into (Docker|Podman) [0-9.]+$'
same_there test/own moin here 1234
expect_not_in "$SCENARIO/err" '^loading' # it has it now
known | grep -qE '^boxcar.local/test/own:[0-9a-f]{64}$' || fail "called otherwise: $(known)"
! known | grep -q '^docker.io' || fail "a name was taken: $(known)"
layout own test/own env=GREETING=hello # another by that name, of the same layers
expect_exit 0 boxcar image import oci:own
same_there test/own hello

# A layer that was altered since is not given away.
layout altered test/altered
boxcar image import oci:altered >/dev/null
echo more >"$(grep -lx test/altered "$XDG_DATA_HOME"/boxcar/images/layers*/*/tree/name)"
expect_exit 3 boxcar tool test/altered --text x
expect_err 'altered'
! known | grep -q altered || fail "half an image: $(known)"

# Straight from a layout, whose layers gzip or zstd compressed; and in a daemon that sees none of this machine's files.
for format in gzip zstd; do
  layout plain test/plain env=GREETING=$format
  skopeo --insecure-policy copy -q --dest-compress-format $format --dest-compress oci:plain oci:$format:test/$format
  same_there oci:$format $format here.$format
done
[ "$(id -u)" = 0 ] || return 0 # who may start a daemon
stop_daemon
HIDDEN=$SCENARIO start_daemon
layout far test/far env=GREETING=far
expect_exit 0 boxcar image import oci:far
same_there test/far far
stop_daemon
start_daemon
