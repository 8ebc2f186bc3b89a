# boxcar(1) has every command, and below each all its options with what --help says of them; man and mandoc find no fault.
page=$BOXCAR_BUILD/man/man1/boxcar.1.gz
for each in "$page" "$BOXCAR_BUILD/man/man1/kliko-run.1.gz"; do
  man --warnings -E UTF-8 -l "$each" 2>faults >/dev/null
  [ ! -s faults ] || fail "$(cat faults)"
  zcat "$each" | mandoc -T lint -W warning || fail "mandoc finds fault with $each"
done
MANWIDTH=500 LC_ALL=C.UTF-8 man -l "$page" | sed 's/^ *//' >text

boxcar --help | sed -n '/^Example/q; s/^  \([a-z]*\)  *[a-z].*/\1/p' >commands
[ "$(wc -l <commands)" -gt 10 ] || fail "$(cat commands)"
parts=$(boxcar image --help | sed -nE 's/^Usage: boxcar image ([a-z|]+).*/\1/p' | tr '|' ' ')
[ -n "$parts" ]
options=0
while read -r command part; do
  sed -n "/^boxcar $command${part:+ $part}\$/,/^For example/p" text >section
  boxcar $command $part --help >help
  for option in $(grep -oE '^  (-., ?)?--[a-z-]+' help | grep -oE -- '--[a-z-]+'); do
    [ "$option" != --help ] || continue
    options=$((options + 1))
    grep -qE -- "^(-., )?$option( |\$)" section || fail "boxcar $command $part $option is not in the page: $(cat section)"
  done
  # What is said of an option stands after it, word by word.
  sed -nE 's/^ {34}([A-Z].*)|^  -.{30} +([A-Za-z].*)/\1\2/p' help | grep -v '^Print this help' >sayings || true
  while IFS= read -r saying; do grep -qF -- "$saying" section || fail "not in the page: $saying"; done <sayings
done < <(grep -vx image commands; for part in $parts; do echo "image $part"; done)
[ $options -gt 60 ] || fail "only $options options were looked at"
