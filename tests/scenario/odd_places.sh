# Directories may be called anything: of the store, the images, the record, inputs and outputs, and the workflow.
odd=$'it\'s a:b,c=\\d "e" $HOME %s \303\274\nf'
mkdir "$odd"
cd "$odd"
export XDG_DATA_HOME=$PWD/data XDG_STATE_HOME=$PWD/state XDG_CACHE_HOME=$PWD/cache
make_common_images
make_kliko_image test/join 'cd /work; mkdir d; mv text d; find /param_files -type f -exec cat {} + >>d/text' <<'SPEC'
schema_version: 4
io: join
sections: [{name: s, description: d, fields: [{name: extra, type: "List[file]"}]}]
SPEC
mkdir "in $odd"
echo input >"in $odd/text"
echo extra >"$odd"
for runtime in runc crun; do
  export BOXCAR_RUNTIME=$runtime
  expect_exit 0 boxcar chain --json --store "$runtime, $odd" 'test/make' 'test/append --line x' 'test/join'
  expect_text "$(json '.steps["3-join"].result')/output/d/text" $'hello\nx'
  expect_exit 0 boxcar tool --json --store "$runtime, $odd" test/join --input "in $odd" --output "out/$runtime $odd" --extra "$odd"
  expect_text "out/$runtime $odd/d/text" $'input\nextra'
done
cat >"w $odd.yml" <<'FLOW'
workflow: w
steps:
  make: {image: test/make}
  join: {image: test/join, inputs: {work: make/output}, params: {extra: ["./in it's a:b,c=\\d"]}}
outputs: {x: {from: join/output, to: "to: a, b\nc"}}
FLOW
echo more >"in it's a:b,c=\\d"
expect_exit 0 boxcar run "w $odd.yml"
expect_text $'to: a, b\nc/d/text' $'hello\nmore'
expect_exit 0 boxcar status
expect_exit 0 boxcar gc --older-than 0s
expect_out '^removed 2 results'

# Not even in UTF-8: neither what runtimes nor what daemons are told can say that.
mkdir $'caf\xe9'
cd $'caf\xe9'
printf 'workflow: w\nsteps: {make: {image: test/make}}\n' >boxcar.yml
expect_exit 3 boxcar run boxcar.yml
expect_err 'caf.xe9.* not UTF-8'
expect_exit 0 boxcar run --store "$SCENARIO/tmp/store" boxcar.yml
mkdir $'input\xe9'
expect_exit 3 boxcar tool --store "$SCENARIO/tmp/store" --input $'input\xe9' test/append --line x
expect_err 'not UTF-8'
