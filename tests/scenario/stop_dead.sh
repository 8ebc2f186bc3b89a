# boxcar stop of a run whose runner was killed ends what still runs of it, wherever it runs; a live run of the same store goes on.
make_kliko_image test/sleeps 'echo began >/output/text; echo began; sleep "$(sed "s/.*: *\([0-9]*\).*/\1/" /parameters.json)"' <<'SPEC'
schema_version: 4
io: split
sections: [{name: s, description: d, fields: [{name: n, type: int}]}]
SPEC
printf 'workflow: w\ninputs: {n: {type: int, default: 600}}\nsteps: {sleeps: {image: test/sleeps, params: {n: "${inputs.n}"}}}\n' >boxcar.yml
watcher_of() {
  local child
  for child in $(cat /proc/$1/task/*/children); do
    [ "$(cat /proc/$child/comm)" != boxcar-watcher ] || echo $child
  done
}
boxcar run --set n=15 boxcar.yml 2>live.log &
live=$!
boxcar run boxcar.yml 2>dead.log &
dead=$!
wait_until grep -q '] began' live.log
wait_until grep -q '] began' dead.log
run=$(sed -n 's/^run \([^:]*\):.*/\1/p' dead.log)
watcher=$(watcher_of $dead)
[ -z "$watcher" ] || kill -STOP $watcher # it would end the run
kill -KILL $dead $watcher
wait $dead || true
[ -n "${watcher:-${DAEMON:-}}" ] || fail "there was no watcher"
busy() { # processes in containers of that run
  { grep -l "/work/$run\." /proc/[0-9]*/mountinfo || true; } 2>/dev/null
  [ -z "${DAEMON:-}" ] || containers "boxcar.run=$run"
}
[ -n "$(busy)" ] || fail "nothing ran on"
expect_exit 0 boxcar stop "$run"
expect_err "^stopped run $run: its runner was dead, its containers were killed"
[ -z "$(busy)" ] || fail "left: $(busy)"
[ -z "$(find .boxcar/work -name "$run*")" ] || fail "left: $(ls .boxcar/work)"
expect_exit 0 boxcar stop "$run"
expect_err "run $run is over already: interrupted"
wait $live || { cat live.log; fail "the live run was disturbed"; }
