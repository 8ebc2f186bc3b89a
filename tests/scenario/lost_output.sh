# What can't be written to stdout is an error, whatever was to be said; and where stdin, stdout or stderr is closed no file gets
# what was meant for it.
make_kliko_image test/talk 'echo said; cp /parameters.json /output' <<<'{schema_version: 4, io: split}'
full() { # COMMAND…: says something
  code=0
  "$@" >/dev/full 2>err || code=$?
  [ $code = 3 ] && grep -q 'writing to stdout' err || fail "exit code $code, $(cat err): $*"
}
full boxcar tool --json test/talk
for option in '' --json; do
  full boxcar runs $option
  full boxcar status $option
done
full boxcar logs
full boxcar image ls
full boxcar tool test/talk --help
full boxcar inspect test/talk
full boxcar --help

boxcar tool --rerun talk test/talk 0<&- 1>&- 2>&- || fail "exit code $?"
boxcar tool --store other test/talk 1>&- 2>&- || fail "exit code $?"
boxcar logs 1>&- 2>&- || fail "exit code $?"
! grep -rIl -e 'step talk:' -e '^said' .kliko other "$HOME" || fail "written into a file"
expect_exit 0 boxcar tool --json test/talk
expect_json '.steps.talk.status == "cached"'

# In a directory that was removed nothing is taken for a path of /.
mkdir gone
cd gone
rmdir ../gone
expect_exit 2 boxcar tool test/talk
expect_err 'the current directory'
expect_exit 0 boxcar logs
expect_text "$SCENARIO/out" said
cd ..
