# Runs as root in the machine of tests/vm.sh, by systemd, when that is up: vm_inside.sh [PART…]. A line of what was found for each check.
# Parts: root user apparmor detach, and any that is a regular expression for CTest, as engine or scenario_chain.
set -u
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 HOME=/root
layout=${LAYOUT:-/layout}
failed=0
ok() { echo "ok      $*"; }
fail() { # WHAT LOG
  failed=1
  echo "FAILED  $1"
  [ $# = 1 ] || tail -n 40 "$2" | sed 's/^/        /'
}
# holds WHAT LOG REGEX…: each is found in LOG.
holds() {
  local what=$1 log=$2 regex
  shift 2
  for regex; do grep -qE -- "$regex" "$log" || { fail "$what: no '$regex'" "$log"; return; }; done
  ok "$what"
}
wait_until() { local i; for ((i = 0; i < 600; i++)); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; return 1; }
groups() { find /sys/fs/cgroup -type d -path '*/boxcar/*'; }

# Where as alice: with a session of her own, by PAM, as one who logs in by ssh; and by her own systemd, in a scope that is hers.
in_session() { systemd-run --quiet --wait --pipe --collect -p PAMName=login -p User=alice -p WorkingDirectory=/home/alice -E HOME=/home/alice "$@"; }
by_her_systemd() { runuser -u alice -- env HOME=/home/alice XDG_RUNTIME_DIR="/run/user/$(id -u alice)" "$@"; }
delegated() { by_her_systemd systemd-run --user --quiet --scope -p Delegate=yes "$@"; }

# limits WHO DIRECTORY COMMAND…: that command, before `boxcar`, runs it where limits hold.
limits() {
  local who=$1 log=$2/log peak percent
  cd "$2" || exit 1
  shift 2
  "$@" boxcar run --keep-going flow.yml >"$log" 2>&1
  holds "$who: killed for memory is said as such" "$log" 'small.*memory.*50'
  peak=$("$@" sqlite3 "$state" "select max(peak_memory) from steps where name = 'eat'")
  if [ "${peak:-0}" -gt 80000000 ] && [ "$peak" -lt 120000000 ]; then ok "$who: peak memory $peak of a step that takes 80 MiB"; else fail "$who: peak memory $peak" "$log"; fi
  percent=$(cat .boxcar/*/*/output/percent)
  if [ "${percent:-0}" -gt 1 ] && [ "$percent" -lt 40 ]; then ok "$who: a limit of 20 % of a core gave $percent %"; else fail "$who: CPU $percent %" "$log"; fi
  wait_until eval '[ -z "$(groups)" ]' && ok "$who: no group is left" || fail "$who: left: $(groups)"
}
write_flow() {
  cat >"$1/flow.yml" <<'YML'
workflow: flow
steps:
  eat: {image: test/do, params: {do: eat}, resources: {memory: 300Mi}}
  small: {image: test/do, params: {do: devour}, resources: {memory: 50Mi}}
  burn: {image: test/do, params: {do: burn}, resources: {cpu: 0.2}}
YML
  printf 'workflow: sleep\nsteps:\n  sleep: {image: test/do, params: {do: sleep}}\n' >"$1/sleep.yml"
  printf 'workflow: label\nsteps:\n  label: {image: test/do, params: {do: label}}\n' >"$1/label.yml"
}
sleepers() { pgrep -fx 'sleep 4711'; }

root() {
  local state=/root/.local/state/boxcar/runs.db
  mkdir -p /root/work && write_flow /root/work && cd /root/work || exit 1
  boxcar doctor >doctor 2>&1
  holds "root: $(crun --version | head -1) as Debian has it; doctor knows" doctor 'ok +runtime +crun [0-9.]+ runs a container' \
    'ok +cgroups +version 2: memory and the CPU can be limited'
  boxcar image import "oci:$layout" >/dev/null
  limits root /root/work env
  BOXCAR_RUNTIME=runc boxcar run --store runc --target small flow.yml >log 2>&1
  holds "root, $(runc --version | head -1): killed for memory" log 'small.*memory.*50'
  boxcar run sleep.yml >log 2>&1 &
  local runner=$!
  if wait_until sleepers; then
    kill -9 $runner
    local from=${EPOCHREALTIME/./}
    wait_until eval '! sleepers && [ -z "$(groups)" ]' && ok "root: runner killed, processes and groups gone after $(((${EPOCHREALTIME/./} - from) / 1000)) ms" ||
      fail "root: left: $(sleepers) $(groups)"
  else
    fail "root: no container" log
  fi
}

user() {
  local home=/home/alice state=/home/alice/.local/state/boxcar/runs.db
  mkdir -p $home/work && write_flow $home/work && chown -R alice: $home
  cd $home/work || exit 1
  cp -r "$layout" /home/alice/layout && chmod -R a+rX /home/alice
  in_session boxcar image import oci:$home/layout >log 2>&1 || fail "user: import" log
  in_session boxcar doctor >log 2>&1
  holds "user, in a session: doctor says how to have limits" log 'ok +ids +subordinate ids' 'ok +runtime +crun' 'warning +cgroups' 'systemd-run --user --scope -p Delegate=yes'
  in_session sh -c 'cd work && boxcar run --store session --target burn flow.yml' >log 2>&1
  holds "user, in a session: a clear warning" log 'neither memory nor the CPU can be limited.*systemd-run --user --scope -p Delegate=yes' succeeded
  loginctl enable-linger alice
  wait_until test -S "/run/user/$(id -u alice)/systemd/private"
  delegated boxcar doctor >log 2>&1
  holds "user, delegated: doctor" log 'ok +cgroups +version 2: memory and the CPU can be limited'
  limits "user, delegated" $home/work delegated
  BOXCAR_RUNTIME=runc delegated boxcar run --store runc --target small flow.yml >log 2>&1
  holds "user, delegated, runc: killed for memory" log 'small.*memory.*50'
  # A program of her systemd beside others, as a terminal of a desktop is.
  by_her_systemd systemd-run --user --quiet --wait --pipe --collect -p WorkingDirectory=$home/work sh -c 'boxcar run --store desktop --target small flow.yml; true' >log 2>&1
  holds "user, in a desktop's session: killed for memory" log 'small.*memory.*50'
}

apparmor() {
  mkdir -p /root/work && write_flow /root/work && cd /root || exit 1
  boxcar image import "oci:$layout" >/dev/null
  ok "apparmor: $(apparmor_parser --version | head -1), $(sysctl kernel.unprivileged_userns_clone kernel.apparmor_restrict_unprivileged_userns 2>&1 | tr '\n' ' ')"
  [ ! -e /etc/apparmor.d/boxcar ] && ok "apparmor: the package has put no profile in force" || fail "apparmor: a profile is in force"
  apparmor_parser -Q -K /source/share/apparmor/boxcar >log 2>&1 && fail "apparmor: this parser can read the profile: it should be in force" ||
    holds "apparmor: this parser can't read the profile, $(head -n 1 log)" log 'abi/4.0|userns'
  # What of it this one knows: the name, where it applies, that it confines nothing.
  sed '/^abi/d; /userns,/d' /source/share/apparmor/boxcar >profile && apparmor_parser -r -K profile >log 2>&1 || fail "apparmor: loading" log
  boxcar run --rerun label /root/work/label.yml >log 2>&1
  label=$(cat .boxcar/*/*/output/label /root/work/.boxcar/*/*/output/label 2>/dev/null)
  [ "$label" = 'boxcar (unconfined)' ] && ok "apparmor: under the profile containers run, as $label" || fail "apparmor: a container runs as '$label'" log
  in_session sh -c 'cd work && boxcar run --rerun label label.yml' >log 2>&1
  holds "apparmor: an ordinary user's run too" log succeeded
  apparmor_parser -R profile
}

# A run goes on after its user logged out.
detach() {
  in_session sh -c 'cd work && boxcar run --detach sleep.yml' >/home/alice/work/log 2>&1 || fail "detach" /home/alice/work/log
  wait_until sleepers || fail "detach: no container"
  sleep 3
  sleepers >/dev/null && ok "detach: goes on after logout; the session is $(loginctl show-user alice -p State --value)" || fail "detach: it ended with the session"
  in_session boxcar stop >/home/alice/work/log 2>&1
  wait_until eval '! sleepers' && ok "detach: another session stops it" || fail "detach: it can't be stopped" /home/alice/work/log
}

[ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] && ok "Linux $(uname -r), cgroups of version 2 alone: $(cat /sys/fs/cgroup/cgroup.controllers)" || fail "no cgroup2fs"
apt-get install -y /build/packages/boxcar_*.deb </dev/null >/root/apt.log 2>&1 && ok "apt install boxcar" || fail "apt install boxcar" /root/apt.log
id alice >/dev/null 2>&1 || useradd --create-home --shell /bin/bash alice
[ $# != 0 ] || set -- root user apparmor detach
for part; do
  case $part in
    root | user | apparmor | detach) $part ;;
    *) ctest --test-dir "$(realpath /build)" --output-on-failure -R "$part" >/root/ctest.log 2>&1 && ok "ctest -R $part: $(grep 'tests passed' /root/ctest.log)" || fail "ctest -R $part" /root/ctest.log ;;
  esac
done
[ $failed = 0 ] && echo "all is well in the virtual machine"
