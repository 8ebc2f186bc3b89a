# A damaged record of runs: a run goes on without it; who asks for it is told where it lies and what to do, with code 3.
make_common_images
mkdir -p "$XDG_STATE_HOME/boxcar"
record=$XDG_STATE_HOME/boxcar/runs.db
head -c 8192 /dev/urandom >"$record"
expect_exit 0 boxcar chain test/make
expect_err 'this run is not recorded: .*runs.db: file is not a database'
for command in runs status logs stop 'gc --store .kliko --unreachable'; do
  expect_exit 3 boxcar $command
  expect_err "$record: file is not a database; move it away to start a new record"
done
mv "$record" elsewhere.db
expect_exit 0 boxcar chain test/make
expect_exit 0 boxcar runs
expect_out ' succeeded '
