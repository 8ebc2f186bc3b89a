# Ctrl-C while a large input is hashed, or a large result: exit code 130, nothing left, and the next run is right. A result that is
# being kept is finished first; a second Ctrl-C gives it up.
make_kliko_image test/big 'echo waiting; truncate -s "$(cat /param_files/size)" /output/big' <<'SPEC'
schema_version: 4
io: split
sections: [{name: s, description: d, fields: [{name: size, type: file, required: true}]}]
SPEC
# interrupted SECONDS PATTERN SIGNAL…: so long after stderr says so; and how long it may take
interrupted() {
  local most=$1 pattern=$2 code=0
  shift 2
  : >"$SCENARIO/err"
  set -m
  boxcar tool --json test/big --size size >"$SCENARIO/out" 2>"$SCENARIO/err" &
  set +m
  wait_until grep -q "$pattern" "$SCENARIO/err"
  sleep 0.5
  SECONDS=0
  for signal in "$@"; do
    kill "-$signal" $!
    sleep 0.2
  done
  wait $! || code=$?
  [ $code = 130 ] && [ $SECONDS -le "$most" ] || { cat "$SCENARIO/err"; fail "exit code $code after $SECONDS s"; }
  expect_json '.status == "cancelled"'
  no_leftovers
  [ -z "$(ls -A .kliko/work)" ] || fail "left: $(find .kliko)"
}
truncate -s 60G size
interrupted 5 '^run ' INT
[ -z "$(find .kliko -name manifest.json)" ] || fail "a result of nothing"

echo 60G >size
interrupted 5 waiting INT INT
expect_json '.steps.big.status == "cancelled"' '.steps.big.result == null'
[ -z "$(find .kliko -name manifest.json)" ] || fail "a result that was given up"
echo 3G >size
interrupted 60 waiting INT
expect_exit 0 boxcar tool --json test/big --size size
expect_json '.steps.big.status == "cached"'
[ "$(stat -c %s "$(json .steps.big.result)/output/big")" = 3221225472 ] || fail "not as the container left it"
echo 1M >size
expect_exit 0 boxcar tool --json test/big --size size
[ "$(stat -c %s "$(json .steps.big.result)/output/big")" = 1048576 ] || fail "not as the container left it"
