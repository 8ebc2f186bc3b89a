# CPack strips programs, not static libraries: of libboxcar.a nine tenths are for debuggers.
file(GLOB_RECURSE libraries ${CPACK_TEMPORARY_DIRECTORY}/*/libboxcar.a)
foreach(library ${libraries})
  execute_process(COMMAND strip --strip-debug --enable-deterministic-archives ${library} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
