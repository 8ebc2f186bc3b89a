# What a container must not be able to do, each tried from inside; and it leaves no trace in the image.
make_confinement_image test/probe
confined test/probe
for i in 1 2; do
  make_kliko_image test/marks 'touch /root/mark; ls /root >/output/root' <<<'{schema_version: 4, io: split}'
  expect_exit 0 boxcar chain --json --rerun 1-marks test/marks
  expect_text "$(json '.steps[].result')/output/root" mark
done
