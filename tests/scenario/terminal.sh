# On a terminal a live table with each step, its state, its time and the last line of its log; elsewhere plain lines, no escape
# sequences; at the end where the results are.
make_common_images
make_kliko_image test/slow 'cp /input/text /output/; echo "half of it"; sleep 1.5; echo "all of it"; sleep 0.5' <<<'{schema_version: 4, io: split}'
make_kliko_image test/broken 'echo "no such luck"; exit 7' <<<'{schema_version: 4, io: split}'
expect_exit 0 boxcar chain test/make 'test/append --line x'
expect_not_in "$SCENARIO/err" $'\033'
expect_err '1-make' '2-append' '\.kliko/[0-9a-f]{12}/[0-9a-f]{12}'
# on_screen CODE FILE COMMAND: what a terminal of 100 columns is sent; FILE.lines has its lines without the sequences.
on_screen() {
  expect_exit "$1" script -qec "stty rows 30 cols 100; $3" "$2"
  sed -E 's/\x1b\[[0-9;?]*[A-Za-z]//g; s/\r/\n/g' "$2" >"$2.lines"
}
on_screen 1 screen "boxcar chain test/make test/slow 'test/append --line y' test/broken"
expect_in screen $'\033''\[4A' $'\033''\[\?25l' $'\033''\[\?25h' # drawn anew in place; the cursor goes, and comes back
time='[0-9.]+m?s'
expect_in screen.lines "1-make +cached +$time" "2-slow +running +$time  half of it" "2-slow +running +[0-9.]+s  all of it" \
  '3-append +waiting' "[+=#━─. ]+1 of 4 steps, 1 running, 1 cached, $time" '2-slow +succeeded +[0-9.]+s' "3-append +succeeded +$time" \
  "4-broken +failed +$time  exited with code 7" 'no such luck' '^failed: 2 succeeded, 1 cached, 1 failed in [0-9.]+s \(run '
on_screen 0 again "boxcar chain --rerun 1-make test/make 'test/append --line x'"
expect_in again.lines '1-make +succeeded' '2-append +cached' '^succeeded: 1 ran, 1 cached in ' '\.kliko/[0-9a-f]{12}/[0-9a-f]{12}'
expect_exit 0 env NO_COLOR=1 TERM=dumb script -qec "boxcar chain test/make" dumb
expect_not_in dumb $'\033'
