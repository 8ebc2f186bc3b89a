# Run by tests/package.sh as root of a minimal Debian in which nothing of boxcar or of what it needs was ever installed.
set -o pipefail
fail() { echo "FAILED: $*"; exit 1; }
quietly() { "$@" >/tmp/log 2>&1 || { tail -40 /tmp/log; fail "$*"; }; }

# The workflow of these tests gives its result, by the boxcar that is found first.
runs() {
  cat >flow.yml <<'YML'
workflow: flow
steps:
  first: {image: test/make, params: {text: hi}}
outputs: {text: {from: first/output, to: ./out}}
YML
  rm -rf .boxcar out
  quietly boxcar image import oci:layout
  quietly boxcar run flow.yml "$@"
  grep -q '"text": *"hi"' out/text || fail "$(cat out/text)"
  quietly boxcar run --json flow.yml
}

# The tarball, on a machine with nothing: it starts, needs the C library alone, and says what it lacks.
mkdir /opt/boxcar && tar -C /opt/boxcar --strip-components=1 -xzf boxcar-*.tar.gz
needs=$(LD_TRACE_LOADED_OBJECTS=1 /opt/boxcar/bin/boxcar | grep '=>' | awk '{print $1}' | tr '\n' ' ')
[ "$needs" = "libm.so.6 libc.so.6 " ] || fail "it loads $needs"
/opt/boxcar/bin/boxcar --version | grep -q '^boxcar [0-9]'
PATH=/opt/boxcar/bin:$PATH quietly boxcar image import oci:layout
! PATH=/opt/boxcar/bin:$PATH boxcar tool --engine embedded test/make >/tmp/log 2>&1 || fail "without a runtime"
grep -q 'apt install crun' /tmp/log || fail "$(cat /tmp/log)"
examined() {  # EXIT-CODE REGEX…: of doctor
  local expected=$1 code=0 regex
  shift
  boxcar doctor >/tmp/log 2>&1 || code=$?
  [ $code = "$expected" ] || fail "doctor ends with $code: $(cat /tmp/log)"
  for regex in "$@"; do grep -qE "$regex" /tmp/log || fail "no '$regex' in $(cat /tmp/log)"; done
}
PATH=/opt/boxcar/bin:$PATH examined 3 'missing +runtime +there is no container runtime' 'apt install crun' \
  'warning +skopeo' 'apt install skopeo' 'warning +libcurl' 'apt install libcurl4' '^No engine'

# The package brings what it needs.
export DEBIAN_FRONTEND=noninteractive
quietly apt-get update
quietly apt-get install -y --no-install-recommends ./boxcar_*.deb man-db bash-completion
rm -rf /root/.local
[ "$(command -v boxcar)" = /usr/bin/boxcar ]
boxcar --version | grep -q '^boxcar [0-9]'
kliko-run --version | grep -q '^kliko-run'
examined 0 'ok +runtime +crun [0-9.]+ runs a container' 'ok +skopeo' 'missing +daemon +libcurl' '^Containers can be run by: embedded$'
runs
boxcar runs | grep -q flow
for runtime in crun runc; do
  quietly apt-get install -y --no-install-recommends $runtime
  BOXCAR_RUNTIME=$runtime runs
done
quietly apt-get install -y --no-install-recommends libcurl4 uidmap
examined 0 'ok +libcurl' 'missing +daemon +no Docker answers' 'apt install docker.io'

# An ordinary user.
useradd --create-home user
chmod 755 /test
runuser -u user -- env HOME=/home/user bash -c 'cd && boxcar doctor' >/tmp/log 2>&1 || fail "$(cat /tmp/log)"
grep -q 'ok  *ids  *subordinate ids' /tmp/log || fail "$(cat /tmp/log)"
quietly runuser -u user -- env HOME=/home/user bash -c 'cd && boxcar image import oci:/test/layout && boxcar tool test/make --text mine --output out && grep mine out/text'
for page in boxcar kliko-run kliko-validate task-api; do man -w $page >/dev/null; done
man boxcar | grep -q 'boxcar image pull'
bash -c '. /usr/share/bash-completion/bash_completion; for c in boxcar kliko-run; do _completion_loader $c; complete -p $c; done' >/dev/null
[ -e /usr/share/boxcar/workflow.schema.json ] && [ -e /usr/share/boxcar/task.schema.json ] && [ -e /usr/share/doc/boxcar/copyright ]
broken=$(find /usr/share/doc/boxcar -name '*.md' | while read -r page; do
  { grep -oE '\]\([^)#]+' "$page" || true; } | sed 's/^](//; /^http/d' | while read -r link; do
    [ -e "$(dirname "$page")/$link" ] || echo "$page links to $link"
  done
done)
[ -z "$broken" ] || fail "$broken"
[ ! -e /etc/apparmor.d/boxcar ] || fail "an AppArmor profile where there is no AppArmor"

# AppArmor 4 has its profile in force; it goes with the package.
mkdir -p /etc/apparmor.d/abi && touch /etc/apparmor.d/abi/4.0
quietly dpkg-reconfigure boxcar
[ ! -e /usr/share/boxcar/apparmor ] || grep -q userns /etc/apparmor.d/boxcar
rm -r /etc/apparmor.d/abi

quietly apt-get remove -y boxcar
[ ! -e /etc/apparmor.d/boxcar ]
left=$(find / -xdev \( -iname '*boxcar*' -o -name 'kliko*' \) ! -path '/opt/*' ! -path '/test/*' ! -path '/root/*' ! -path '/home/*' ! -path '/sys/*' ! -path '/var/cache/man/*' ! -path /var/lib/dpkg/info/boxcar.\*)
[ -z "$left" ] || fail "left: $left"
quietly apt-get purge -y boxcar
[ -z "$(find /var/lib/dpkg/info -name 'boxcar.*')" ]

# What the tarball lacked is there now.
rm -rf /root/.local
PATH=/opt/boxcar/bin:$PATH runs
echo "the packages hold"
