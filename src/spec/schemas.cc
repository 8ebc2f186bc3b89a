#include "spec/schemas.h"

#include <array>

// BOXCAR_SHARE is the directory share/ of the sources.
#define BOXCAR_SCHEMA(name, file)                                                             \
  __asm__(                                                                                    \
      ".pushsection .rodata\n"                                                                \
      "boxcar_schema_" #name                                                                  \
      "_begin:\n"                                                                             \
      ".incbin \"" BOXCAR_SHARE "/" file                                                      \
      ".schema.json\"\n"                                                                      \
      "boxcar_schema_" #name                                                                  \
      "_end:\n"                                                                               \
      ".popsection\n");                                                                       \
  extern "C" const char boxcar_schema_##name##_begin[] __attribute__((visibility("hidden"))); \
  extern "C" const char boxcar_schema_##name##_end[] __attribute__((visibility("hidden")))
#define BOXCAR_SCHEMA_TEXT(name)                 \
  std::string_view(boxcar_schema_##name##_begin, \
                   static_cast<std::size_t>(boxcar_schema_##name##_end - boxcar_schema_##name##_begin))

BOXCAR_SCHEMA(pc, "processing-container");
BOXCAR_SCHEMA(task, "task");
BOXCAR_SCHEMA(workflow, "workflow");
BOXCAR_SCHEMA(kliko, "kliko");

namespace boxcar {

std::span<const SchemaRow> schemas() {
  static const std::array<SchemaRow, 4> rows = {{
      {"pc", "processing-container.json", BOXCAR_SCHEMA_TEXT(pc)},
      {"task", "task.json", BOXCAR_SCHEMA_TEXT(task)},
      {"workflow", "boxcar.yml", BOXCAR_SCHEMA_TEXT(workflow)},
      {"kliko", "kliko.yml", BOXCAR_SCHEMA_TEXT(kliko)},
  }};
  return rows;
}

}  // namespace boxcar
