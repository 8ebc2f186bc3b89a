# A container whose removal failed half way is "dead" for Docker, and its exit code 0 even if it never ran: no result is made of it.
make_kliko_image test/slow 'echo began; sleep 8; echo done >/output/text' <<<'{schema_version: 4, io: split}'
printf 'workflow: w\nsteps: {slow: {image: test/slow}}\n' >boxcar.yml
boxcar run boxcar.yml >first.log 2>&1 &
runner=$!
its() { containers "boxcar.store=$PWD/.boxcar" | grep slow; }
wait_until its
kill -9 "$runner"
wait "$runner" || true

# In its place one made alike, as if boxcar had been killed before it was started; then it can't be removed.
name=$(its)
name=${name#/}
ask_daemon GET "/containers/$name/json" | jq '.Config + {HostConfig: .HostConfig}' >alike.json
ask_daemon DELETE "/containers/$name?force=1&v=1" >/dev/null
id=$(ask_daemon POST "/containers/create?name=$name" -H 'Content-Type: application/json' -d @alike.json | jq -r .Id)
held=$(ask_daemon GET /info | jq -r .DockerRootDir)/containers/$id/held
touch "$held"
chattr +i "$held"
trap 'chattr -i "$held" 2>/dev/null' EXIT
ask_daemon DELETE "/containers/$id?force=1&v=1" >/dev/null || true
state=$(ask_daemon GET "/containers/$id/json" | jq -c '[.State.Status, .State.ExitCode]')
[ "$state" = '["dead",0]' ] || fail "not dead: $state"
trap - EXIT
chattr -i "$held"

rm -f .boxcar/work/*/result/output/*
expect_exit 0 boxcar run --json boxcar.yml
expect_json '.steps.slow.status == "succeeded"'
expect_text "$(json .steps.slow.result)/output/text" done
[ -z "$(its || true)" ] || fail "left: $(its)"
