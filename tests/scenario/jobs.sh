# -j says how many containers run at once.
make_kliko_image test/meet 'read now rest </proc/uptime; sleep 0.4; read then rest </proc/uptime; echo $now $then >/output/times' \
  <<<'{schema_version: 4, io: split}'
cat >boxcar.yml <<'FLOW'
workflow: jobs
steps:
  a: {image: test/meet, env: {N: "1"}}
  b: {image: test/meet, env: {N: "2"}}
FLOW
overlap() {
  cat "$(json .steps.a.result)/output/times" "$(json .steps.b.result)/output/times" | sort -n |
    awk '{ if (NR == 2 && $1 < end) yes = 1; end = $2 } END { exit !yes }'
}
expect_exit 0 boxcar run -j 2 --json boxcar.yml
overlap || fail "-j 2: the two did not run at once"
expect_exit 0 boxcar run -j1 --store other --json boxcar.yml
if overlap; then fail "-j1: they ran at once"; fi
