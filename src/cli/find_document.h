// What validate and inspect look at.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "run/engine_place.h"
#include "run/tools.h"
#include "spec/reader.h"

namespace boxcar {

// Whose images are read. `engine`: what --engine said.
Result<std::unique_ptr<EnginePlace>> place_of_images(const std::string& engine);

// The document in which an image of the engine's declares its tools, and its format.
Result<Declaration> find_declaration(const std::string& image, const std::string& engine);

// A file is read as it is; anything else is an image of the engine's, whose document is read out of it.
Result<Document> find_document(const std::string& what, const std::string& engine);

}  // namespace boxcar
