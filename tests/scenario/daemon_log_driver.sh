# A daemon that by default keeps no log: what a step prints is not lost, also once its runner was killed and its container is taken up.
stop_daemon
LOG_DRIVER=none start_daemon
if [ "$BOXCAR_TEST_ENGINE" = docker ]; then
  [ "$(ask_daemon GET /info | jq -r .LoggingDriver)" = none ] || fail "not such a daemon"
fi
make_kliko_image test/slow 'echo began; echo x >/output/began; sleep 3; echo "went on"' <<<'{schema_version: 4, io: split}'
boxcar tool --output out test/slow >first.log 2>&1 &
begun() { ls .kliko/work/*/result/output/began; }
wait_until begun
kill -9 $!
wait $! || true
expect_exit 0 boxcar tool --output out test/slow
expect_exit 0 boxcar logs
expect_in "$SCENARIO/out" began 'went on'
