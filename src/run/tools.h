// From the name of an image to the tool that it declares.
#pragma once

#include <map>
#include <memory>

#include "base/diagnostics.h"
#include "image/images.h"
#include "plan/plan.h"
#include "spec/reader.h"

namespace boxcar {

// The document in which an image declares its tool, read out of it without starting a container. NotFound when it has
// none.
struct Declaration {
  std::string name;  // for findings: "kliko/simms:/kliko.yml"
  std::string text;
  const FormatRow* format;
};
Result<Declaration> declaration_of(const Images& images, const Image& image, const std::string& name);

// Reads the tool of an image. What is wrong in its document goes to `findings`, and the error says how much that is.
Result<std::shared_ptr<const Tool>> declared_tool(const Images& images, const Image& image, const std::string& name,
                                                  Findings& findings);

// The tool that a step runs in `image`: `declared`, the step's own, or what the image declares. `name` and findings as
// above; Invalid when a template is asked for that there can't be.
Result<std::shared_ptr<const ResolvedTool>> resolved_tool(const Images& images, std::shared_ptr<const Image> image,
                                                          const std::string& name, const std::string& template_name,
                                                          const Tool* declared, Findings& findings);

// What lies at a path of the host. NotFound when nothing does; Invalid when it is neither a file nor a directory.
Result<PortKind> host_kind(const std::string& path);

}  // namespace boxcar
