# Where Podman listens nowhere, boxcar starts its service for the run: without the caller's variables, which may be secrets.
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

# A service that can't start is not waited for, and what it says is told: by a run, and by doctor.
sed "s,vfs,nonsense,; s,tmp/graph,tmp/other,; s,$short,$short/other," storage.conf >broken.conf
export CONTAINERS_STORAGE_CONF=$PWD/broken.conf
before=$SECONDS
XDG_RUNTIME_DIR=$short expect_exit 3 boxcar run boxcar.yml --engine podman
expect_err "'podman system service' failed: .*nonsense"
[ $((SECONDS - before)) -lt 8 ] || fail "it was waited for"
[ -z "$(find "$short" -name 'boxcar-podman.*')" ] || fail "left: $(find "$short")"
DOCKER_HOST=unix:///none expect_exit 0 boxcar doctor
expect_out "missing +daemon +'podman system service' failed: .*nonsense"
rm -r "$short"
