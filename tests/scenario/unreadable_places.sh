# What may not be read, and where nothing may be written, is found at its place before anything starts.
make_common_images
cat >boxcar.yml <<'FLOW'
workflow: places
steps:
  make: {image: test/make}
  append: {image: test/append, params: {line: x}, inputs: {input: /root}}
outputs:
  made: {from: make/output/text, to: /usr/local/new/text}
FLOW
if [ "$(id -u)" = 0 ]; then # he may do all that, but for a file system that is read-only
  expect_exit 0 boxcar validate boxcar.yml
  mkdir fixed
  sed -i 's/\/usr\/local/fixed/; s/\/root/fixed/' boxcar.yml
  read_only() { unshare --mount sh -c 'mount --bind fixed fixed && mount -o remount,bind,ro fixed && exec "$@"' sh "$@"; }
  for command in run validate; do
    expect_exit 2 read_only boxcar $command boxcar.yml
    expect_err "^boxcar.yml:6:[0-9]+: output 'made' is copied to '$PWD/fixed/new/text', but '$PWD/fixed' can't be written in: Read-only file system$"
  done
  return
fi
for command in run validate; do
  expect_exit 2 boxcar $command boxcar.yml
  expect_err "^boxcar.yml:4:[0-9]+: step 'append': port 'input' takes a directory, but '/root' can't be read: Permission denied$" \
    "^boxcar.yml:6:[0-9]+: output 'made' is copied to '/usr/local/new/text', but '/usr/local' can't be written in: Permission denied$"
done
expect_exit 2 boxcar tool --input /root test/append --line x
expect_err "but '/root' can't be read: Permission denied$"
expect_exit 2 boxcar chain 'test/append --input /root --line x'
expect_err "but '/root' can't be read: Permission denied$"
expect_exit 2 boxcar tool --output /usr/local/new test/make
expect_err "but '/usr/local' can't be written in: Permission denied$"
# What need not be written this time is warned of.
cat >targets.yml <<'FLOW'
steps:
  make: {image: test/make}
  other: {image: test/make, params: {text: other}}
outputs:
  made: {from: make/output, to: /usr/local/new}
  good: {from: other/output, to: ./good}
FLOW
for how in '--target other' --dry-run; do
  expect_exit 0 boxcar run targets.yml $how
  expect_err "^targets.yml:5:[0-9]+: warning: output 'made' .*'/usr/local' can't be written in: Permission denied$"
done
# A task that is looked at may be for another machine.
cat >task.json <<'JSON'
{"name": "t", "image": "test/none", "taskTemplate": {"identifier": "t", "description": "", "env": [], "command": ["true"],
 "inputs": [{"name": "in", "mounted_path": "/in"}], "outputs": [{"name": "out", "mounted_path": "/out"}]},
 "inputs": [{"name": "in", "volume_source": {"host_path": "/root"}}],
 "outputs": [{"name": "out", "volume_source": {"host_path": "/usr/local/new"}}]}
JSON
expect_exit 0 task-api validate task.json
expect_err "warning: .*'/root' can't be read: Permission denied$"
