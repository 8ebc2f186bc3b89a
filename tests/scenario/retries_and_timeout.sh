# retries: tries again after a non-zero exit, and each attempt keeps its log. timeout: ends a step, said as such.
make_kliko_image test/flaky 'read now rest </proc/uptime
echo "tried at $now"; [ ${now%.*} -ge $AFTER ] || { sleep 0.2; exit 1; }; touch /output/done' <<<'{schema_version: 4, io: split}'
make_kliko_image test/slow 'echo started; sleep 60' <<<'{schema_version: 4, io: split}'
read -r now rest </proc/uptime
cat >boxcar.yml <<FLOW
workflow: again
steps:
  in-time: {image: test/flaky, retries: 9, env: {AFTER: "$((${now%.*} + 1))"}}
  never: {image: test/flaky, retries: 1, env: {AFTER: "999999999"}}
  slow: {image: test/slow, timeout: 0.3s}
FLOW
expect_exit 1 boxcar run boxcar.yml --keep-going --json
expect_json '.status == "failed"' '.steps["in-time"].status == "succeeded"' '.steps.never.status == "failed"' \
  '.steps.never.attempts == 2' '.steps.never.exit_code == 1' '.steps.slow.status == "failed"' '.steps.slow.result == null' \
  '.steps.slow.seconds < 5'
expect_err 'slow.*(timeout|timed out|0.3)' '^step never: exited with code 1; attempt 2 of 2 in 0\.5s$'
run=$(json .run)
for attempt in 1 2; do
  grep -q 'tried at' ".boxcar/runs/$run/never.$attempt/log.jsonl" || fail "log of attempt $attempt"
done

# --keep-failed says where; what can't change by itself is not tried again.
expect_exit 1 boxcar run boxcar.yml --target slow --keep-failed
kept=$(sed -n 's/^step slow: its workspace is kept in //p' "$SCENARIO/err")
[ -d "$kept/result" ] || fail "no workspace in '$kept'"
if [ -z "${DAEMON:-}" ]; then
  expect_exit 3 env BOXCAR_RUNTIME=nope boxcar tool --json --store none test/slow
  expect_json '.steps.slow.attempts == 1'
  [ "$(grep -c 'is not installed' "$SCENARIO/err")" = 2 ] || fail "when it happened, and in the summary: $(cat "$SCENARIO/err")"
fi
