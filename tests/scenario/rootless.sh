# An ordinary user runs containers as root does. What root alone can have is said once a run; the limits of a step are no reason not to
# run it. Where user namespaces are forbidden, that is said with what to do.
[ "$(id -u)" != 0 ] || exit 0
make_kliko_image test/who 'id -u >/output/id; touch /output/mine; chown 1:1 /output/mine 2>/dev/null && echo many >>/output/id || echo one >>/output/id
[ -w /sys/kernel ] && touch /sys/kernel/x 2>/dev/null && echo written >>/output/id || true' <<<'{schema_version: 4, io: split}'
cat >boxcar.yml <<'FLOW'
steps:
  a: {image: test/who, resources: {memory: 500Mi, cpu: 1}}
  b: {image: test/who, network: none}
FLOW
kind=many
[ -z "${one_id:-}" ] || kind=one
for runtime in crun runc; do
  BOXCAR_RUNTIME=$runtime expect_exit 0 boxcar run --json --store $runtime boxcar.yml
  for step in a b; do expect_text "$(json .steps.$step.result)/output/id" $'0\n'"$kind"; done
  [ "$(stat -c %u "$(json .steps.a.result)/output/mine")" = "$(id -u)" ] || fail "not the caller's"
  if grep -q ' cgroup ' /proc/self/mounts; then
    [ "$(grep -c 'neither memory nor the CPU can be limited.*version 1' "$SCENARIO/err")" = 1 ] || fail "$(cat "$SCENARIO/err")"
  fi
  [ "$(grep -c 'belong to one user, since no range in /etc/subuid' "$SCENARIO/err" || true)" = "${one_id:-0}" ] || fail "$(cat "$SCENARIO/err")"
done

expect_exit 3 forbidden boxcar run --store new boxcar.yml
expect_err 'entering a user namespace: .*: this machine forbids user namespaces; as root: sysctl -w user.max_user_namespaces=10000'
expect_exit 3 forbidden boxcar image import "oci:$(echo "$TMPDIR"/layout.* | cut -d' ' -f1)"
expect_err 'this machine forbids user namespaces'
expect_exit 0 forbidden boxcar image --help
