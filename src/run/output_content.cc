#include "run/output_content.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/directory.h"
#include "base/fd.h"
#include "base/text.h"

namespace boxcar {

namespace {

constexpr std::size_t kMostNamed = 10;

bool is_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string what_it_holds(const std::string& directory) {
  const auto fd = open_file(directory, O_RDONLY | O_DIRECTORY);
  if (!fd) return "can't be read";
  const auto names = list_directory(fd->get(), "");
  if (!names) return "can't be read";
  if (names->empty()) return "is empty";
  std::string text = "holds ";
  for (std::size_t i = 0; i < names->size() && i < kMostNamed; ++i) {
    text += (i == 0 ? "" : ", ") + in_quotes((*names)[i]);
  }
  if (names->size() > kMostNamed) text += " and " + std::to_string(names->size() - kMostNamed) + " more";
  return text;
}

}  // namespace

std::string not_in_output(const std::string& step, const std::string& port, const std::string& directory,
                          const std::string& path) {
  std::string said = "step " + in_quotes(step) + " left no " + in_quotes(path) + " in its output " + in_quotes(port);
  if (!is_directory(directory)) return said + ", which is a file";
  // As deep as the path leads.
  std::string within;
  for (std::size_t end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1)) {
    if (!is_directory(join_path(directory, path.substr(0, end)))) break;
    within = path.substr(0, end);
  }
  return said + (within.empty() ? ", which " : ", where " + in_quotes(within) + " ") +
         what_it_holds(join_path(directory, within));
}

}  // namespace boxcar
