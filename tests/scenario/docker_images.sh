# An image that only Docker has: imported from there, or found there by its plain name; and it is the same image, with the
# same results, when it comes from an archive of `docker save` or an OCI layout. And an image that goes into Docker.
docker=$SCENARIO/tmp/docker
sockets=$(mktemp -d /tmp/docked.XXXXXX) # containerd's may have 104 bytes, however deep the build directory lies
export DOCKER_HOST=unix://$sockets/docker.sock
mkdir "$docker"
unshare --mount dockerd --data-root "$docker/data" --exec-root "$sockets/exec" --pidfile "$docker/pid" -H "$DOCKER_HOST" \
  --bridge=none --iptables=false --ip6tables=false >"$docker/log" 2>&1 &
daemon=$!
end_docker() { kill "$daemon" 2>/dev/null && wait "$daemon" || true; }
trap 'end_docker; tail -n 5 "$docker/log"; rm -r "$sockets"' EXIT
wait_until docker version

mkdir recipe
cp "$(busybox_layer)" recipe/busybox.tar
echo '{schema_version: 4, io: split, sections: [{name: s, description: d, fields: [{name: text, type: str}]}]}' \
  >recipe/kliko.yml
printf '#!/bin/sh\necho "$GREETING $(cat /parameters.json)" >/output/text\n' >recipe/kliko
chmod 755 recipe/kliko
printf 'FROM scratch\nADD busybox.tar /\nCOPY kliko.yml kliko /\nENV GREETING=moin\n' >recipe/Dockerfile
DOCKER_BUILDKIT=0 docker build --quiet --tag test/docked recipe >/dev/null 2>&1
docker save --output saved.tar test/docked
skopeo --insecure-policy copy --quiet docker-archive:saved.tar oci:layout:test/docked

# A place to keep images, in which there is none yet; the results stay where they are.
no_images() { export XDG_DATA_HOME=$(mktemp -d "$HOME/data.XXXXXX"); }
expect_step() {  # STATUS, of the step that is run now
  expect_exit 0 boxcar tool --json test/docked --text x
  expect_json '.steps.docked.status == "'"$1"'"'
  expect_text "$(json .steps.docked.result)/output/text" 'moin {"text": "x"}'
}
no_images
expect_exit 0 boxcar image import docker-daemon:test/docked
expect_out 'docker.io/test/docked:latest$'
expect_step succeeded
no_images
expect_step cached # found by its name
printf 'workflow: w\nsteps: {docked: {image: test/docked, params: {text: x}}}\n' >boxcar.yml
no_images
expect_exit 0 boxcar run --store .kliko --json boxcar.yml
expect_json '.steps.docked.status == "cached"'
expect_exit 3 boxcar tool localhost:1/test/docked # in Docker by that name no more than in a registry at that port
expect_err 'no image localhost:1/test/docked:latest' 'Docker: not there' 'registry: .*refused'

# A Docker that hangs is passed over.
kill -STOP "$(cat "$docker/pid")"
BOXCAR_DAEMON_TIMEOUT=8 expect_exit 3 timeout 60 boxcar tool localhost:1/test/docked
kill -CONT "$(cat "$docker/pid")"
expect_err 'Docker: the daemon at .* does not answer' 'registry: .*refused'

identity=$(boxcar image ls --json | jq -r '.[].identity')

# And back: what boxcar has goes into Docker, and runs there. Docker's own configuration comes and goes unchanged.
no_images
boxcar image import docker-archive:saved.tar
expect_exit 0 boxcar image push test/docked docker-daemon:test/pushed
expect_out "^${identity:0:12}  docker-daemon:docker.io/test/pushed:latest$"
for field in .Id .RootFS.Layers; do
  [ "$(docker inspect -f "{{$field}}" test/pushed)" = "$(docker inspect -f "{{$field}}" test/docked)" ] ||
    fail "another $field: $(docker inspect test/pushed)"
done
docker rmi test/docked test/pushed >/dev/null
expect_exit 0 boxcar image push test/docked docker-daemon:test/docked
expect_exit 0 docker run --rm --network none test/docked sh -c 'echo "$GREETING from $(stat -c %a /kliko)"'
expect_text "$SCENARIO/out" 'moin from 755'
no_images
expect_step cached
echo '# changed' >>recipe/kliko
DOCKER_BUILDKIT=0 docker build --quiet --tag test/docked recipe >/dev/null 2>&1
expect_exit 0 boxcar tool --pull never --json test/docked --text x
expect_json '.steps.docked.status == "cached"'
expect_step succeeded # what Docker has by that name now
expect_step cached

end_docker
expect_exit 3 boxcar image import docker-daemon:test/docked
expect_err "no Docker answers at $sockets/docker.sock"
for source in docker-archive:saved.tar oci:layout; do
  no_images
  expect_exit 0 boxcar image import "$source"
  expect_exit 0 boxcar image ls --json
  expect_json ".[].identity == \"$identity\""
  expect_step cached
done
