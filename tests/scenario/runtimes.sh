# With runc and with crun; another that is not there is an engine that could not be used.
make_common_images
for runtime in runc crun; do
  BOXCAR_RUNTIME=$runtime expect_exit 0 boxcar chain --store $runtime --json test/make 'test/append --line x'
  expect_text "$(json '.steps["2-append"].result')/output/text" $'hello\nx'
done
BOXCAR_RUNTIME=/no/such/runtime expect_exit 3 boxcar chain --store none --json test/make
expect_err 'no/such/runtime'
expect_exit 0 env BOXCAR_RUNTIME=/no/such/runtime boxcar chain --store runc test/make  # cached: needs no engine

# One that starts nothing at all, boxcar's own helper neither, is no failure of the step, whether it says why or not.
printf '#!/bin/sh\n[ "$1" != --version ] || exec echo "broken version 1.0"\n' >silent
{ cat silent && printf 'echo "{\\"level\\":\\"error\\",\\"msg\\":\\"no cgroup for you\\"}" >"$4"\n'; } >talking
for runtime in silent talking; do
  echo 'exit 1' >>$runtime
  chmod 755 $runtime
  BOXCAR_RUNTIME=$PWD/$runtime expect_exit 3 boxcar chain --keep-going --store none test/make test/make
  expect_err "nor does boxcar's own helper start: 'boxcar doctor' says more"
done
expect_err 'step 1-make failed: the container could not be run: no cgroup for you'
BOXCAR_RUNTIME=/no/such/runtime expect_exit 3 boxcar chain --store none test/make
expect_err "'boxcar doctor' says more"
