# cmake --install lays down the C++ face too: a program outside of the source tree finds it and runs a real container.
cmake --install "$BOXCAR_BUILD" --prefix "$PWD/prefix" >/dev/null
make_common_images
mkdir program
cat >program/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.20)
project(program LANGUAGES CXX)
find_package(boxcar 0.1 REQUIRED)
add_executable(program program.cc)
target_link_libraries(program PRIVATE boxcar::boxcar)
CMAKE
cat >program/program.cc <<'CC'
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
cmake -S program -B build -DCMAKE_PREFIX_PATH="$PWD/prefix" >/dev/null
cmake --build build >/dev/null
expect_exit 0 build/program
expect_text greeting/text 'from outside
and more'
[ ! -e prefix/include/boxcar/base ] || fail "$(find prefix/include)"
