# cache: false always runs; cache: {max_age: …} runs again once the result is older.
make_kliko_image test/now 'cat /proc/uptime >/output/at' <<<'{schema_version: 4, io: split}'
cat >boxcar.yml <<'FLOW'
workflow: policy
steps:
  always: {image: test/now, cache: false}
  aging: {image: test/now, cache: {max_age: 1s}, env: {N: "1"}}
  young: {image: test/now, cache: {max_age: 1d}, env: {N: "2"}}
FLOW
expect_exit 0 boxcar run boxcar.yml --json
expect_json '[.steps[].status] == ["succeeded", "succeeded", "succeeded"]'
sleep 1.1
expect_exit 0 boxcar run boxcar.yml --json
expect_json '[.steps[].status] == ["succeeded", "succeeded", "cached"]'

# What leaves the same bytes again tells its own time, not that of the result that stays.
make_kliko_image test/same 'while read now rest </proc/uptime; [ ${now%.*} -lt $UNTIL ]; do sleep 0.1; done; echo same >/output/same' <<<'{schema_version: 4, io: split}'
read -r now rest </proc/uptime
echo "steps: {a: {image: test/same, cache: false, env: {UNTIL: \"$((${now%.*} + 8))\"}}}" >same.yml
expect_exit 0 boxcar run same.yml --json
before=$(json .steps.a.seconds)
expect_exit 0 boxcar run same.yml --json
expect_json ".steps.a.seconds < $before"
