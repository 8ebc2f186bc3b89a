# Where Podman listens nowhere, boxcar starts its service for the run: without the caller's variables, which may be secrets.
export ASAN_OPTIONS=detect_leaks=0 # below strace nobody can look for leaks
short=$(mktemp -d /tmp/bp.XXXXXX) # Podman wants at most 50 bytes
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$SCENARIO/tmp/graph" "$short" >storage.conf
printf '[engine]\nruntime="runc"\ncgroup_manager="cgroupfs"\nevents_logger="file"\n[containers]\ndefault_ulimits=["nofile=1024:1024","nproc=1024:1024"]\n' \
  >containers.conf
export CONTAINERS_STORAGE_CONF=$PWD/storage.conf CONTAINERS_CONF=$PWD/containers.conf
make_kliko_image test/waits 'printf %s "$TOKEN" >/output/text; echo ready; sleep 3' <<<'{schema_version: 4, io: split}'
boxcar image push test/waits containers-storage:docker.io/test/waits:latest >/dev/null
export OTHER=other-$RANDOM$RANDOM MY_TOKEN=token-$RANDOM$RANDOM
cat >boxcar.yml <<'WF'
steps: {waits: {image: test/waits, network: none, secrets: {TOKEN: {env: MY_TOKEN}}}}
WF
boxcar run boxcar.yml --engine podman --json >"$SCENARIO/out" 2>"$SCENARIO/err" &
runner=$!
ready() { grep -q '"ready"' .boxcar/runs/*/waits.1/log.jsonl; }
wait_until ready
service=$(pgrep -P "$runner" -x podman)
grep -qz CONTAINERS_CONF= "/proc/$service/environ" || fail "the service lacks what it goes by"
for process in $service $(pgrep -x conmon); do
  if grep -aqE "$OTHER|$MY_TOKEN" "/proc/$process/environ" 2>/dev/null; then fail "in the environment of $(cat /proc/$process/comm)"; fi
done
wait $runner || { cat "$SCENARIO/err"; fail "the run failed"; }
expect_text "$(json .steps.waits.result)/output/text" "$MY_TOKEN"

# One service is enough for a call, which looks into an image first.
expect_exit 2 strace -f -qq -e trace=execve -e signal=none -o calls boxcar tool --engine podman test/waits # its TOKEN is missing
[ "$(grep -c '"system", "service".* = 0$' calls)" = 1 ] || fail "$(grep '"service"' calls)"

# Who removes what no container uses while a run lasts takes its seccomp profiles: they are given once more.
cat >pruned.yml <<'WF'
steps: {one: {image: test/waits, env: {TOKEN: one}}, two: {image: test/waits, env: {TOKEN: two}, after: [one]}}
WF
XDG_RUNTIME_DIR=$short boxcar run pruned.yml --store pruned --engine podman 2>"$SCENARIO/err" &
runner=$!
wait_until bash -c "grep -qs ready pruned/runs/*/one.1/log.jsonl"
podman volume prune --force | grep -q seccomp || fail "nothing was removed"
wait $runner || { cat "$SCENARIO/err"; fail "the run failed"; }
expect_err 'step two: boxcar.s seccomp profiles were removed from Podman [0-9.]+, and are there again; attempt 2 of 3'

# What a killed boxcar left of its service goes with the next one.
XDG_RUNTIME_DIR=$short boxcar run pruned.yml --store killed --engine podman 2>"$SCENARIO/err" &
runner=$!
wait_until bash -c "grep -qs ready killed/runs/*/one.1/log.jsonl"
kill -9 $runner
wait $runner || true
left=$(echo "$short"/boxcar-podman-*)
[ -d "$left" ] || fail "nothing is left: $left"
XDG_RUNTIME_DIR=$short expect_exit 0 boxcar run pruned.yml --store killed --engine podman
[ ! -e "$left" ] || fail "still there: $left"
over() { ! pgrep -f "podman system service .*$left/"; }
wait_until over

# A service that can't start is not waited for, and what it says is told: by a run, and by doctor.
sed "s,vfs,nonsense,; s,tmp/graph,tmp/other,; s,$short,$short/other," storage.conf >broken.conf
export CONTAINERS_STORAGE_CONF=$PWD/broken.conf
before=$SECONDS
XDG_RUNTIME_DIR=$short expect_exit 3 boxcar run boxcar.yml --engine podman
expect_err "'podman system service' failed: .*nonsense"
[ $((SECONDS - before)) -lt 8 ] || fail "it was waited for"
[ -z "$(find "$short" -name 'boxcar-podman*')" ] || fail "left: $(find "$short")"
DOCKER_HOST=unix:///none expect_exit 0 boxcar doctor
expect_out "missing +daemon +'podman system service' failed: .*nonsense"
rm -r "$short"
