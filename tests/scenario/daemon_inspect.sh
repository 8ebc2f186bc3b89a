# validate and inspect look at the images of the engine that is chosen, as run does: an image that the daemon alone has, and one that
# boxcar's own store alone has, which the daemon is not given for it. What a killed boxcar left to look into an image goes.
export ASAN_OPTIONS=detect_leaks=0 # below strace nobody can look for leaks
printf 'schema_version: 4\nio: split\nname: there alone\n' | make_kliko_image test/there true
mkdir here && printf 'schema_version: 4\nio: split\nname: here alone\n' >here/kliko.yml && printf '#!/bin/sh\n' >here/kliko && chmod 755 here/kliko
"$SOURCE/tests/make_image.sh" layout test/here here base="$(busybox_layer)"
boxcar image import oci:layout >/dev/null
engine=$BOXCAR_TEST_ENGINE
unset BOXCAR_ENGINE
export XDG_CONFIG_HOME=$PWD/config
mkdir -p config/boxcar
expect_exit 0 boxcar inspect --engine "$engine" test/there
expect_out 'there alone'
expect_exit 0 env BOXCAR_ENGINE=$engine boxcar validate test/there
echo "engine: $engine" >config/boxcar/config.yml
expect_exit 0 boxcar inspect test/there
[ "$engine" = docker ] || { expect_exit 3 boxcar inspect --engine embedded test/there; expect_err 'the local store: not there'; }
expect_exit 0 boxcar inspect test/here
expect_out 'here alone'
ask_daemon GET /images/json | jq -r '.[].RepoTags[]?' >tags
! grep test/here tags || fail "it was loaded for a look: $(cat tags)"
printf 'workflow: w\nsteps: {a: {image: test/there, params: {none: 1}}, b: {image: test/here}, c: {image: test/nowhere}}\n' >boxcar.yml
expect_exit 2 boxcar validate boxcar.yml
expect_err "none" 'warning: the image test/nowhere is not here'
expect_not_in "$SCENARIO/err" 'test/(t?here) is not here'
# What was once read out of an image is known: no container is made for it.
# Those of other Podmans of this machine can be among the events.
lock=${XDG_DATA_HOME:-$HOME/.local/share}/boxcar/images/lock
its_label="boxcar.images=$(uname -n):$(stat -c %d-%i "$lock")"
made() {
  ask_daemon GET "/events?since=$1&until=$(($(date +%s) + 1))&filters=$(jq -nr --arg its "$its_label" '{type: ["container"], event: ["create"], label: [$its]} | tojson | @uri')"
}
forget() { rm -rf "${XDG_CACHE_HOME:-$HOME/.cache}/boxcar/images"; }
sleep 1 # times of events are seconds
from=$(date +%s)
expect_exit 0 boxcar inspect test/there
expect_out 'there alone'
[ -z "$(made "$from")" ] || fail "made: $(made "$from")"
forget
expect_exit 0 boxcar inspect test/there
is_made() { [ -n "$(made "$from")" ]; }
wait_until is_made # a loaded daemon may tell late
rm config/boxcar/config.yml
expect_exit 0 without_runtimes boxcar inspect test/there # what auto picks

# What an image can have in place of its document is the same finding on every engine.
export BOXCAR_ENGINE=$engine
mkdir host && echo '{schema_version: 4, io: split, name: of-the-host}' >host/kliko.yml
alike() { # NAME COMMAND REGEX: the image whose root the command makes
  mkdir "root.$1" && (cd "root.$1" && eval "$2")
  make_image "test/$1" "root.$1"
  "$SOURCE/tests/make_image.sh" "layout.$1" "test/$1" "root.$1" base="$(busybox_layer)"
  local code=0
  BOXCAR_ENGINE=embedded boxcar inspect "oci:layout.$1" >here.out 2>here.err || code=$?
  expect_exit $code boxcar inspect "test/$1"
  expect_err "$3"
  expect_in here.err "$3"
  expect_not_in "$SCENARIO/out" of-the-host
}
alike absolute "ln -s $PWD/host/kliko.yml kliko.yml" 'declares no tool'
alike climbing "ln -s ../../../../../..$PWD/host/kliko.yml kliko.yml" 'declares no tool'
alike circle 'ln -s kliko.yml kliko.yml' 'kliko.yml.* go in circles'
alike fifo 'mkfifo kliko.yml' 'kliko.yml is not a regular file'
alike directory 'mkdir kliko.yml' 'kliko.yml is not a regular file'
alike huge 'truncate -s 100M kliko.yml' 'kliko.yml: larger than 16777216 bytes'
alike within 'mkdir a; ln -s /a/../b/kliko.yml kliko.yml; mkdir c; ln -s c b; echo "{schema_version: 4, io: sideways}" >c/kliko.yml' 'sideways'
[ -z "$(containers)" ] || fail "left: $(containers)"

# kill -9 in the middle of a look: the next one removes what was left; what one that lives has, or another's, it leaves alone.
slow_look() { # each word to the daemon takes so many ms
  forget
  strace -f -o /dev/null -e trace=sendto -e "inject=sendto:delay_enter=$1ms" boxcar inspect test/there >slow.out 2>&1 &
  tracer=$!
  wait_until containers_are 1
}
containers_are() { [ "$(containers | wc -l)" = "$1" ]; }
slow_look 700
kill -9 "$(pgrep -P $tracer)"
wait $tracer || true
containers_are 1 || fail "not left: $(containers)"
expect_exit 0 boxcar inspect test/there
containers_are 0 || fail "left: $(containers)"
slow_look 700
lives=$(pgrep -P $tracer)
kill -STOP "$lives" # however long the other one takes
ask_daemon POST '/containers/create?name=foreign' -H 'Content-Type: application/json' \
  -d '{"Image":"test/there","Entrypoint":["/kliko"],"Labels":{"boxcar.reader":"abc","boxcar.images":"elsewhere:1-2"}}' >/dev/null
expect_exit 0 boxcar inspect test/there
ask_daemon DELETE /containers/foreign >/dev/null
containers_are 1 || fail "that of one that lives was removed"
kill -CONT "$lives"
wait $tracer || fail "it was disturbed: $(cat slow.out)"
containers_are 0 || fail "left: $(containers)"

# Somebody removes the container during a look: that tells nothing of the image.
slow_look 900
ask_daemon DELETE "/containers$(containers | head -1)?force=1" >/dev/null
wait $tracer || true
expect_exit 0 boxcar inspect test/there
expect_out 'there alone'
