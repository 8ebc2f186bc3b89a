# --version; --help of every command, with an example; a wrong call is refused with 2 and a hint.
expect_exit 0 boxcar --version
expect_out '^boxcar [0-9]+\.[0-9]+'
expect_exit 0 kliko-run --version
expect_out '^kliko-run \(boxcar [0-9]'
expect_exit 0 kliko-validate --version
expect_out '^kliko-validate \(boxcar [0-9]'
expect_exit 0 boxcar --help
for command in run tool chain validate inspect schema runs status logs stop image gc; do
  expect_out "^ +$command "
done
for command in run tool chain validate inspect schema runs status logs stop 'image ls' 'image pull' 'image import' 'image rm' 'image prune' gc; do
  expect_exit 0 boxcar $command --help
  expect_out 'Example' "boxcar ${command}( |$)"
  [ ! -s "$SCENARIO/err" ] || fail "help goes to stdout"
done
for command in runs status logs stop; do
  expect_exit 0 boxcar $command --help
  expect_out "^Usage: boxcar $command"
done
for command in tool chain; do
  expect_exit 0 boxcar $command --help
  expect_out 'BOXCAR_STORE, else +\./\.kliko'
done
expect_exit 2 boxcar chain test/make --text hi
expect_err "boxcar chain has no option '--text'.*quote each image with its options as one argument: boxcar chain 'IMAGE --option value'"
expect_exit 2 kliko-run --tel test/make
expect_err "kliko-run needs an IMAGE first, not '--tel'"
expect_exit 2 boxcar rnu
expect_err "run"
for wrong in 'run' 'run --no-such-option x.yml' 'run missing.yml' 'chain' 'tool' 'run --set novalue x.yml' 'gc --older-than soon' 'inspect'; do
  expect_exit 2 boxcar $wrong
  [ -s "$SCENARIO/err" ] || fail "'boxcar $wrong' said nothing"
done

# What is misspelled or no number is said in boxcar's words.
expect_exit 2 boxcar run x.yml --taget a
expect_err "^boxcar: boxcar run has no option '--taget' \(did you mean '--target'\?\)"
expect_exit 2 boxcar run x.yml a
expect_err "^boxcar: nothing takes the argument 'a'$"
expect_exit 2 boxcar run x.yml -j x
expect_err "^boxcar: --jobs takes a number, not 'x'$"
expect_exit 2 boxcar run x.yml -j 0
expect_err '^boxcar: --jobs: takes a number above 0$'
expect_exit 2 boxcar run x.yml --config a.yml --config b.yml
expect_err '^boxcar: --config can be given only once$'
expect_exit 2 boxcar run x.yml --rerun
expect_err '^boxcar: --rerun needs a STEP$'
expect_exit 2 boxcar run x.yml --engine
expect_err '^boxcar: --engine needs a value$'
printf 'workflow: w\nsteps: {a: {image: test/make}}\n' >w.yml
expect_exit 2 boxcar run w.yml --config .
expect_err '^boxcar: .*: Is a directory$'
expect_exit 2 boxcar run x.yml --engine dokcer
expect_err "^boxcar: --engine: 'dokcer' is none of auto, embedded, docker, podman \(did you mean 'docker'\?\)$"
expect_exit 2 env BOXCAR_ENGINE=dokcer boxcar run x.yml
expect_err "BOXCAR_ENGINE is 'dokcer', which is none of .* \(did you mean 'docker'\?\)$"
mkdir -p config/boxcar && echo 'engine: dokcer' >config/boxcar/config.yml
expect_exit 2 env XDG_CONFIG_HOME="$PWD/config" boxcar run x.yml
expect_err "config.yml:1:9: .* \(did you mean 'docker'\?\)$"
expect_exit 2 boxcar run x.yml --json=maybe
expect_err "^boxcar: --json takes no value$"
expect_exit 2 boxcar validate
expect_err '^boxcar: boxcar validate needs a FILE or IMAGE$'
expect_exit 2 boxcar image pull
expect_err '^boxcar: boxcar image pull needs an IMAGE$'
expect_exit 0 boxcar tool --help
expect_out "^Usage: boxcar tool \[OPTIONS\] IMAGE \[the tool's options\]$"
expect_exit 0 boxcar help run
expect_out '^Usage: boxcar run'
expect_exit 0 boxcar --help
expect_out 'boxcar --version'
make_common_images
expect_exit 2 boxcar tool test/make --json
expect_err "has no option '--json'; boxcar's own options stand before the image"
expect_exit 2 boxcar tool test/make --ouput x
expect_err "has no option '--ouput' \(did you mean '--output'\?\)$"
expect_exit 2 boxcar tool test/make --engin docker
expect_err "has no option '--engin' \(did you mean '--engine'\?\); boxcar's own options stand before the image$"
mkdir -p store
expect_exit 2 boxcar gc --store store --older-than 30 # seconds, when days are meant
expect_err "'30' has no unit; write 30d for days"
expect_exit 2 boxcar validate ./store
expect_err './store is a directory'

# A folder's boxcar.yml need not be named.
expect_exit 2 boxcar run
expect_err 'there is no boxcar.yml here; name the workflow: boxcar run WORKFLOW'
echo 'steps: {a: {image: test/make}}' >boxcar.yml
expect_exit 0 boxcar run
expect_err '^succeeded: 1 step in '
expect_exit 0 boxcar validate boxcar.yml
