# kill -9 at random moments of a run of 20 steps, then a new run: it ends right, all results are byte for byte those of an undisturbed
# one, nothing is left over. On the embedded engine containers end with the runner; in every fourth round the watcher is killed too, so that
# only the next run can clear up. Daemons' containers run on, and the next run takes up what it can.
. "$SOURCE/tests/fault_lib.sh"
rounds=${ROUNDS:-$([ -n "${DAEMON:-}" ] && echo 4 || echo 12)} seed=${SEED:-$(date +%N | sed 's/^0*//')}
echo "SEED=$seed"
RANDOM=$((seed % 32768))
twenty_steps
temporary=$(ls -A "$TMPDIR")
began=$(milliseconds)
expect_exit 0 boxcar run boxcar.yml --store "$PWD/right" -j 4
takes=$(($(milliseconds) - began))
right=$(signature right)
start=$(milliseconds)
text=$(cat out/text)
killed=0 watchers=0 taken_up=0 computed=0 known=0
held=$(held_by_daemon)
# A result that was begun before keeps the directory in which it was.
directories() { find "$1" -mindepth $2 -maxdepth $2 -type d -exec stat -c "%i %w" {} + 2>/dev/null | sort || true; }
forget_store() { chmod -R u+w store && rm -rf store out; }
for ((round = 1; round <= rounds; round++)); do
  kills=$((1 + (RANDOM % 4 == 0))) # of two runs, one after the other
  while [ $kills -gt 0 ]; do
    after=$((RANDOM % takes))
    boxcar run boxcar.yml --store "$PWD/store" -j 4 >/dev/null 2>&1 &
    runner=$!
    sleep "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))"
    watcher=
    if [ -z "${DAEMON:-}" ] && [ $((round % 4)) = 0 ]; then
      for child in $(cat /proc/$runner/task/*/children 2>/dev/null || true); do
        [ "$(cat /proc/$child/comm 2>/dev/null || true)" != boxcar-watcher ] || watcher=$child
      done
    fi
    kill -KILL $runner $watcher 2>/dev/null || true
    code=0
    wait $runner || code=$?
    if [ $code != 137 ]; then # it had ended by then: another run, another moment
      [ $code = 0 ] || fail "a run that nobody killed exited with $code"
      forget_store
      continue
    fi
    kills=$((kills - 1)) killed=$((killed + 1))
    if [ -z "$watcher" ]; then
      # Who had no watcher yet leaves his lock file to the next run.
      [ -n "${DAEMON:-}" ] || no_leftovers "/boxcar/runs/"
    else
      watchers=$((watchers + 1))
      wait_until test ! -e /proc/$watcher # it holds the run's lock
    fi
  done
  directories store/work 2 >begun
  expect_exit 0 boxcar run boxcar.yml --store "$PWD/store" -j 4 --json
  echo "round $round, killed after $after ms"
  again=$(json '[.steps[] | select(.status == "succeeded")] | length')
  continued=$(directories store 2 | comm -12 begun - | wc -l)
  taken_up=$((taken_up + continued)) computed=$((computed + again - continued)) known=$((known + 20 - again))
  same_results store "$right"
  expect_text out/text "$text"
  no_leftovers
  nothing_left store
  daemon_holds "$held"
  forget_store
done
# Runtimes make files of their own there, where nobody tells them of a better place.
no_runtime_files() { [ -z "$(find /tmp -maxdepth 1 \( -name 'crun.??????' -o -name 'runc.??????' \) -user "$(id -u)" -newer right)" ]; }
wait_until no_runtime_files
figure "random_kills: $rounds rounds in $((($(milliseconds) - start) / 1000)) s, killed $killed times within $takes ms, $watchers times with its watcher," \
  "SEED=$seed; of the steps afterwards $known were known, $taken_up taken up, $computed computed: every result the undisturbed one, nothing left"
