# On a terminal a live table with each step and its state; elsewhere plain lines, no escape sequences; at the end where the results are.
make_common_images
expect_exit 0 boxcar chain test/make 'test/append --line x'
expect_not_in "$SCENARIO/err" $'\033'
expect_err '1-make' '2-append' '\.kliko/[0-9a-f]{12}/[0-9a-f]{12}'
script -qec "boxcar chain --rerun 1-make test/make 'test/append --line x'" screen >/dev/null </dev/null
expect_in screen $'\033' '1-make' '2-append' 'cached'
expect_exit 0 env NO_COLOR=1 TERM=dumb script -qec "boxcar chain test/make" dumb
expect_not_in dumb $'\033'
