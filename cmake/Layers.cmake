# boxcar_layer(NAME [LIBRARIES …]): the folder src/NAME as a static library that links all layers declared before it,
# and its *_test.cc as the test program NAME_test.
set(BOXCAR_LAYERS "" CACHE INTERNAL "")
set(BOXCAR_LIBRARIES "" CACHE INTERNAL "")  # of others, that the layers link

function(boxcar_layer name)
  cmake_parse_arguments(ARG "" "" "LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cc)
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")
  if(NOT sources)
    return()
  endif()
  add_library(boxcar_${name} STATIC ${sources})
  target_include_directories(boxcar_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  target_compile_definitions(boxcar_${name} PRIVATE BOXCAR_VERSION="${PROJECT_VERSION}")
  target_link_libraries(boxcar_${name} PUBLIC ${BOXCAR_LAYERS} ${ARG_LIBRARIES})
  set(BOXCAR_LAYERS boxcar_${name} ${BOXCAR_LAYERS} CACHE INTERNAL "")
  set(BOXCAR_LIBRARIES ${BOXCAR_LIBRARIES} ${ARG_LIBRARIES} CACHE INTERNAL "")
endfunction()

# What `cmake --install` gives to programs in C++: all layers declared so far as one libboxcar.a, include/boxcar/ and
# a package for find_package(boxcar), whose target is boxcar::boxcar.
function(boxcar_public_library)
  add_library(libboxcar STATIC)
  set_target_properties(libboxcar PROPERTIES OUTPUT_NAME boxcar EXPORT_NAME boxcar)
  foreach(layer ${BOXCAR_LAYERS})
    target_sources(libboxcar PRIVATE $<TARGET_OBJECTS:${layer}>)
  endforeach()
  target_link_libraries(libboxcar PRIVATE ${BOXCAR_LIBRARIES})
  target_include_directories(libboxcar INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(libboxcar INTERFACE cxx_std_17)
  if(BOXCAR_SANITIZE)
    target_link_options(libboxcar INTERFACE -fsanitize=${BOXCAR_SANITIZE})
  endif()

  include(CMakePackageConfigHelpers)
  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/boxcar)
  write_basic_package_version_file(boxcarConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(TARGETS libboxcar EXPORT boxcarTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    COMPONENT development)
  install(EXPORT boxcarTargets NAMESPACE boxcar:: DESTINATION ${package} COMPONENT development)
  install(FILES ${CMAKE_SOURCE_DIR}/cmake/boxcarConfig.cmake ${CMAKE_SOURCE_DIR}/cmake/Libraries.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/boxcarConfigVersion.cmake DESTINATION ${package} COMPONENT development)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/boxcar DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    COMPONENT development)
endfunction()

# Under these it behaves as the programs of Kliko and Kaapana that have them.
set(BOXCAR_OTHER_NAMES kliko-run kliko-validate task-api)

function(boxcar_program)
  if(EXISTS ${CMAKE_SOURCE_DIR}/src/cli/main.cc)
    add_executable(boxcar ${CMAKE_SOURCE_DIR}/src/cli/main.cc)
    target_link_libraries(boxcar PRIVATE ${BOXCAR_LAYERS} -static-libstdc++ -static-libgcc)
    set_target_properties(boxcar PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
    install(TARGETS boxcar RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
    foreach(name ${BOXCAR_OTHER_NAMES})
      file(CREATE_LINK boxcar ${CMAKE_BINARY_DIR}/${name} SYMBOLIC)
      install(FILES ${CMAKE_BINARY_DIR}/${name} DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
    endforeach()
  endif()
endfunction()
