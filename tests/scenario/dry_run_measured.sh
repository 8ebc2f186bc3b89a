# What a dry run measures: a request that the machine can't meet fails there as in a run; a rule that no file counts for is shown.
make_kliko_image test/quick ':' <<<'{schema_version: 4, io: split}'
mkdir given && head -c 1048576 /dev/zero >given/a.dcm
step() {
  echo "steps: {eat: {image: test/quick, inputs: {input: ./given}, resources: {scale: {input: {$1}}}}}" >boxcar.yml
}
step 'scale_factor: 2, type: limit, mode: sum, target_glob: "*.nii"'
expect_exit 0 boxcar run --dry-run boxcar.yml
expect_err 'limits memory not set \(2 x input \(sum\): no file counts\)'
step 'scale_factor: 64, type: request, mode: sum'
expect_exit 0 boxcar run --dry-run --memory 1Gi boxcar.yml
for call in --dry-run --json; do
  expect_exit 1 boxcar run $call --memory 32Mi boxcar.yml
  expect_err 'eat.*requests 64 MiB of memory, more than the 32 MiB that there are here'
done
