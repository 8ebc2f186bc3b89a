# Ctrl-C while a dry run measures what its steps would need: it ends at once.
make_kliko_image test/quick ':' <<<'{schema_version: 4, io: split}'
mkdir given
(cd given && seq 5000 | sed 's/$/.dcm/' | xargs touch)
{
  echo steps:
  seq -f '  s%g: {image: test/quick, inputs: {input: ./given}, resources: {scale: {input: {scale_factor: 2, type: limit, mode: sum}}}}' 3000
} >boxcar.yml
expect_exit 0 boxcar run --dry-run --target s1 boxcar.yml # what is there was hashed
for json in --json ''; do
  set -m
  boxcar run --dry-run $json boxcar.yml >"$SCENARIO/out" 2>"$SCENARIO/err" &
  set +m
  sleep 0.7
  began=$(date +%s%3N) code=0
  kill -INT $!
  wait $! || code=$?
  [ $code = 130 ] || fail "exit code $code"
  [ $(($(date +%s%3N) - began)) -lt 3000 ] || fail "it took too long"
  [ -z "$json" ] || expect_json '.status == "cancelled"'
  expect_err interrupted
  expect_not_in "$SCENARIO/err" '^s1 '
done
