#include "run/preferences.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/environment.h"
#include "base/fd.h"
#include "base/text.h"
#include "base/user_directories.h"

namespace boxcar {

namespace {

Result<std::string> checked(const std::string& what, const std::string& name) {
  const std::vector<std::string> names(std::begin(kEngineNames), std::end(kEngineNames));
  if (std::find(names.begin(), names.end(), name) != names.end()) return name;
  return fail(ErrorKind::Invalid,
              what + " is " + in_quotes(name) + ", which is none of " + join(names, ", ") + did_you_mean(name, names));
}

}  // namespace

Result<Config> user_config(Findings& findings) {
  const std::string path = join_path(user_config_directory(), "config.yml");
  auto text = read_file(path);
  if (!text) {
    if (text.error().kind == ErrorKind::NotFound) return Config{};
    return fail(std::move(text).error());
  }
  auto config = read_config({path, *std::move(text)}, findings);
  if (!config) return fail(ErrorKind::Invalid, path + " is not valid");
  return *std::move(config);
}

Result<std::string> engine_name(const std::string& said, const Config& config) {
  if (!said.empty()) return checked("the engine", said);
  if (const auto variable = environment("BOXCAR_ENGINE"); !variable.empty()) return checked("BOXCAR_ENGINE", variable);
  return config.engine.empty() ? "auto" : config.engine;
}

Result<std::string> engine_name(const std::string& said) {
  Findings findings;
  const auto config = user_config(findings);
  if (!findings.ok()) return fail(ErrorKind::Invalid, findings.all().front().text());
  if (!config) return fail(config.error());
  return engine_name(said, *config);
}

}  // namespace boxcar
