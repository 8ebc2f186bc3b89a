# Documents that are no YAML, or are made to exhaust a parser, end in a finding, at once.
head -c 300 /dev/urandom >noise.yml
printf 'io: [split\nname: x\n' >invalid.yml
printf 'schema_version: 4\nio: split\nio: join\n' >duplicate.yml
{ printf 'schema_version: 4\nio: split\nname: '; head -c 1200000 /dev/zero | tr '\0' x; echo; } >huge.yml
{ printf 'a: '; head -c 10000 /dev/zero | tr '\0' '['; echo; } >deep.yml
{
  echo 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
  for i in 1 2 3 4 5 6 7 8 9; do
    p=$((i - 1))
    echo "a$i: &a$i [*a$p, *a$p, *a$p, *a$p, *a$p, *a$p, *a$p, *a$p, *a$p, *a$p]"
  done
} >bomb.yml
mkdir directory.yml

for document in noise invalid duplicate huge deep bomb directory; do
  expect_exit 2 timeout 2 boxcar validate $document.yml
  expect_err "$document.yml"
  expect_exit 2 timeout 2 boxcar run $document.yml
  expect_err "$document.yml"
done
expect_exit 2 boxcar validate duplicate.yml
expect_err 'duplicate.yml:3:1: .*io'
