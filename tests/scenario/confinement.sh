# A container has the usual reduced rights, an unwritable input, a writable root of its own, and leaves no trace in the image.
make_kliko_image test/probe 'cat /proc/self/status | grep -E "CapEff|NoNewPrivs|Seccomp:" >/output/status
touch /root/mark; ls /root >/output/root
if touch /input/x 2>/dev/null; then echo writable; exit 9; fi
if mount -t tmpfs none /tmp 2>/dev/null; then echo mounts; exit 9; fi
if head -c 1 /proc/kcore 2>/dev/null | grep -q .; then echo kcore; exit 9; fi
test -c /dev/null && test -w /dev/null; df /dev/shm >/dev/null' <<<'{schema_version: 4, io: split}'
for i in 1 2; do
  expect_exit 0 boxcar chain --json --rerun 1-probe test/probe
  out=$(json '.steps[].result')/output
  expect_text "$out/root" mark
  expect_in "$out/status" 'NoNewPrivs:.1' 'Seccomp:.2'
  expect_not_in "$out/status" 'CapEff:.0*[1-9a-f][0-9a-f]{8}'  # CAP_SYS_ADMIN is bit 21, and nothing above 31 is given
done
