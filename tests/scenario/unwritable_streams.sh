# Where stdout or stderr takes nothing (a full disk, a limit for files) every command ends with its own code, and a run goes on.
make_common_images
printf 'workflow: w\nsteps: {a: {image: test/make}}\noutputs: {text: {from: a/output/text, to: ./there}}\n' >boxcar.yml
printf 'steps: [' >wrong.yml
code_of() { # the code of a shell's line
  local code=0
  bash -c "$1" || code=$?
  echo $code
}
expect_code() { [ "$(code_of "$2")" = "$1" ] || fail "$(code_of "$2") instead of $1: $2"; }
for command in 'boxcar run wrong.yml' 'boxcar run missing.yml' 'boxcar validate wrong.yml' 'boxcar run --nope' 'boxcar nope' 'task-api nope' \
  'boxcar run --json wrong.yml' 'boxcar image rm test/missing'; do
  expect_code 2 "$command >/dev/null 2>/dev/full"
  expect_code 2 "$command >/dev/full 2>/dev/full"
  expect_code 2 "ulimit -f 0; $command >a 2>b"
done
expect_code 2 'task-api run missing.json >/dev/null 2>/dev/full'
expect_code 1 'task-api validate missing.json >/dev/full 2>/dev/full'
for command in 'boxcar --help' 'boxcar run --help' 'boxcar schema task' 'boxcar validate boxcar.yml' 'boxcar image ls' 'task-api --help' 'boxcar tool test/make --help'; do
  expect_code 0 "$command >/dev/null 2>/dev/full"
  expect_code 3 "$command >/dev/full 2>/dev/full"
  expect_code 3 "ulimit -f 0; $command >a 2>b"
done
expect_code 0 'boxcar run --dry-run >/dev/null 2>/dev/full'
expect_code 0 'boxcar run >/dev/null 2>/dev/full'
expect_text there hello
expect_code 3 'boxcar run --json --rerun a >/dev/full 2>/dev/full'
expect_code 3 'ulimit -f 0; boxcar run --store ./new >/dev/null 2>b' # nothing can be kept
expect_code 3 'boxcar run --detach --rerun a >/dev/full 2>/dev/full' # its id is lost
ended() { ! boxcar runs --json | grep -q '"running"'; }
wait_until ended
