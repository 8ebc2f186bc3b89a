# A program of the C++ face runs on the engine that it names, else on the one of the environment, with that engine's images.
make_common_images
build_program <<'CC'
#include <boxcar/boxcar.h>

#include <cstdio>

int main(int, char** arguments) {
  boxcar::WorkflowBuilder workflow("greeting");
  auto make = workflow.step("make", "test/make").param("text", arguments[2]);
  auto append = workflow.step("append", "test/append").param("line", "and more").requires_step(make);
  workflow.output("text", append, "output", "./greeting");
  boxcar::RunSettings settings;
  settings.engine = arguments[1];
  const boxcar::RunSummary run = workflow.run(settings);
  std::fputs(run.explanation().c_str(), stderr);
  return run.ok() ? 0 : 1;
}
CC
engine=$BOXCAR_TEST_ENGINE
BOXCAR_ENGINE=embedded expect_exit 0 build/program "$engine" first
expect_text greeting/text $'first\nand more'
BOXCAR_ENGINE=$engine expect_exit 0 build/program '' second
expect_text greeting/text $'second\nand more'
expect_exit 0 boxcar runs --json
expect_json ".[0].engine == \"$engine\"" ".[1].engine == \"$engine\""
expect_exit 1 build/program dokcer third
expect_err "the engine is 'dokcer', which is none of .*did you mean 'docker'"
