#include "run/tools.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace boxcar {

namespace {

constexpr std::size_t kLargestDocument = std::size_t{16} << 20;

}  // namespace

Result<Declaration> declaration_of(const Images& images, const Image& image, const std::string& name) {
  std::string looked_for;
  for (const auto& row : formats()) {
    if (row.image_path.empty()) continue;
    const std::string path(row.image_path);
    auto text = images.read_file(image, path, kLargestDocument);
    if (text) return Declaration{name + ":" + path, *std::move(text), &row};
    if (text.error().kind != ErrorKind::NotFound) return fail(std::move(text).error().in(name + ":" + path));
    looked_for += (looked_for.empty() ? "" : ", ") + path;
  }
  return fail(ErrorKind::NotFound, "the image " + name + " declares no tool: it has no " + looked_for);
}

Result<std::vector<Tool>> declared_tools(const Images& images, const Image& image, const std::string& name,
                                         Findings& findings) {
  TRY(auto declaration, declaration_of(images, image, name));
  const std::size_t before = findings.errors();
  auto tools = declaration.format->read_tools({declaration.name, std::move(declaration.text)}, findings);
  if (tools.empty() || findings.errors() != before) return fail(ErrorKind::Invalid, declaration.name + " is not valid");
  for (const auto& tool : tools) {
    if (tool.keeps_entrypoint || tool.command.empty() || !tool.command[0].starts_with('/')) continue;
    const auto program = images.read_file(image, tool.command[0], 0);
    if (!program && program.error().kind == ErrorKind::NotFound) {
      return fail(ErrorKind::Invalid, "the image " + name + " has no " + tool.command[0] + ", which it must start");
    }
  }
  return tools;
}

Result<Tool> chosen_tool(std::vector<Tool> tools, const std::string& image, const std::string& template_name) {
  std::vector<std::string> names;
  for (auto& tool : tools) {
    if (tool.template_name == template_name || (template_name.empty() && tools.size() == 1)) return std::move(tool);
    names.push_back(tool.template_name);
  }
  if (template_name.empty()) {
    return fail(ErrorKind::Invalid, "the image " + image + " has several tools; `template` says which (there are: " +
                                        printable(join(names, ", ")) + ")");
  }
  if (names.size() == 1 && names[0].empty()) {
    return fail(ErrorKind::Invalid, "the image " + image + " has one tool only, so it takes no `template`");
  }
  auto hint = did_you_mean(template_name, names);
  if (hint.empty()) hint = " (there are: " + printable(join(names, ", ")) + ")";
  return fail(ErrorKind::Invalid, "the image " + image + " has no template " + in_quotes(template_name) + hint);
}

Result<std::shared_ptr<const Tool>> declared_tool(const Images& images, const Image& image, const std::string& name,
                                                  const std::string& template_name, Findings& findings) {
  TRY(auto tools, declared_tools(images, image, name, findings));
  TRY(auto tool, chosen_tool(std::move(tools), name, template_name));
  return std::make_shared<const Tool>(std::move(tool));
}

Result<std::shared_ptr<const ResolvedTool>> resolved_tool(const Images& images, std::shared_ptr<const Image> image,
                                                          const std::string& name, const StepOptions& step,
                                                          Findings& findings) {
  auto resolved = std::make_shared<ResolvedTool>();
  if (step.tool) {
    resolved->tool = std::make_shared<const Tool>(*step.tool);
  } else {
    TRY(resolved->tool, declared_tool(images, *image, name, step.template_name, findings));
  }
  resolved->image = std::move(image);
  return resolved;
}

Result<ImageEntry> image_entry(const Images& images, const Image& image, const std::string& path) {
  const auto read = images.read_file(image, path, 0);
  if (read || read.error().kind == ErrorKind::Exhausted) return ImageEntry::File;
  if (read.error().kind == ErrorKind::Invalid) return ImageEntry::Directory;
  if (read.error().kind == ErrorKind::NotFound) return ImageEntry::Nothing;
  return fail(read.error());
}

Result<PlacesInImage> places_in_image(const Tool& tool, const Images& images, const Image& image) {
  PlacesInImage places;
  for (const auto* ports : {&tool.inputs, &tool.outputs}) {
    for (const auto& port : *ports) {
      if (port.kind != PortKind::Directory) continue;
      TRY(const auto entry, image_entry(images, image, port.path));
      const std::string subject =
          (ports == &tool.inputs ? "input " : "output ") + in_quotes(port.name) + ": " + port.path;
      if (entry == ImageEntry::File) places.files.push_back(subject + " is a file in the image, not a directory");
      if (entry == ImageEntry::Nothing) places.absent.push_back(subject + " is not in the image");
    }
  }
  return places;
}

std::shared_ptr<const ResolvedTool> tool_without_image(const StepOptions& step) {
  if (!step.tool) return nullptr;
  return std::make_shared<const ResolvedTool>(ResolvedTool{nullptr, std::make_shared<const Tool>(*step.tool)});
}

Result<HostEntry> host_entry(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail_errno(path);
  // As the kernel sees it, with all that root and a user namespace may, and read-only file systems.
  const auto refusal = [&](int mode) -> std::string {
    return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 ? "" : std::strerror(errno);
  };
  if (S_ISDIR(info.st_mode)) return HostEntry{PortKind::Directory, refusal(R_OK | X_OK), refusal(W_OK | X_OK)};
  if (S_ISREG(info.st_mode)) return HostEntry{PortKind::File, refusal(R_OK)};
  return fail(ErrorKind::Invalid, path + " is neither a file nor a directory");
}

}  // namespace boxcar
