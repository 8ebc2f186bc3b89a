# The program that boxcar takes into a daemon with an image of its own (src/engine/daemon_helper.h): static, since nothing
# else is in that image, and put into the engine's library as bytes.
add_executable(boxcar_helper src/engine/helper/helper.c)
set(helper ${CMAKE_BINARY_DIR}/helper)
set_target_properties(boxcar_helper PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${helper})
target_compile_options(boxcar_helper PRIVATE -Os -g0 -fno-sanitize=all)
target_link_options(boxcar_helper PRIVATE -static -s -fno-sanitize=all)

set_source_files_properties(${CMAKE_SOURCE_DIR}/src/engine/helper_binary.cc PROPERTIES
  COMPILE_DEFINITIONS "BOXCAR_HELPER=\"${helper}/boxcar_helper\"" OBJECT_DEPENDS ${helper}/boxcar_helper)
add_dependencies(boxcar_engine boxcar_helper)
