# What `boxcar new` writes (src/cli/templates.h): the files in src/cli/templates, a folder a kind, put into the library as they are.
set(templates ${CMAKE_SOURCE_DIR}/src/cli/templates)
file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${templates} ${templates}/*)
set(rows "")
foreach(file ${files})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${templates}/${file})
  string(REGEX MATCH "^([^/]+)/(.+)$" path ${file})
  set(kind ${CMAKE_MATCH_1})
  set(path ${CMAKE_MATCH_2})
  file(READ ${templates}/${file} text)
  set(executable false)
  if(text MATCHES "^#!")
    set(executable true)
  endif()
  string(APPEND rows "    {\"${kind}\", \"${path}\", ${executable}, R\"~~(${text})~~\"},\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/templates.cc @ONLY CONTENT [[
// Made of src/cli/templates by cmake/Templates.cmake.
#include "cli/templates.h"

namespace boxcar {

const std::vector<TemplateFile>& template_files() {
  static const std::vector<TemplateFile> files{
@rows@  };
  return files;
}

}  // namespace boxcar
]])
target_sources(boxcar_cli PRIVATE ${CMAKE_BINARY_DIR}/templates.cc)
