# resources: {cpu: …} limits all that a step's processes take together; without it they take what they get.
make_kliko_image test/burn 'for i in 1 2; do timeout 2 sh -c "while :; do :; done" & done; wait || true
awk "{ print \$16 + \$17 }" /proc/$$/stat >/output/hundredths' <<<'{schema_version: 4, io: split}'
cat >boxcar.yml <<'FLOW'
workflow: w
steps:
  limited: {image: test/burn, resources: {cpu: 0.1}}
FLOW
for runtime in runc crun; do
  BOXCAR_RUNTIME=$runtime expect_exit 0 boxcar run --store $runtime --json boxcar.yml
  taken=$(cat "$(json .steps.limited.result)/output/hundredths")
  [ "$taken" -gt 5 ] && [ "$taken" -lt 40 ] || fail "$taken hundredths of a second in two seconds"
done
