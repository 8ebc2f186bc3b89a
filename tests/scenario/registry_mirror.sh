# A mirror of docker.io, as containers-registries.conf(5) has it: the user's own, and the system's.
. "$SOURCE/tests/registry_lib.sh"
start_registry
big_image layout 1000
push layout library/mirrored:1
conf='[[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "'$registry'"
insecure = true'
mkdir -p "$HOME/.config/containers"
echo "$conf" >"$HOME/.config/containers/registries.conf"
expect_exit 0 boxcar inspect mirrored:1
expect_exit 0 boxcar tool --output out mirrored:1
expect_text out/text made
expect_exit 0 boxcar image ls
expect_out '^docker.io/library/mirrored:1 '
[ "$(gets "library/mirrored/manifests/1")" -gt 0 ] || fail "it came from elsewhere"
boxcar image rm mirrored:1 >/dev/null

rm "$HOME/.config/containers/registries.conf"
echo "$conf" >registries.conf
as_root=-rm # in a user namespace of its own, an ordinary user
[ "$(id -u)" != 0 ] || as_root=-m
: >registry.log
expect_exit 0 unshare $as_root sh -c 'mount --bind registries.conf /etc/containers/registries.conf && exec boxcar image pull mirrored:1'
[ "$(gets "library/mirrored/manifests/1")" -gt 0 ] || fail "it came from elsewhere"

# Of a mirror that wants a login its name is said.
stop_registry
echo word | htpasswd -niB ann >htpasswd
start_registry htpasswd
sed 's/location = "docker.io"/location = "127.0.0.1:1"/' registries.conf >"$HOME/.config/containers/registries.conf" # nobody else
expect_exit 3 boxcar image pull mirrored:1
expect_err "the registry: $registry wants a login, and there are no credentials for it; 'boxcar image login $registry "
expect_exit 0 boxcar image login $registry -u ann --password-stdin <<<word
expect_exit 0 boxcar image pull mirrored:1
