# A gigabyte of output, one line of 100 MB, NUL bytes: the log is capped, and says so; memory does not grow.
make_kliko_image test/loud 'yes "a line of the log" | head -c ${BYTES}; touch /output/done' <<<'{schema_version: 4, io: split}'
make_kliko_image test/long 'head -c 100000000 /dev/zero | tr "\0" x; echo; echo after; touch /output/done' <<<'{schema_version: 4, io: split}'
make_kliko_image test/nul 'printf "a\0b\n"; printf "\377\n"; printf "end\033[2J\n"; touch /output/done' <<<'{schema_version: 4, io: split}'
cat >boxcar.yml <<'FLOW'
workflow: loud
steps:
  loud: {image: test/loud, env: {BYTES: 1000000000}}
  long: {image: test/long}
  nul: {image: test/nul}
FLOW
expect_exit 0 time -f %M -o "$SCENARIO/peak" timeout 60 boxcar run --json boxcar.yml
[ "$(cat "$SCENARIO/peak")" -lt 200000 ] || fail "a peak of $(cat "$SCENARIO/peak") kB"
expect_json '[.steps[].status] == ["succeeded", "succeeded", "succeeded"]'
loud=$(json .steps.loud.result)/log.jsonl
[ "$(stat -c %s "$loud")" -lt 140000000 ] || fail "log of $(stat -c %s "$loud") bytes"
tail -c 2000 "$loud" | tail -1 | grep -Ei 'cut|cap|limit|dropped|left out' || fail "a capped log says so: $(tail -c 300 "$loud")"
for step in loud long nul; do
  jq -e . "$(json .steps.$step.result)/log.jsonl" >/dev/null || fail "log.jsonl of $step is no JSON"
done
expect_exit 0 boxcar logs "$(json .run)/nul"
[ "$(grep -c . "$SCENARIO/out")" -ge 3 ] || fail "three lines"
