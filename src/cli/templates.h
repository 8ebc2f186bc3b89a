// What `boxcar new` writes: the files of src/cli/templates, put into the program by cmake/Templates.cmake.
#pragma once

#include <string_view>
#include <vector>

namespace boxcar {

struct TemplateFile {
  std::string_view kind;  // "kliko": the folder in src/cli/templates
  std::string_view path;  // relative to the folder that is written
  bool executable;
  std::string_view text;  // "@NAME@" stands for the name
};

const std::vector<TemplateFile>& template_files();

}  // namespace boxcar
