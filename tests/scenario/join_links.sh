# A symlink that leads out of a directory that a join step works on is found before the step runs; others are kept.
make_kliko_image test/touch 'touch /work/touched' <<<'{schema_version: 4, io: join}'
mkdir -p data/deep
echo a >data/file
ln -s ../file data/deep/inside
ln -s /work/file data/absolute # as the container sees it: inside
expect_exit 0 boxcar tool test/touch --work data
[ -e data/touched ] && [ "$(readlink data/absolute)" = file ] || fail "$(ls -lR data)"
for target in /etc/passwd ../../outside; do
  remove data/touched .kliko
  ln -sfn $target data/deep/link
  expect_exit 2 boxcar tool test/touch --work data
  expect_err "works in place on $PWD/data, but there 'deep/link' is a symlink to $target, which leads out"
  [ ! -e data/touched ] && [ ! -e .kliko ] || fail "it ran: $(find data .kliko)"
done
ln -sfn /nowhere data/deep/link
make_kliko_image test/read 'cat /input/file >/output/file' <<<'{schema_version: 4, io: split}'
expect_exit 0 boxcar tool test/read --input data # who only reads is not disturbed by it
# One that leads to a file parameter's file is replaced by what that holds, before the step as after it.
remove data .kliko
mkdir data
ln -s /param_files/mask data/mask
echo 'the mask' >mask
make_kliko_image test/masked 'touch /work/touched' <<'SPEC'
schema_version: 4
io: join
sections: [{name: s, description: d, fields: [{name: mask, type: file, required: true}]}]
SPEC
expect_exit 0 boxcar tool --json test/masked --work data --mask mask
expect_text "$(json .steps.masked.result)/output/mask" 'the mask'
ln -sfn /param_files/other data/mask
expect_exit 2 boxcar tool test/masked --work data --mask mask
expect_err "'mask' is a symlink to /param_files/other, which leads out"
# Who interrupts that look is not told of what it found.
pending='import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [2]); os.kill(os.getpid(), 2); os.execvp(sys.argv[1], sys.argv[1:])'
expect_exit 130 python3 -c "$pending" boxcar tool test/masked --work data --mask mask
expect_not_in "$SCENARIO/err" 'leads out'
