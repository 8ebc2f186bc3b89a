# cmake --install puts the program and its other names for it where packagers expect them.
DESTDIR=$PWD/root cmake --install "$BOXCAR_BUILD" --prefix /usr >/dev/null
[ -x root/usr/bin/boxcar ] || fail "$(find root)"
for name in kliko-run kliko-validate task-api; do
  [ "$(readlink root/usr/bin/$name)" = boxcar ] || fail "$name: $(ls -l root/usr/bin)"
done
expect_exit 0 root/usr/bin/boxcar --version
expect_exit 0 root/usr/bin/kliko-run --help
