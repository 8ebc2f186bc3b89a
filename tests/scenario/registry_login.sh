# Credentials: of boxcar image login, of Docker's configuration, of its helpers and store. What was tried is said; a password is nowhere
# but where its owner put it.
. "$SOURCE/tests/registry_lib.sh"
password=word-$RANDOM-$RANDOM
echo "$password" | htpasswd -niB ann >htpasswd
start_registry htpasswd
big_image layout 100000
mkdir admin
echo "$password" | skopeo login --authfile admin/auth.json --tls-verify=false -u ann --password-stdin $registry >/dev/null
push layout test/private:1 --dest-authfile admin/auth.json
rm admin/auth.json
image=$registry/test/private:1
can_pull() {
  expect_exit 0 boxcar image pull $image
  boxcar image rm $image >/dev/null
}

expect_exit 3 boxcar tool $image
expect_err "the registry: $registry wants a login, and there are no credentials for it; 'boxcar image login $registry -u USER --password-stdin' keeps"
expect_exit 3 boxcar inspect $image
expect_err "$registry wants a login"

# boxcar image login: the registry must take them.
echo wrong >pass
expect_exit 3 boxcar image login $registry -u ann --password-file pass
expect_err "logging in to $registry: .*invalid username/password"
[ ! -s "$XDG_RUNTIME_DIR/containers/auth.json" ] || expect_not_in "$XDG_RUNTIME_DIR/containers/auth.json" '"auth"'
expect_exit 2 boxcar image login $registry -u ann
expect_err 'either --password-stdin or --password-file'
expect_exit 2 boxcar image login $registry --password-file pass
expect_err 'Give the user with -u'
# A password in the call is not repeated.
for wrong in "--password $password" "--password=$password" "-p $password" "-p$password" "$password"; do
  expect_exit 2 boxcar image login $registry -u ann $wrong
  expect_err 'the password comes by --password-stdin or --password-file, or is asked for on a terminal$'
  expect_not_in "$SCENARIO/err" "$password"
done
expect_exit 2 boxcar image login $registry -u ann --password-stdin="$password"
expect_err '^boxcar: --password-stdin takes no value$'
expect_exit 0 boxcar image login $registry -u ann --password-stdin <<<"$password"
expect_out "^$registry takes user ann; kept in $XDG_RUNTIME_DIR/containers/auth.json$"
[ "$(stat -c %a "$XDG_RUNTIME_DIR/containers/auth.json")" = 600 ] || fail "others can read it"
can_pull
: >empty
expect_exit 2 boxcar image login $registry -u ann --password-file empty
expect_err 'the password is empty'
# On a terminal it is asked for, and not shown.
mkfifo keys
script -qfec "boxcar image login $registry -u ann" typed <keys >/dev/null &
typing=$!
exec 9>keys
wait_until grep -q 'Password of ann for ' typed
echo "$password" >&9
exec 9>&-
wait $typing || fail "$(cat typed)"
grep -q "takes user ann" typed && ! grep -qF "$password" typed || fail "$(cat typed)"
expect_exit 0 boxcar image logout http://$registry/
expect_exit 2 boxcar image logout $registry
expect_exit 3 boxcar image pull $image
echo "$password" >pass
REGISTRY_AUTH_FILE=$PWD/elsewhere.json expect_exit 0 boxcar image login $registry -u ann --password-file pass
REGISTRY_AUTH_FILE=$PWD/elsewhere.json can_pull
rm pass elsewhere.json

# Docker's configuration; what it holds may be wrong.
mkdir "$HOME/.docker"
with_config() { printf '%s' "$1" >"$HOME/.docker/config.json"; }
auth=$(printf 'ann:%s' "$password" | base64)
with_config "{\"auths\": {\"$registry\": {\"auth\": \"$auth\"}}}"
can_pull
with_config "{\"auths\": {\"$registry\": {\"auth\": \"$(printf ann:wrong | base64)\"}}}"
expect_exit 3 boxcar image pull $image
expect_err "$registry does not take the credentials for it, those in $HOME/.docker/config.json; 'boxcar image login $registry"

# A helper for this registry, and a store for all.
cat >"$SCENARIO/bin/docker-credential-box" <<HELPER
#!/bin/sh
read registry
echo "\$1 \$registry" >>"$PWD/asked"
[ "\$registry" = "$registry" ] && [ -e "$PWD/secret" ] || { echo "credentials not found in native keychain"; exit 1; }
printf '{"ServerURL": "%s", "Username": "ann", "Secret": "%s"}' "\$registry" "\$(cat "$PWD/secret")"
HELPER
chmod 755 "$SCENARIO/bin/docker-credential-box"
echo "$password" >secret
for config in "{\"credHelpers\": {\"$registry\": \"box\"}}" "{\"credsStore\": \"box\", \"auths\": {\"$registry\": {}}}"; do
  with_config "$config"
  rm -f asked
  can_pull
  grep -qx "get $registry" asked || fail "the helper was not asked: $config"
done
echo wrong >secret
expect_exit 3 boxcar image pull $image
expect_err 'does not take the credentials for it, those of the credential store docker-credential-box'
with_config "{\"credHelpers\": {\"$registry\": \"box\"}}"
expect_exit 3 boxcar image pull $image
expect_err 'does not take the credentials for it, those of docker-credential-box'
with_config '{"credsStore": "nosuch"}'
expect_exit 3 boxcar image pull $image
expect_err "the credential store docker-credential-nosuch, which $HOME/.docker/config.json names, is not installed"
with_config '{"credsStore": "box"}'
rm secret # it has none: what is open to all can be had all the same
expect_exit 3 boxcar image pull $image
expect_err "there are no credentials for it"

# While an image comes slowly the password stands in no command line nor environment, and afterwards in no file and message.
with_config '{"credsStore": "box"}'
echo "$password" >secret
kill -STOP $registry_pid
boxcar image pull $image 2>err &
pid=$!
wait_until grep -q 'fetching docker://' err
wait_until pgrep -P $pid -x skopeo
sleep 0.2 # it has read them by then
skopeo=$(pgrep -P $pid -x skopeo)
for process in $pid $skopeo; do
  if grep -aqE "$password|$auth" /proc/$process/cmdline /proc/$process/environ; then fail "it is in the process list"; fi
done
rm secret
kill -CONT $registry_pid
wait $pid || fail "$(cat err)"
rm "$HOME/.docker/config.json"
if grep -rqE "$password|$auth" --exclude=log "$SCENARIO" /dev/shm; then fail "left: $(grep -rlE "$password|$auth" "$SCENARIO" /dev/shm)"; fi
