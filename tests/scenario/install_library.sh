# cmake --install lays down the C++ face too: a program outside of the source tree finds it and runs a real container.
make_common_images
build_program <<'CC'
#include <boxcar/boxcar.h>

#include <cstdio>

int main() {
  boxcar::WorkflowBuilder workflow("greeting");
  auto make = workflow.step("make", "test/make").param("text", "from outside");
  auto append = workflow.step("append", "test/append").param("line", "and more").requires_step(make);
  workflow.output("text", append, "output", "./greeting");
  const boxcar::RunSummary run = workflow.run();
  std::fputs(run.explanation().c_str(), stderr);
  return run.ok() ? 0 : 1;
}
CC
expect_exit 0 build/program
expect_text greeting/text 'from outside
and more'
[ ! -e prefix/include/boxcar/base ] || fail "$(find prefix/include)"
