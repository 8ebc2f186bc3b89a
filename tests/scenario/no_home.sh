# Without HOME the user's own directory is taken from the list of users; XDG_* that are unset or no absolute paths are below it.
make_common_images
own=$(getent passwd "$(id -u)" | cut -d: -f6)
below() { # DIRECTORY VARIABLE…: what env takes
  expect_exit 0 env "${@:2}" boxcar image --help
  expect_out "below $1/boxcar/images\\."
}
below "$own/.local/share" -u HOME -u XDG_DATA_HOME
below "$own/.local/share" HOME= XDG_DATA_HOME=
below "$HOME/.local/share" -u XDG_DATA_HOME
below "$HOME/.local/share" XDG_DATA_HOME=relative
below "$XDG_DATA_HOME" -u HOME

# Nothing else needs it: a run, and what reads its record.
expect_exit 0 env -u HOME -u XDG_CONFIG_HOME -u XDG_CACHE_HOME boxcar tool --json test/make
expect_json '.status == "succeeded"'
expect_exit 0 env -u HOME boxcar status
expect_out 'make  succeeded'
mv "$XDG_DATA_HOME" "$HOME/.local"
mkdir "$HOME/.local/share"
mv "$HOME/.local/boxcar" "$HOME/.local/share/"
expect_exit 0 env -u XDG_DATA_HOME -u XDG_STATE_HOME -u XDG_CACHE_HOME -u XDG_CONFIG_HOME boxcar tool test/make
[ -e "$HOME/.local/state/boxcar/runs.db" ] || fail "no record below $HOME: $(find "$HOME" -name runs.db)"

# Where nothing can be written it says so: that is a disk that can't be used, not a call that is wrong.
echo >"$SCENARIO/file"
expect_exit 3 env XDG_STATE_HOME="$SCENARIO/file" boxcar runs
expect_err "$SCENARIO/file/boxcar: Not a directory"
expect_exit 3 env -u XDG_DATA_HOME boxcar tool --store "$SCENARIO/file/store" test/make
expect_err "$SCENARIO/file/store: Not a directory"
expect_exit 3 env XDG_DATA_HOME="$SCENARIO/file" boxcar image import "oci:$(echo "$TMPDIR"/layout.* | cut -d' ' -f1)"
expect_err "$SCENARIO/file/boxcar/images: Not a directory"
