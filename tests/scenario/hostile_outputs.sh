# A step that plays with symlinks, renames and names, to its end and beyond, reads and changes nothing of the host's.
mkdir host given
echo untouched >host/file
echo of the caller >given/data
host=$PWD/host
make_kliko_image test/hostile 'mode=$(sed -E "s/.*\"mode\": ?\"([^\"]*)\".*/\1/" /parameters.json)
host=$(sed -E "s/.*\"host\": ?\"([^\"]*)\".*/\1/" /parameters.json)
cd /output
case $mode in
file) ln -s "$host/file" stolen ;;
climb) mkdir d; ln -s "../../../../../../../..$host/file" d/stolen ;;
way) mkdir d; ln -s "$host" d/way; ln -s d/way/file stolen ;;
proc) ln -s "/proc/1/root$host/file" stolen ;;
mounted) echo x >x; for try in "mv /output /moved" "mv x /input/x" "ln /input/data hard" "umount /output" "rm /input/data"; do
  if $try; then exit 9; fi
  done ;;
deep) name=$(printf "%0150d" 0); i=0; while [ $i -lt 60 ]; do mkdir $name; echo x >x; cd -P $name; i=$((i + 1)); done; chmod 0 . ;;
names) echo x >"$(printf "new\nline")"; echo x >"$(printf "\033[31mred\377")"; mkdir -- -rf ...; echo x >.../..x ;;
swap) mkdir d; echo x >d/x; (trap "" HUP TERM; while :; do mv d e; ln -s "$host" d; rm d; mv e d; done) & sleep 0.3 ;;
esac' <<'SPEC'
schema_version: 4
io: split
sections: [{name: s, description: d, fields: [{name: mode, type: str, initial: none}, {name: host, type: str, initial: /}]}]
SPEC
run() { boxcar tool --json --input given test/hostile --host "$host" --mode "$1"; }
for mode in file climb way proc; do
  expect_exit 1 run $mode
  expect_err "is a symlink to"
done
# Deeper than the longest path; it can be removed.
expect_exit 1 run deep
expect_err "lies too deep"
[ -z "$(ls .kliko/work)" ] || fail "a workspace was left: $(ls -l .kliko/work)"
for mode in mounted names; do
  expect_exit 0 run $mode
done
result=$(json '.steps[].result')
[ -e "$result/output/$(printf 'new\nline')" ] || fail "a name was changed"
expect_text "$result/output/.../..x" x
grep -q "$(printf '\033')" "$SCENARIO/err" && fail "a name steers the terminal"
for i in 1 2 3 4 5; do
  code=0
  boxcar tool --json --rerun hostile --input given test/hostile --host "$host" --mode swap >"$SCENARIO/out" 2>"$SCENARIO/err" || code=$?
  [ $code -le 1 ] || fail "exit code $code: $(cat "$SCENARIO/err")"
done
if grep -rqF untouched .kliko; then fail "a file of the host came into the store"; fi

# Into a directory in which an earlier owner left symlinks; nothing is written through them.
make_kliko_image test/fill 'mkdir -p /output/d/e; for f in a d/a d/e/a; do echo new >/output/$f; done' <<<'{schema_version: 4, io: split}'
mkdir target
ln -s "$host" target/d
ln -s "$host/file" target/a
expect_exit 0 boxcar tool --output target test/fill
expect_text target/d/e/a new
expect_text target/a new
rm -r target/d/e
ln -s "$host" target/d/e
expect_exit 0 boxcar tool --output target test/fill
expect_text target/d/e/a new
expect_text host/file untouched
[ "$(ls -A host given)" = "$(printf 'given:\ndata\n\nhost:\nfile')" ] || fail "the host was changed: $(ls -lA host given)"
