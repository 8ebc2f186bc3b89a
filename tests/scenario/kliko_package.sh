# Containers whose programs use Kliko's own Python package inside work unchanged: it reads and checks /kliko.yml and
# /parameters.json, and finds /input, /output or /work, and /param_files, also where there are no file parameters.
"$SOURCE/tests/kliko_package/build-images.sh"
boxcar image import "oci:$SOURCE/build/kliko-package/images" >/dev/null
echo 'a sky' >sky.txt
mkdir in
touch in/one in/two
expect_exit 0 boxcar chain --json "test/kliko-split --input in --sky sky.txt --channels 4 --array vla --noise true" test/kliko-join
report="$(json '.steps["2-kliko-join"].result')/output"
expect_text "$(json '.steps["1-kliko-split"].result')/output/report.json" "$(cat "$report/report.json.old")"
jq '.' "$report/report.json.old" >"$SCENARIO/out"
expect_json '.parameters == {sky: "/param_files/sky", channels: 4, dtime: 0.5, noise: true, array: "vla", msname: "a b.ms",
    note: null}' '.sky == "a sky\n"' '.input == ["one", "two"]' '.param_files == ["sky"]'
jq '.' "$report/report.json" >"$SCENARIO/out"
expect_json '.parameters == {suffix: ".old"}' '.param_files == []'

# The same by hand; and with no input given there is an empty one.
expect_exit 0 kliko-run test/kliko-split --output out --sky "$PWD/sky.txt" --channels 1 --dtime 2 --note 'so so'
jq '.' out/report.json >"$SCENARIO/out"
expect_json '.input == []' '.parameters | .dtime == 2 and .note == "so so" and .noise == false'
expect_exit 0 kliko-run test/kliko-join --work out --suffix .1
[ -e out/report.json.1 ] && [ -e out/report.json ] || fail "not in place: $(ls out)"
expect_exit 2 kliko-run test/kliko-split --sky sky.txt --channels 1.5
expect_err 'channels'
