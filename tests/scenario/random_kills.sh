# kill -9 at random moments of a run of 20 steps, then a new run: it ends right, all results are byte for byte those of an undisturbed
# one, nothing is left over. In every fourth round the watcher is killed with the runner, so that only the next run can clear up.
. "$SOURCE/tests/fault_lib.sh"
rounds=${ROUNDS:-12} seed=${SEED:-$(date +%N | sed 's/^0*//')}
echo "SEED=$seed"
RANDOM=$((seed % 32768))
twenty_steps
temporary=$(ls -A "$TMPDIR")
began=$(milliseconds)
expect_exit 0 boxcar run boxcar.yml --store "$PWD/right" -j 4
takes=$(($(milliseconds) - began))
right=$(signature right)
text=$(cat out/text)
killed=0 watchers=0
for ((round = 1; round <= rounds; round++)); do
  rm -rf out
  times=$((1 + (RANDOM % 4 == 0))) # of two runs, one after the other
  while [ $((times--)) -gt 0 ]; do
    after=$((RANDOM % takes))
    boxcar run boxcar.yml --store "$PWD/store" -j 4 >/dev/null 2>&1 &
    runner=$!
    sleep "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))"
    watcher=
    if [ $((round % 4)) = 0 ]; then
      for child in $(cat /proc/$runner/task/*/children 2>/dev/null || true); do
        [ "$(cat /proc/$child/comm 2>/dev/null || true)" != boxcar-watcher ] || watcher=$child
      done
    fi
    kill -KILL $runner $watcher 2>/dev/null || true
    code=0
    wait $runner || code=$?
    [ $code != 137 ] || killed=$((killed + 1))
    if [ -z "$watcher" ]; then
      no_leftovers
    else
      watchers=$((watchers + 1))
      wait_until test ! -e /proc/$watcher # it holds the run's lock
    fi
  done
  expect_exit 0 boxcar run boxcar.yml --store "$PWD/store" -j 4
  echo "round $round, killed after $after ms"
  same_results store "$right"
  expect_text out/text "$text"
  no_leftovers
  nothing_left store
  chmod -R u+w store && rm -rf store
done
[ $((killed * 2)) -gt "$rounds" ] || fail "it was killed only $killed times in $rounds rounds"
figure "random_kills: $rounds rounds, killed $killed times within $takes ms, $watchers times with its watcher, SEED=$seed: every result the undisturbed one, nothing left"
