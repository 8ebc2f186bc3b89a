# What a container leaves that is no result fails the step, and says which path; what can be made right is.
left() { make_kliko_image "test/$1" "cd /output; $2" <<<'{schema_version: 4, io: split}'; }
left passwd 'echo 1 >a; ln -s /etc/passwd leak'
left dotdot 'ln -s ../../outside leak'
left fifo 'mkfifo pipe'
left device 'mknod null c 1 3'
left socket 'ln -sf /output/sock /dev/log; syslogd; while [ ! -e sock ]; do sleep 0.01; done'
for image in passwd:leak dotdot:leak fifo:pipe socket:sock device:null; do
  expect_exit 1 boxcar chain --json "test/${image%:*}"
  expect_json '[.steps[].status] == ["failed"]' '[.steps[].result] == [null]'
  expect_err "${image#*:}"
done
[ -z "$(find .kliko -name manifest.json)" ] || fail "a bad output became a result"

left inside 'mkdir d; echo 1 >d/a; ln -s /output/d/a link; ln -s /output top; ln -s /output/missing dangling'
expect_exit 0 boxcar chain --json test/inside
result=$(json '.steps["1-inside"].result')/output
[ "$(readlink "$result/link")" = d/a ] && expect_text "$result/link" 1
[ "$(readlink "$result/dangling")" = missing ] || fail "$(ls -l "$result")"

make_kliko_image test/link-input 'mkdir /output/d; ln -s /input/d/a /output/a; ln -s /input/d /output/dir' <<<'{schema_version: 4, io: split}'
expect_exit 0 boxcar chain --json test/inside test/link-input
result=$(json '.steps["2-link-input"].result')/output
[ ! -L "$result/a" ] && expect_text "$result/a" 1 && expect_text "$result/dir/a" 1 || fail "a link into an input is its content"
