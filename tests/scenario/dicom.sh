# examples/dicom: real images through three processing-containers and a step of another kind; what comes out is right.
"$SOURCE/examples/dicom/build-images.sh" "$SOURCE/build/dicom"
"$SOURCE/examples/dicom/fetch-data.sh" "$SOURCE/build/dicom/data"
cp -r "$SOURCE"/examples/dicom/{boxcar.yml,task.json} "$SOURCE/build/dicom/data" .
boxcar image import "oci:$SOURCE/build/dicom/images" >/dev/null
for name in anonymise convert statistics; do expect_exit 0 boxcar validate "dicom/$name"; done
expect_exit 0 boxcar run boxcar.yml --json --monitor-memory
expect_json '.status == "succeeded"' '.steps | length == 5'
expect_err 'limit 1500 x images .max_file_size.: the largest of 2 files, with 34 KiB, gives 49 MiB' 'limit 1500 x volumes .sum.: 40 KiB in 2 files give 59 MiB'

# Who the patient was is in none of what followed. The values are those that pydicom documents for its images.
anonymous=$(json .steps.anonymise.result)/anonymous
grep -q CompressedSamples data/CT_small.dcm && grep -q 'JFK IMAGING' data/CT_small.dcm
if grep -raE 'CompressedSamples|1CT1|4MR1|ABCD1234|JFK IMAGING|CT01_OC0' "$anonymous" "$(json .steps.convert.result)"; then fail "a name is left"; fi
grep -q Patient-1 "$anonymous/CT_small.dcm"
segment=$(json .steps.segment.result)
jq -e '.CT_small | .modality == "CT" and .patient == "Patient-1" and .columns == 128 and .rows == 128 and .least == -896 and .greatest == 1167
  and .mean == -119.074 and .above == 1024 and .area_mm2 == 448.04' "$segment/report/statistics.json" >/dev/null || { cat "$segment/report/statistics.json"; fail "the CT"; }
jq -e '.MR_small | .modality == "MR" and .columns == 64 and .least == 127 and .greatest == 2145 and .mean == 518.881' "$segment/report/statistics.json" >/dev/null ||
  { cat "$segment/report/statistics.json"; fail "the MR"; }
[ "$(tail -n +3 "$segment/masks/CT_small.pbm" | tr -cd 1 | wc -c)" = 1024 ] || fail "the mask"
volume=$(json .steps.convert.result)/volumes/CT_small.nrrd
[ "$(od -An -td2 -N6 -j $(($(stat -c %s "$volume") - 32768)) "$volume")" = "    175    180    166" ] || fail "the first values"
expect_text results/table.txt 'image      modality patient       least      mean  greatest   area/mm2
CT_small   CT       Patient-1    -896.0    -119.1    1167.0      448.0
MR_small   MR       Patient-1     127.0     518.9    2145.0      232.1'
[ "$(od -An -c -j1 -N3 results/pictures/CT_small.png | tr -d ' ')" = PNG ]

# Another threshold: images are neither anonymised nor converted again. The task alone gives the same files.
expect_exit 0 boxcar run boxcar.yml --json --set threshold=0
expect_json '[.steps[] | select(.status == "cached")] | length == 3' '.steps.segment.status == "succeeded"'
expect_exit 0 boxcar run task.json
diff -r anonymous "$anonymous"

# What images hold is what boxcar test needs: the folder that is given.
expect_exit 0 boxcar test dicom/convert --input images=data
expect_out '^ok +nrrd' '^ok +preview'
expect_exit 1 boxcar test dicom/anonymise
expect_out '^not ok +anonymise' "boxcar made up its input 'images'" 'there are no images'
