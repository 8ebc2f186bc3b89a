# A system call of boxcar, its runtime or its watcher fails with EIO, ENOSPC or EDQUOT, one a round, chosen at random: boxcar neither
# crashes nor hangs, says what went wrong in a sentence and with code 1 or 3, or does without; the next run ends right and nothing is left.
export ASAN_OPTIONS=detect_leaks=0 # below strace nobody can look for leaks
. "$SOURCE/tests/fault_lib.sh"
rounds=${ROUNDS:-25} seed=${SEED:-$(date +%N | sed 's/^0*//')}
echo "SEED=$seed"
RANDOM=$((seed % 32768))
make_common_images
make_kliko_image test/turn 'cd /work; mv text first; cat first first >text' <<<'{schema_version: 4, io: join}'
steps=('test/make' 'test/append --line x' 'test/turn')
temporary=$(ls -A "$TMPDIR")
expect_exit 0 boxcar chain --store "$PWD/right" "${steps[@]}"
right=$(signature right)
# Each with about as many calls as a thread of boxcar makes of it at most. Not write: one to an eventfd or a pipe can't fail so.
calls=(openat:60 openat2:40 pwrite64:30 fsync:12 fdatasync:6 rename:8 linkat:4 mkdir:20 mkdirat:4 fchmodat:12 fchmod:4 ftruncate:4
  fallocate:2 fchownat:4 unlinkat:20 unlink:6 read:80 getdents64:20 newfstatat:80 mount:8 umount2:4 fcntl:60 pread64:20 rmdir:8 symlinkat:2)
errors=(EIO ENOSPC EDQUOT)
failed=0
for ((round = 1; round <= rounds; round++)); do
  call=${calls[RANDOM % ${#calls[@]}]}
  fault=${call%:*}:error=${errors[RANDOM % 3]}:when=$((1 + RANDOM % ${call#*:}))
  echo "round $round: $fault"
  code=0
  timeout -s ABRT 100 strace -f -qq -o /dev/null -e trace="${fault%%:*}" -e inject="$fault" \
    boxcar chain --store "$PWD/store" "${steps[@]}" >"$SCENARIO/out" 2>"$SCENARIO/err" || code=$?
  case $code in 0 | 1 | 3) ;; 127) expect_err 'while loading shared libraries' ;; *) cat "$SCENARIO/err"; fail "exit code $code" ;; esac
  if [ $code != 0 ]; then
    failed=$((failed + 1))
    expect_err '[a-z]{3,} [a-z]{2,}'
  else
    same_results store "$right"
  fi
  expect_exit 0 boxcar chain --store "$PWD/store" "${steps[@]}"
  same_results store "$right"
  no_leftovers
  nothing_left store
  chmod -R u+w store && rm -rf store
done
figure "failing_calls: $rounds rounds, $failed of them failed, SEED=$seed: every failure said, the next run right, nothing left"
