# network: none has loopback only; by default the host's network is there.
make_kliko_image test/interfaces 'ls /sys/class/net >/output/names 2>/dev/null || cut -d: -f1 /proc/net/dev | tail -n +3 | tr -d " " >/output/names' \
  <<<'{schema_version: 4, io: split}'
cat >boxcar.yml <<'FLOW'
workflow: network
steps:
  none: {image: test/interfaces, network: none}
  host: {image: test/interfaces}
FLOW
expect_exit 0 boxcar run --json boxcar.yml
expect_text "$(json .steps.none.result)/output/names" lo
host=$(json .steps.host.result)/output/names
[ "$(sort "$host")" = "$(ls /sys/class/net | sort)" ] || fail "the host's interfaces: $(cat "$host")"
[ "$(json .steps.none.key)" != "$(json .steps.host.key)" ] || fail "the network is part of the key"
