# Types are strict, and a call that is wrong is refused before anything starts, all of it at once.
make_kliko_image test/strict 'echo ran >/output/ran' <<'SPEC'
schema_version: 4
io: split
sections:
  - name: s
    description: d
    fields:
      - {name: tel, type: choice, choices: {meerkat: M, kat-7: K}}
      - {name: hours, type: float}
      - {name: channels, type: int, required: true}
      - {name: fast, type: bool}
      - {name: short, type: str, max_length: 3}
      - {name: sky, type: file}
SPEC
expect_exit 2 boxcar tool test/strict --channels 2.5 --hours long --fast=maybe --tel ska --short four
expect_err 'channels' 'hours' 'fast' 'tel.*meerkat' 'short.*3'
expect_exit 2 boxcar tool test/strict --channels 1 --sky missing.txt
expect_err 'missing.txt'
expect_exit 2 boxcar tool test/strict --channels 1 --chanels 3
expect_err 'chanels.*channels'
expect_exit 2 boxcar tool test/strict
expect_err 'channels'
expect_exit 0 boxcar tool test/strict --channels 1 --short äöü  # three characters, six bytes
expect_exit 2 boxcar tool --pull never test/missing
expect_err 'test/missing'
