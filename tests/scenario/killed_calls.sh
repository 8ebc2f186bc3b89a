# An import that is killed just before one of its system calls, whichever it is: the image is whole or none, the next import
# succeeds, and of the killed one nothing stays.
export ASAN_OPTIONS=detect_leaks=0 # below strace nobody can look for leaks
mkdir root
echo '{schema_version: 4, io: split}' >root/kliko.yml
printf '#!/bin/sh\necho moin >/output/text\n' >root/kliko
chmod 755 root/kliko
"$SOURCE/tests/make_image.sh" layout test/small root base="$(busybox_layer)"
images=$XDG_DATA_HOME/boxcar/images
run() {
  expect_exit 0 boxcar tool --pull never --output out test/small
  expect_text out/text moin
  rm -r .kliko out
}
for call in rename fsync syncfs mkdir unlink rmdir; do
  for ((n = 1; n < 100; n++)); do
    code=0
    strace -f -qq -o /dev/null -e trace=$call -e inject=$call:signal=SIGKILL:when=$n \
      boxcar image import oci:layout >"$SCENARIO/out" 2>"$SCENARIO/err" || code=$?
    [ $code != 0 ] || break
    [ $code = 137 ] || fail "$call $n: exit code $code"
    expect_exit 0 boxcar image ls --json
    [ "$(json 'map(select(.reference != "")) | length')" = 0 ] || run
    expect_exit 0 boxcar image import oci:layout
    left=$(ls "$images/tmp"; find "$images" -name '*.json.*')
    [ -z "$left" ] || fail "$call $n: left $left"
    run
    expect_exit 0 boxcar image rm test/small
    expect_exit 0 boxcar image prune
    [ -z "$(ls "$images/layers")" ] || fail "$call $n: layers are left"
  done
  echo "$call: $((n - 1)) kills"
  [ $n -gt 1 ] || fail "no $call was met"
  boxcar image rm test/small >/dev/null
done
