# Where results are kept: --store says, else BOXCAR_STORE, else .boxcar beside the workflow file and .kliko in the current
# directory. A relative path is of the current directory.
make_common_images
mkdir flows elsewhere
printf 'workflow: w\nsteps: {make: {image: test/make}}\n' >flows/boxcar.yml
cd elsewhere
# expect_store DIRECTORY STATUS COMMAND…
expect_store() {
  local directory=$1 status=$2
  shift 2
  expect_exit 0 "$@"
  expect_json ".steps[].status == \"$status\"" ".steps[].result | startswith(\"$SCENARIO/work/$directory/\")"
  expect_text "$(json '.steps[].result')/output/text" hello
}
expect_store flows/.boxcar succeeded boxcar run --json ../flows/boxcar.yml
expect_store elsewhere/.kliko succeeded boxcar tool --json test/make
expect_store elsewhere/.kliko cached boxcar chain --json test/make
expect_store given succeeded boxcar run --json --store ../given ../flows
export BOXCAR_STORE=below/it
expect_store elsewhere/below/it succeeded boxcar run --json ../flows
expect_store elsewhere/below/it cached boxcar chain --json test/make
expect_store given cached boxcar tool --json --store "$SCENARIO/work/given" test/make
expect_exit 0 kliko-run test/make --output out
[ ! -e .boxcar ] && [ "$(find "$SCENARIO/work" -name manifest.json | wc -l)" = 4 ] || fail "$(find "$SCENARIO/work" -name manifest.json)"
expect_exit 0 boxcar gc --dry-run
expect_out '; 1 .*stay'
BOXCAR_STORE='' expect_store elsewhere/.kliko cached boxcar tool --json test/make

: >"$SCENARIO/work/file"
expect_exit 3 boxcar tool --store "$SCENARIO/work/file" test/make
expect_err "$SCENARIO/work/file"

# A directory with things of somebody else's is no store, nor becomes one.
mkdir -p mine/work mine/012345678901/abcdefabcdef && echo thesis >mine/work/thesis.tex.1 && echo notes >mine/index
for call in "run --dry-run ../flows" "run ../flows" "tool test/make"; do
  BOXCAR_STORE=mine expect_exit 3 boxcar $call
  expect_err "$PWD/mine is no store, and has something of its own where a store has its 'index'"
done
expect_exit 2 boxcar gc --store mine --older-than 1d
expect_err "there is no store at $PWD/mine"
[ "$(cat mine/work/* mine/index)" = $'thesis\nnotes' ] && [ "$(find mine | wc -l)" = 6 ] || fail "$(find mine)"
