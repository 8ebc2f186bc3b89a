# --version; --help of every command, with an example; a wrong call is refused with 2 and a hint.
expect_exit 0 boxcar --version
expect_out '^boxcar [0-9]+\.[0-9]+'
expect_exit 0 kliko-run --version
expect_out '^kliko-run \(boxcar [0-9]'
expect_exit 0 kliko-validate --version
expect_out '^kliko-validate \(boxcar [0-9]'
expect_exit 0 boxcar --help
for command in run tool chain validate inspect runs status logs stop image gc; do
  expect_out "^ +$command "
done
for command in run tool chain validate inspect runs status logs stop 'image ls' 'image pull' 'image import' 'image rm' 'image prune' gc; do
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
expect_err "not expected.*quote each image with its options as one argument: boxcar chain 'IMAGE --option value'"
expect_exit 2 kliko-run --tel test/make
expect_err "kliko-run needs an IMAGE first, not '--tel'"
expect_exit 2 boxcar rnu
expect_err "run"
for wrong in 'run' 'run --no-such-option x.yml' 'run missing.yml' 'chain' 'tool' 'run --set novalue x.yml' 'gc --older-than soon' 'inspect'; do
  expect_exit 2 boxcar $wrong
  [ -s "$SCENARIO/err" ] || fail "'boxcar $wrong' said nothing"
done
