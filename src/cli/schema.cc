// boxcar schema pc|task|workflow|kliko
#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/execute.h"
#include "cli/options.h"
#include "spec/schemas.h"

namespace boxcar {

int run_schema(const Args& args) {
  Options options("boxcar schema",
                  "Prints the JSON Schema of a document, for editors and checks of one's own: pc is\n"
                  "processing-container.json, task is task.json, workflow is boxcar.yml, kliko is kliko.yml.",
                  "boxcar schema pc >processing-container.schema.json");
  std::string wanted;
  std::vector<std::string> names;
  for (const auto& row : schemas()) names.emplace_back(row.name);
  options.choice("DOCUMENT", wanted, names, "Of what");
  if (const auto code = options.parse(args)) return *code;
  if (wanted.empty()) return say(Error{ErrorKind::Invalid, "boxcar schema needs a DOCUMENT: " + join(names, ", "), {}});
  for (const auto& row : schemas()) {
    if (row.name == wanted) std::fwrite(row.text.data(), 1, row.text.size(), stdout);
  }
  return 0;
}

}  // namespace boxcar
