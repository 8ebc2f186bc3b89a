// Whether a result is as it was left.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/pool.h"
#include "store/record.h"

namespace boxcar {

enum class Condition {
  Same,
  Touched,  // times differ: the content must tell
  Damaged,  // something is missing, or is another file, or has another size
};

// Compares the stat records. `store` is the store's directory, `record` decoded. Two microseconds a file. A ctime that
// differs is what a hard link leaves that another result has to a file, or had: the first is Same, the second Touched.
Condition check_stat(int store, const Record& record);

// Reads the result at `folder` below `root` again. Gives the record with its present stat records, if content and
// record agree; Invalid with what differs. Nothing is read whose stat record in `record` is still right, unless `all`.
struct CheckedRecord {
  Record record;
  std::string entries;  // encoded
};
Result<CheckedRecord> check_content(const std::string& root, const Record& record, Pool& pool, bool all);

// The record with its present stat records, its content taken for unchanged.
Result<CheckedRecord> renew_stat(const std::string& root, const Record& record);

// The entries of each of the record's ports, none of one that is not present. NotFound: they stood aside, and were lost
// or altered.
Result<std::vector<std::vector<TreeEntry>>> decode_entries(int store, const Record& record);

// Puts entries that are too many for the index into the result's directory, open as `result`, before it is synced.
Result<void> place_entries(int result, std::string_view entries);

}  // namespace boxcar
