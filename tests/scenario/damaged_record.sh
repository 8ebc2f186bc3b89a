# A record of runs that is garbage, cut short, of a newer boxcar or locked: a run goes on without it; who asks for it is told where it lies and
# what to do, with code 3.
make_common_images
mkdir -p "$XDG_STATE_HOME/boxcar"
record=$XDG_STATE_HOME/boxcar/runs.db
unusable() { # WHAT IS SAID OF IT
  expect_exit 0 boxcar chain --json test/make
  expect_json '.status == "succeeded"'
  expect_err "this run is not recorded: .*runs.db.*$1"
  for command in runs status logs stop 'gc --store .kliko --unreachable'; do
    expect_exit 3 boxcar $command
    expect_err "runs.db.*$1"
  done
}
head -c 8192 /dev/urandom >"$record"
unusable 'file is not a database; move it away to start a new record'
mv "$record" elsewhere.db
expect_exit 0 boxcar chain test/make
expect_exit 0 boxcar runs
expect_out ' succeeded '

sqlite3 "$record" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
cp "$record" whole.db
truncate -s 5000 "$record"
unusable 'malformed; move it away to start a new record'
cp whole.db "$record"
rm -f "$record"-*
sqlite3 "$record" 'PRAGMA user_version = 1000'
unusable 'was written by a newer boxcar .*; use that one, or move the file away'
cp whole.db "$record"
rm -f "$record"-*

# Somebody else holds it, from before the run to after it.
mkfifo commands
sqlite3 "$record" <commands >held 2>&1 &
exec 9>commands
echo 'PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE x (y); SELECT 1;' >&9
wait_until grep -q 1 held
began=$SECONDS
expect_exit 0 boxcar chain --json "test/make --text other"
expect_json '.status == "succeeded"' '.steps["1-make"].status == "succeeded"'
expect_err 'this run is not (fully )?recorded: .*(locked|busy)'
[ $((SECONDS - began)) -lt 30 ] || fail "it waited for $((SECONDS - began)) s"
exec 9>&-
wait $!
expect_exit 0 boxcar chain --json "test/make --text other"
expect_exit 0 boxcar runs
expect_out ' succeeded '
