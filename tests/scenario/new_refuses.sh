# `boxcar new` writes a folder whole or not at all, never over another, and says of a bad name what is bad.
mkdir there && touch there/file
expect_exit 2 boxcar new kliko there
expect_err '/there is there already'
[ "$(ls there)" = file ]
refused() {
  expect_exit 2 boxcar new kliko "$1"
  expect_err "can't be the name: $2"
}
refused Imager 'names of images have no capital letters'
refused '' 'it is empty'
refused a/b 'it is a path'
refused .. "it takes small letters, digits and '-'"
refused 'a b' "it takes small letters, digits and '-'"
refused 1st 'it does not begin with a letter'
refused a--b "a '-' stands between"
refused "$(printf 'a%.0s' {1..63})" 'it is longer than 62'
expect_exit 2 boxcar new klikko imager
expect_err "did you mean 'kliko'"
expect_exit 2 boxcar new kliko
expect_err 'needs a NAME'
[ "$(ls -A)" = there ] || fail "left: $(ls -A)"

# A disk that is full in the middle: here a limit on the size of files.
if (ulimit -f 0 && trap '' XFSZ && exec boxcar new kliko imager) 2>&1 | cat >"$SCENARIO/err"; then fail "it wrote"; fi
expect_err 'imager.*: File too large'
[ "$(ls -A)" = there ] || fail "left: $(ls -A)"
expect_exit 0 boxcar new kliko imager
[ -x imager/kliko ] && [ ! -x imager/kliko.yml ] && [ "$(stat -c %a imager)" = 755 ]
