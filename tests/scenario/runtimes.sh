# With runc and with crun; another that is not there is an engine that could not be used.
make_common_images
for runtime in runc crun; do
  BOXCAR_RUNTIME=$runtime expect_exit 0 boxcar chain --store $runtime --json test/make 'test/append --line x'
  expect_text "$(json '.steps["2-append"].result')/output/text" $'hello\nx'
done
BOXCAR_RUNTIME=/no/such/runtime expect_exit 3 boxcar chain --store none --json test/make
expect_err 'no/such/runtime'
expect_exit 0 env BOXCAR_RUNTIME=/no/such/runtime boxcar chain --store runc test/make  # cached: needs no engine
