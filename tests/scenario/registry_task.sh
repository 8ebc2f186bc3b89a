# A task's own login for its registry: as it stands there (a template names the variable), by a variable, by a file; never stored,
# never said. Somebody else's file is warned of.
. "$SOURCE/tests/registry_lib.sh"
export REGISTRY_PASSWORD=word-$RANDOM-$RANDOM
echo "$REGISTRY_PASSWORD" | htpasswd -niB ann >htpasswd
start_registry htpasswd
mkdir admin root
echo "$REGISTRY_PASSWORD" | skopeo login --authfile admin/auth.json --tls-verify=false -u ann --password-stdin $registry >/dev/null
cat >root/processing-container.json <<'JSON'
{"name": "private", "description": "d", "templates": [{"identifier": "write", "description": "d", "inputs": [],
 "outputs": [{"name": "out", "mounted_path": "/out"}], "env": [], "command": ["sh", "-c", "echo pulled >/out/text; env >/out/env"]}]}
JSON
"$SOURCE/tests/make_image.sh" layout test/private root base="$(busybox_layer)"
push layout test/private:1 --dest-authfile admin/auth.json
rm -r admin
task() { # PASSWORD: as it stands in the document
  printf '{"name": "private", "image": "%s/test/private:1", "taskTemplate": "write",
 "outputs": [{"name": "out", "volume_source": {"host_path": "./out"}}],
 "config": {"type": "k8s", "registryUrl": "%s", "registryUsername": "ann",
  "registryPassword": %s}}\n' $registry $registry "$1" >task.json
}
runs() {
  rm -rf out
  boxcar image rm $registry/test/private:1 >/dev/null 2>&1 || true
  expect_exit 0 "$@"
  expect_text out/text pulled
}
task '"{{ env.REGISTRY_PASSWORD }}"'
runs boxcar run task.json
task '"{{ custom.password }}"'
runs boxcar run task.json --custom "password=$REGISTRY_PASSWORD"
runs boxcar run task.json "--custom=password=$REGISTRY_PASSWORD"
expect_exit 0 boxcar runs --json
sed 's/.*registryPassword.*/ "registryPassword": "wrong"}}/' task.json >wrong.json
boxcar image rm $registry/test/private:1 >/dev/null
expect_exit 3 boxcar run wrong.json
expect_err "$registry"
expect_not_in "$SCENARIO/err" wrong\\b.*wrong
task '{"env": "REGISTRY_PASSWORD"}'
runs boxcar run task.json
task '{"file": "secret/password"}'
mkdir -m 700 secret && (umask 077 && echo "$REGISTRY_PASSWORD" >secret/password)
runs task-api run task.json --output first
expect_exit 0 task-api check-task-run first
chmod 644 secret/password
runs boxcar run task.json
expect_err '^task.json:4:[0-9]+: .*secret/password can be read by others'
chmod 600 secret/password

# Whatever is missing is said without the rest, before anything is fetched; a value that is wrong is not shown. Who only validates
# may be somebody else, and is warned.
missing() { # WHAT
  expect_exit 2 boxcar run task.json
  expect_err "^task.json:4:[0-9]+: 'registryPassword': .*$1"
  for call in 'boxcar validate' 'task-api validate'; do
    expect_exit 0 $call task.json
    expect_err "^task.json:4:[0-9]+: warning: 'registryPassword': .*$1"
  done
}
task '{"env": "NOBODY_SET_IT"}'
missing 'the variable NOBODY_SET_IT is not set'
task '{"file": "secret/missing"}'
missing 'secret/missing'
sed -i 's/"name": "private"/&, "resources": {"limits": {"memory": "50MiB"}}/' task.json
expect_exit 2 boxcar run task.json
expect_err '50MiB' "'registryPassword'"
# For another registry than the image's.
boxcar image rm $registry/test/private:1 >/dev/null
task '{"env": "REGISTRY_PASSWORD"}'
sed -i 's/"registryUrl": "[^"]*"/"registryUrl": "https:\/\/elsewhere.example\/v1"/' task.json
expect_exit 3 boxcar run task.json
expect_err "$registry wants a login, and the one that was given with the image is for elsewhere.example;"
for wrong in "[\"$REGISTRY_PASSWORD\"]" '""' "{\"word\": \"$REGISTRY_PASSWORD\"}"; do
  task "$wrong"
  expect_exit 2 boxcar run task.json
  expect_err '^task.json:4:[0-9]+: .*registryPassword'
  expect_not_in "$SCENARIO/err" "$REGISTRY_PASSWORD"
done
sed -i '/registryPassword/d; s/"ann",/"ann"}}/' task.json
expect_exit 2 boxcar run task.json
expect_err "'registryPassword'"

# Nowhere, in any form.
rm -r secret task.json wrong.json htpasswd
for form in "$REGISTRY_PASSWORD" "$(printf 'ann:%s' "$REGISTRY_PASSWORD" | base64)"; do
  if grep -rlaF "$form" . "$HOME"; then fail "the password is there"; fi
done
