#include "run/tools.h"

#include <sys/stat.h>

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

Result<std::shared_ptr<const Tool>> declared_tool(const Images& images, const Image& image, const std::string& name,
                                                  Findings& findings) {
  TRY(auto declaration, declaration_of(images, image, name));
  Findings own;
  auto tool = declaration.format->read_tool({declaration.name, std::move(declaration.text)}, own);
  for (const auto& finding : own.all()) {
    if (finding.severity == Severity::Error) {
      findings.error(finding.file, finding.at, finding.message);
    } else {
      findings.warn(finding.file, finding.at, finding.message);
    }
  }
  if (!tool || !own.ok()) return fail(ErrorKind::Invalid, declaration.name + " is not valid");
  if (!tool->command.empty() && tool->command[0].starts_with('/')) {
    const auto program = images.read_file(image, tool->command[0], 0);
    if (!program && program.error().kind == ErrorKind::NotFound) {
      return fail(ErrorKind::Invalid, "the image " + name + " has no " + tool->command[0] + ", which it must start");
    }
  }
  return std::make_shared<const Tool>(*std::move(tool));
}

Result<std::shared_ptr<const ResolvedTool>> resolved_tool(const Images& images, std::shared_ptr<const Image> image,
                                                          const std::string& name, const std::string& template_name,
                                                          const Tool* declared, Findings& findings) {
  auto resolved = std::make_shared<ResolvedTool>();
  if (declared != nullptr) {
    resolved->tool = std::make_shared<const Tool>(*declared);
  } else if (!template_name.empty()) {
    return fail(ErrorKind::Invalid, "the image " + name + " has one tool only, so it takes no `template`");
  } else {
    TRY(resolved->tool, declared_tool(images, *image, name, findings));
  }
  resolved->image = std::move(image);
  return resolved;
}

Result<PortKind> host_kind(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail_errno(path);
  if (S_ISDIR(info.st_mode)) return PortKind::Directory;
  if (S_ISREG(info.st_mode)) return PortKind::File;
  return fail(ErrorKind::Invalid, path + " is neither a file nor a directory");
}

}  // namespace boxcar
