# Whether a layer's directory hides what lower layers have is told by an attribute. One that can't be read is an error: taken for none,
# what is hidden would show.
make_kliko_image test/marked 'echo x >/output/x' <<<'{schema_version: 4, io: split}'
# Leaks can't be looked for below strace.
unreadable() { ASAN_OPTIONS=detect_leaks=0 strace -f -o trace -e trace=fgetxattr -e inject=fgetxattr:error=EIO "$@"; }
for command in inspect tool; do
  expect_exit 3 unreadable boxcar $command test/marked
  expect_err 'reading the attribute trusted.overlay.opaque: Input/output error'
done
expect_exit 0 boxcar tool test/marked
