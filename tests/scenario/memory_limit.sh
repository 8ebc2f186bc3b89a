# A container that is killed for memory fails, and that is said as such.
make_kliko_image test/eat 'head -c 300000000 /dev/zero | tail -c 290000000 >/dev/null; exit $?' <<<'{schema_version: 4, io: split}'
cat >boxcar.yml <<'FLOW'
workflow: memory
steps: {eat: {image: test/eat, resources: {memory: 50Mi}}}
FLOW
expect_exit 1 boxcar run boxcar.yml --json
expect_json '.steps.eat.status == "failed"' '.steps.eat.exit_code != 0'
expect_err 'eat.*ran out of memory \(its limit is 50 MiB; raise resources.memory\)'
# A child of it that is killed leaves half a result, also where nobody looks at its exit code.
make_kliko_image test/careless 'dd if=/dev/zero of=/dev/null bs=200M count=1 || true; sleep 0.4; echo half >/output/text' <<<'{schema_version: 4, io: split}'
printf 'steps: {eat: {image: test/careless, resources: {memory: 50Mi}}}\n' >careless.yml
for again in 1 2; do
  expect_exit 1 boxcar run careless.yml --json
  expect_json '.steps.eat.status == "failed"'
  expect_err 'ran out of memory .*a process of it was killed, though it exited with code 0'
done
# One that no container can start in is found before anything starts.
printf 'workflow: w\nsteps:\n  eat: {image: test/eat, resources: {memory: 100Ki}}\n' >small.yml
expect_exit 2 boxcar run small.yml
expect_err "small.yml:3:.*step 'eat': a memory limit of 100Ki is too small to start a container in, at least 6Mi"
