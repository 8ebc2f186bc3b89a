// From the name of an image to the tool that it declares.
#pragma once

#include <map>
#include <memory>

#include "base/diagnostics.h"
#include "image/images.h"
#include "plan/plan.h"
#include "plan/planner.h"
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

// Reads the tools of an image. What is wrong in its document goes to `findings`, and the error says how much that is.
Result<std::vector<Tool>> declared_tools(const Images& images, const Image& image, const std::string& name,
                                         Findings& findings);
// That of a template, which is "" where there is but one. Invalid: there is no such, or it is not said which.
Result<Tool> chosen_tool(std::vector<Tool> tools, const std::string& image, const std::string& template_name);
// Both.
Result<std::shared_ptr<const Tool>> declared_tool(const Images& images, const Image& image, const std::string& name,
                                                  const std::string& template_name, Findings& findings);

// The tool that a step runs in `image`: the step's own, or what the image declares. `name` and the rest as above.
Result<std::shared_ptr<const ResolvedTool>> resolved_tool(const Images& images, std::shared_ptr<const Image> image,
                                                          const std::string& name, const StepOptions& step,
                                                          Findings& findings);

enum class ImageEntry { File, Directory, Nothing };
// What lies at a path of the image.
Result<ImageEntry> image_entry(const Images& images, const Image& image, const std::string& path);

// Where the tool's directories are mounted, what the image has there, in words: "input 'x': /a is …".
struct PlacesInImage {
  std::vector<std::string> files;   // nothing can be mounted on these
  std::vector<std::string> absent;  // engines make them
};
Result<PlacesInImage> places_in_image(const Tool& tool, const Images& images, const Image& image);

// Where its image is not here: the step's own tool; null where it has none.
std::shared_ptr<const ResolvedTool> tool_without_image(const StepOptions& step);

// What lies at a path of the host, and what may be done with it; of a directory that says nothing of what is below.
// NotFound when nothing lies there; Invalid when it is neither a file nor a directory.
Result<HostEntry> host_entry(const std::string& path);

}  // namespace boxcar
