# An ordinary user who may speak to the daemon: what a container leaves as root, or as another user, with whatever modes, is his, and
# can be removed by him; also after a failure and when boxcar was killed.
wf() { printf 'workflow: w\nsteps: {%s: {image: test/busy, tool: {command: [sh, -c, "%s"], outputs: {o: {kind: directory}}}%s}}\n' "$@" >boxcar.yml; }
mkdir root
make_image test/busy root
messy='cd ${outputs.o}; mkdir -p closed/deep; echo text >closed/deep/file; chmod 0 closed/deep/file; chmod 500 closed/deep; chmod 700 closed; id -u >who; '
wf root "$messy" ''
expect_exit 0 boxcar run --json boxcar.yml
result=$(json .steps.root.result)/o
expect_text "$result/who" 0
expect_text "$result/closed/deep/file" text
[ -z "$(find "$result" ! -user "$(id -un)")" ] || fail "not the caller's: $(find "$result" ! -user "$(id -un)" -ls)"

wf fails "$messy exit 7" ''
expect_exit 1 boxcar run boxcar.yml
wf slow "$messy sleep 60" ''
boxcar run boxcar.yml >slow.log 2>&1 &
begun() { ls .boxcar/work/*.slow.1/result/o/who; }
wait_until begun
kill -9 $!
wait $! || true
wf last 'echo x >${outputs.o}/x' ''
expect_exit 0 boxcar run boxcar.yml
[ -z "$(ls .boxcar/work)" ] || fail "workspaces were left: $(ls -l .boxcar/work)"
expect_exit 0 boxcar gc --older-than 0s
chmod -R u+w .boxcar && rm -r .boxcar || fail "it cannot be removed"
