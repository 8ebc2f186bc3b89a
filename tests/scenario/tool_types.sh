# Every type reaches /parameters.json as itself; defaults are merged in, what has neither value nor default is null.
make_kliko_image test/show 'cat /parameters.json >/output/seen.json' <<'SPEC'
schema_version: 4
io: split
sections:
  - name: all
    description: every type
    fields:
      - {name: tel, type: choice, choices: {meerkat: M, kat-7: K}, initial: kat-7}
      - {name: text, type: str}
      - {name: hours, type: float, initial: 4.0}
      - {name: channels, type: int, required: true}
      - {name: fast, type: bool, initial: false}
      - {name: nothing, type: str}
      - {name: numbers, type: "List[int]"}
      - {name: ratios, type: "List[float]", initial: [0.5]}
      - {name: flags, type: "List[bool]"}
      - {name: words, type: "List[str]"}
SPEC
expect_exit 0 boxcar tool test/show --output out --tel meerkat --text 'with "quotes" and ünïcode' --hours 10 --channels -3 \
 --fast true --numbers 1 2 3 --flags true false --words a 'b c'
mv out/seen.json "$SCENARIO/out"
expect_json '.tel == "meerkat"' '.text == "with \"quotes\" and ünïcode"' '.hours == 10' '.channels == -3' '.fast == true' \
  '.nothing == null' 'has("nothing")' '.numbers == [1, 2, 3]' '.ratios == [0.5]' '.flags == [true, false]' '.words == ["a", "b c"]'
expect_exit 0 boxcar tool test/show --output out2 --channels 1
mv out2/seen.json "$SCENARIO/out"
expect_json '.tel == "kat-7"' '.hours == 4' '.fast == false' '.words == null' '(keys | length) == 10'

# A float is one value in every form; an int is none.
status() {
  expect_exit 0 boxcar tool --json test/show --channels 1 "$@"
  json .steps.show.status
}
[ "$(status --hours 10 --ratios 1 2.5)" = succeeded ] || fail "known before"
[ "$(status --hours 10.0 --ratios 1.0 2.50)$(status --hours 1e1 --ratios 1 25e-1)" = cachedcached ] || fail "10.0 is not 10"
grep -q '"hours": 10.0,' "$(json .steps.show.result)/output/seen.json" || fail "not 10.0"
expect_exit 2 boxcar tool test/show --channels 1.0
