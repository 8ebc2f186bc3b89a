# Two boxcars on one store compute a step once; the other waits for it, or for what it left.
make_kliko_image test/slow 'sleep 0.7; cat /proc/uptime >/output/at' <<<'{schema_version: 4, io: split}'
boxcar chain --json test/slow >first 2>/dev/null &
expect_exit 0 boxcar chain --json test/slow
wait $!
cat first >>"$SCENARIO/out"
jq -se '[.[].steps[].status] | sort == ["cached", "succeeded"]' "$SCENARIO/out" || fail "computed twice: $(cat "$SCENARIO/out")"
