# A line feed or an escape sequence in a name makes no line of its own in what boxcar says, and steers no terminal.
forged=$'no\nboxcar: all is fine\r\033[1A.yml'
one_line() { # COMMAND…: that says one line of trouble, which holds the name as it can be shown
  expect_exit 2 "$@"
  expect_err 'no\\nboxcar: all is fine\\r\\x1b\[1A\.yml'
  [ "$(wc -l <"$SCENARIO/err")" = 1 ] && ! grep -q $'[\r\033]' "$SCENARIO/err" || fail "$*: $(cat -v "$SCENARIO/err")"
}
one_line boxcar run "$forged"
one_line boxcar validate "$forged"
one_line boxcar image import "$forged"
one_line boxcar image rm "$forged"
one_line boxcar tool --pull never "docker-archive:$forged"
one_line boxcar status "$forged"
echo 'workflow: x' >"$forged"
one_line boxcar run "$forged"
one_line boxcar validate "$forged"
one_line boxcar image import "docker-archive:$forged"
