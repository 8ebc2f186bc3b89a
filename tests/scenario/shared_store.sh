# Two boxcars on one store, with the same workflow and with two that share most steps: each key is computed once, both end right. In every
# other round gc runs in a loop beside them, for all that nobody uses: it removes nothing that they read.
. "$SOURCE/tests/fault_lib.sh"
rounds=${ROUNDS:-5}
twenty_steps
mkdir same other
cp boxcar.yml same/
sed 's/line: k3/line: another/' boxcar.yml >other/boxcar.yml
expect_exit 0 boxcar run boxcar.yml --store "$PWD/right" -j 4
expect_exit 0 boxcar run other/boxcar.yml --store "$PWD/right" -j 4
right=$(signature right)
cp out/text right.text
cp other/out/text other.text
computed=0
for ((round = 1; round <= rounds; round++)); do
  rm -rf out same/out other/out
  second=same
  [ $((round % 4)) -lt 2 ] || second=other
  touch gc.runs
  if [ $((round % 2)) = 0 ]; then
    while [ -e gc.runs ]; do
      [ -e store ] || continue
      boxcar gc --store "$PWD/store" --older-than 0s >>gc.log 2>&1 || echo "round $round: gc ended with $?" >>gc.failed
    done &
  fi
  boxcar run "$second/boxcar.yml" --store "$PWD/store" -j 3 --json >second.json 2>second.err &
  other=$!
  expect_exit 0 boxcar run boxcar.yml --store "$PWD/store" -j 3 --json
  wait $other || { cat second.err; fail "round $round: the second ended with $?"; }
  rm gc.runs
  wait
  [ ! -e gc.failed ] || fail "$(cat gc.failed; tail -5 gc.log)"
  cmp out/text right.text
  [ $second = other ] && cmp other/out/text other.text || cmp same/out/text right.text
  if [ $((round % 2)) = 1 ]; then
    jq -se '[.[].steps[] | select(.status == "succeeded").key] | length == (unique | length)' "$SCENARIO/out" second.json ||
      fail "round $round: computed twice: $(jq -c '.steps | map_values(.status)' "$SCENARIO/out" second.json)"
    [ $second = same ] || same_results store "$right"
    computed=$((computed + $(jq -s '[.[].steps[] | select(.status == "succeeded")] | length' "$SCENARIO/out" second.json)))
  fi
  chmod -R u+w store && rm -rf store
done
[ "$rounds" -lt 2 ] || [ -s gc.log ] || fail "gc never ran"
figure "shared_store: $rounds rounds, $computed steps computed in those without gc, each key once, $(wc -l <gc.log) lines of gc in the others: all ended right"
