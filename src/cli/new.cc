// boxcar new KIND NAME: a starting point for an image that declares its tool.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <tuple>

#include "base/fd.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/execute.h"
#include "cli/options.h"
#include "cli/templates.h"
#include "cli/terminal.h"

namespace boxcar {

namespace {

constexpr std::size_t kLongestName = 62;  // of a Pod, which has the task's name

struct Kind {
  std::string_view name;
  std::string_view next;  // what to do once the image is built; "@NAME@" stands for the name
};

constexpr std::array<Kind, 3> kKinds{{
    {"processing-container", "boxcar test @NAME@\nboxcar run task.json"},
    {"kliko", "boxcar test @NAME@\nboxcar run boxcar.yml"},
    {"stage", "boxcar run boxcar.yml"},
}};

// The name is that of a folder, an image, a step and a Pod. "": it will do.
std::string unfit(const std::string& name) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto fits = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; };
  if (name.empty()) return "it is empty";
  if (name.find('/') != std::string::npos) return "it is a path; the folder is made in the current one";
  const auto odd = std::find_if_not(name.begin(), name.end(), fits);
  if (odd != name.end() && *odd >= 'A' && *odd <= 'Z') return "names of images have no capital letters";
  if (odd != name.end()) return "it takes small letters, digits and '-'";
  if (!is_letter(name.front())) return "it does not begin with a letter";
  if (name.back() == '-' || name.find("--") != std::string::npos) return "a '-' stands between letters or digits";
  if (name.size() > kLongestName) return "it is longer than " + std::to_string(kLongestName) + " characters";
  return "";
}

std::string with_name(std::string_view text, const std::string& name) {
  constexpr std::string_view placeholder = "@NAME@";
  std::string out;
  for (auto at = text.find(placeholder); at != std::string_view::npos; at = text.find(placeholder)) {
    out.append(text.substr(0, at)).append(name);
    text.remove_prefix(at + placeholder.size());
  }
  return out.append(text);
}

Result<void> write_files(const std::string& kind, const std::string& name, const std::string& directory) {
  for (const auto& file : template_files()) {
    if (file.kind != kind) continue;
    const std::string path = join_path(directory, file.path);
    CHECK_OK(make_directories(std::string(directory_name(path))));
    CHECK_OK(write_file(path, with_name(file.text, name), file.executable ? 0755 : 0644));
  }
  return {};
}

// Whole or not at all: it is written beside, and then renamed.
Result<void> write_folder(const std::string& kind, const std::string& name) {
  const std::string place = join_path(current_directory(), name);
  const Error there{ErrorKind::Invalid, place + " is there already", {}};
  if (exists(place)) return fail(there);
  const InterruptsBlocked blocked;
  std::string beside = join_path(current_directory(), "." + name + ".XXXXXX");
  if (::mkdtemp(beside.data()) == nullptr) return fail_errno("making a folder in " + current_directory());
  auto written = write_files(kind, name, beside);
  if (written && ::chmod(beside.c_str(), 0755) != 0) written = fail_errno(beside);
  if (written && ::renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, place.c_str(), RENAME_NOREPLACE) != 0) {
    written = errno == EEXIST ? fail(there) : fail_errno("renaming " + beside + " to " + place);
  }
  if (!written) std::ignore = remove_tree(beside);
  return written;
}

}  // namespace

int run_new(const Args& args) {
  Options options("boxcar new",
                  "Writes a folder with a starting point for an image that declares its tool: a Dockerfile, what the\n"
                  "image says of itself, its program, sample input and something to run. It builds and runs as it is.",
                  "boxcar new processing-container segment\n  boxcar new kliko imager");
  std::string kind;
  std::string name;
  std::vector<std::string> kinds;
  for (const auto& one : kKinds) kinds.emplace_back(one.name);
  options.choice("KIND", kind, kinds,
                 "What declares the tool: Kaapana's processing-container, Kliko, or descpipe's stage", true);
  options.required("NAME", name, "Of the folder and the image");
  if (const auto code = options.parse(args)) return *code;

  if (const auto why = unfit(name); !why.empty()) {
    return say(Error{ErrorKind::Invalid, in_quotes(name) + " can't be the name: " + why, {}});
  }
  if (const auto done = write_folder(kind, name); !done) return say(done.error());
  std::string text = "Made " + name + ":\n";
  for (const auto& file : template_files()) {
    if (file.kind == kind) text += "  " + std::string(file.path) + "\n";
  }
  text += "\nNext:\n  cd " + name + "\n  docker build -t " + name + " .        # or buildah build, podman build\n";
  for (const auto& known : kKinds) {
    if (known.name != kind) continue;
    for (const auto line : lines(known.next)) text += "  " + with_name(line, name) + "\n";
  }
  print(text);
  return kDone;
}

}  // namespace boxcar
