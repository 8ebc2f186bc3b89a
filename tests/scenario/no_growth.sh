# A run of many short steps holds no more at its end than after a hundred: descriptors, mounts, cgroups, zombies, files below /run/boxcar,
# containers of a daemon, and memory but for what it knows of each step.
. "$SOURCE/tests/fault_lib.sh"
steps=${STEPS:-500}
make_kliko_image test/plain </dev/null
{
  printf 'workflow: many\nsteps:\n'
  for ((i = 1; i <= steps; i++)); do echo "  s$i: {image: test/plain, tool: {command: [\"true\", \"$i\"]}}"; done
} >boxcar.yml
# The image of boxcar's helper stays with a daemon.
[ -z "${DAEMON:-}" ] || expect_exit 0 boxcar run boxcar.yml --target s1 --store "$PWD/once"
held=$(held_by_daemon)
boxcar run boxcar.yml -j 2 >/dev/null 2>log &
runner=$!
sample() { # RSS in kB, descriptors, mounts, cgroups, zombies, files, containers
  local run
  run=$(sed -n 's/^run \([^:]*\):.*/\1/p;1q' log)
  echo "$(awk '/VmRSS/ { print $2 }' /proc/$runner/status) $(ls /proc/$runner/fd | wc -l) $(wc -l </proc/$runner/mountinfo)" \
    "$(find /sys/fs/cgroup -path "*$run/*" -type d 2>/dev/null | wc -l)" \
    "$(cat /proc/$runner/task/*/children | tr ' ' '\n' | grep . | while read -r p; do grep -s '^State:.Z' "/proc/$p/status" || true; done | wc -l)" \
    "$(nsenter -t $runner -m find /run/boxcar/state 2>/dev/null | wc -l)" "$([ -z "${DAEMON:-}" ] || containers | wc -l)"
}
ended() { grep -c ': succeeded' log || true; }
most() { awk '{ for (i = 1; i <= 7; i++) if ($i > m[i]) m[i] = $i } END { for (i = 1; i <= 7; i++) printf "%d ", m[i]; print "" }'; }
while kill -0 $runner 2>/dev/null; do
  n=$(ended)
  { s=$(sample) && [ "$(wc -w <<<"$s")" -ge 6 ] && echo "$n $s" >>samples; } 2>/dev/null || true
  sleep 0.1
done
wait $runner
[ "$(ended)" = "$steps" ] || fail "$(tail -5 log)"
window=$((steps / 5))
awk -v w=$window '$1 >= 100 && $1 < 100 + w { $1 = ""; print }' samples | most >first
awk -v from=$((steps - window)) '$1 >= from { $1 = ""; print }' samples | most >last
read -r rss fds mounts cgroups zombies files containers <first
read -r rss2 fds2 mounts2 cgroups2 zombies2 files2 containers2 <last
[ "${rss:-0}" -gt 0 ] && [ "${fds:-0}" -gt 0 ] && [ "${mounts:-0}" -gt 0 ] && [ "${rss2:-0}" -gt 0 ] && [ "${fds2:-0}" -gt 0 ] &&
  [ "${mounts2:-0}" -gt 0 ] || fail "no samples in one of the windows: $(cut -d' ' -f1 samples | uniq -c)"
daemon_holds "$held"
figure "no_growth: $steps steps; kB, descriptors, mounts, cgroups, zombies, files, containers: $(cat first)from step 100, $(cat last)at the end"
[ $((rss2 - rss)) -lt $((8192 + steps * 2)) ] && [ $((fds2 - fds)) -lt 12 ] && [ $((mounts2 - mounts)) -lt 4 ] &&
  [ $((cgroups2 - cgroups)) -lt 12 ] && [ $((zombies2 - zombies)) -lt 3 ] && [ $((files2 - files)) -lt 24 ] && [ $((containers2 - containers)) -lt 4 ] || fail "it grew"
