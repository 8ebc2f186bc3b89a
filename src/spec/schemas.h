// The JSON Schemas of the documents, as they stand in share/ and are built in.
#pragma once

#include <span>
#include <string_view>

namespace boxcar {

struct SchemaRow {
  std::string_view name;      // as `boxcar schema` calls it
  std::string_view document;  // of what it is the schema
  std::string_view text;
};

std::span<const SchemaRow> schemas();

}  // namespace boxcar
