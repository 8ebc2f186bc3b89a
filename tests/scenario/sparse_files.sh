# A file of holes stays one: in a result, through a join step that renames it or writes to it, as root or not, and where it is
# copied to.
make_kliko_image test/sparse 'cd /output; mkdir a; printf data >a/file; truncate -s 100M a/file; printf end >>a/file
chmod -R a+rwX .' <<<'{schema_version: 4, io: split}'
join='cd /work; mv a b; printf DATA | dd of=b/file bs=1 seek=50000000 conv=notrunc 2>/dev/null'
make_kliko_image test/root "$join" <<<'{schema_version: 4, io: join}'
mkdir user
echo '{schema_version: 4, io: join}' >user/kliko.yml
printf '#!/bin/sh\nset -eu\n%s\n' "$join" >user/kliko
chmod 755 user/kliko
make_image test/user user user=1234:1234

# small FILE: 100 MiB and a bit in length, with less than 4 MiB on the disk (overlayfs copies 1 MiB at a time)
small() {
  [ "$(stat -c %s "$1")" = 104857603 ] || fail "$1: $(ls -l "$1")"
  [ "$(du -k "$1" | cut -f1)" -lt 4096 ] || fail "$1 has grown: $(du -h "$1")"
}
for user in root user; do
  expect_exit 0 boxcar chain --json test/sparse "test/$user --output out.$user"
  small "$(json '.steps["1-sparse"].result')/output/a/file"
  result=$(json ".steps[\"2-$user\"].result")/output/b/file
  for file in "$result" "out.$user/b/file"; do
    small "$file"
    [ "$(tr -d '\0' <"$file")" = dataDATAend ] || fail "content of $file"
  done
done
