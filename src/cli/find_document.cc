#include "cli/find_document.h"

#include <sys/stat.h>

#include "base/fd.h"
#include "base/interrupt.h"
#include "cli/execute.h"
#include "run/preferences.h"

namespace boxcar {

namespace {

bool is_file(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && !S_ISDIR(info.st_mode);
}

}  // namespace

Result<std::unique_ptr<EnginePlace>> place_of_images(const std::string& engine) {
  TRY(const auto name, engine_name(engine));
  return EnginePlace::choose_for_reading(name);
}

Result<Declaration> find_declaration(const std::string& image, const std::string& engine) {
  block_interrupts();
  Pool pool;
  TRY(const auto place, place_of_images(engine));
  Images& images = place->images(pool);
  TRY(const auto found, images.glimpse(image, PullPolicy::Missing, say_progress));
  return declaration_of(images, *found, image);
}

Result<Document> find_document(const std::string& what, const std::string& engine) {
  if (is_file(what)) {
    TRY(auto text, read_file(what));
    return Document{what, std::move(text)};
  }
  if (what.starts_with("/") || what.starts_with("./") || what.starts_with("../") || what.ends_with(".yml") ||
      what.ends_with(".yaml") || what.ends_with(".json")) {
    return fail(ErrorKind::NotFound, what + (exists(what) ? " is a directory" : ": no such file"));
  }
  TRY(auto declaration, find_declaration(what, engine));
  return Document{declaration.name, std::move(declaration.text)};
}

}  // namespace boxcar
