// One fuzz target: FUZZ_<NAME> says which reader it feeds. Whatever the bytes, a reader gives values or findings: no
// crash, no hang, and nothing outside the directory it writes to.
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/fd.h"
#include "image/blob_stream.h"
#include "image/image_store.h"
#include "image/layout.h"
#include "image/members.h"
#include "image/unpack.h"
#include "run/log_reader.h"
#include "spec/reader.h"
#include "store/manifest.h"
#include "store/record.h"

namespace {

using namespace boxcar;

// Below $FUZZ_SCRATCH, a directory in memory that fuzz/run.sh makes.
const std::string& scratch() {
  static const std::string path = [] {
    const char* base = std::getenv("FUZZ_SCRATCH");
    std::string made = join_path(base != nullptr ? base : "/tmp", "fuzz.XXXXXX");
    if (::mkdtemp(made.data()) == nullptr) std::abort();
    return made;
  }();
  return path;
}

[[maybe_unused]] std::string file_with(std::string_view text) {
  std::string path = join_path(scratch(), "input");
  if (!write_file(path, text)) std::abort();
  return path;
}

// The manifest, configuration or index as the members of a layout: each line of the input is one of them.
[[maybe_unused]] Members layout_with(std::string_view text, const char* const (&names)[3]) {
  const std::string directory = join_path(scratch(), "layout");
  (void)remove_tree(directory);
  if (!make_directories(directory + "/blobs/sha256")) std::abort();
  for (const char* name : names) {
    const auto end = std::min(text.find('\0'), text.size());
    if (!write_file(join_path(directory, name), text.substr(0, end))) std::abort();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return Members::of_directory(directory);
}

void feed(const std::string& text) {
#if defined(FUZZ_KLIKO)
  Findings findings;
  (void)read_kliko({"kliko.yml", text}, findings);
#elif defined(FUZZ_WORKFLOW)
  Findings findings;
  (void)read_workflow({"boxcar.yml", text}, "/nowhere", findings);
  (void)detect_format({"boxcar.yml", text});
#elif defined(FUZZ_PARAMETERS)
  static const Tool tool = [] {
    Findings findings;
    auto read =
        read_kliko({"kliko.yml",
                    "schema_version: 4\nio: split\nsections: [{name: s, description: d, fields: ["
                    "{name: a, type: str}, {name: b, type: int}, {name: c, type: float}, {name: d, type: bool}, "
                    "{name: e, type: choice, choices: {x: 1, y: 2}}, {name: f, type: file}]}]\n"},
                   findings);
    if (!read) std::abort();
    return *std::move(read);
  }();
  Findings findings;
  (void)read_parameters({"parameters.json", text}, tool, findings);
#elif defined(FUZZ_LAYOUT)
  constexpr const char* kHex = "blobs/sha256/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  constexpr const char* kHex2 = "blobs/sha256/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
  (void)read_oci_layout(layout_with(text, {"index.json", kHex, kHex2}), "", "name");
#elif defined(FUZZ_ARCHIVE)
  (void)read_docker_archive(layout_with(text, {"manifest.json", "config.json", "repositories"}), "");
#elif defined(FUZZ_LAYER)
  const std::string around = join_path(scratch(), "around");
  (void)remove_tree(around);
  if (!make_directories(around + "/tree")) std::abort();
  if (auto stream = BlobStream::open({file_with(text), 0, text.size(), {}}))
    (void)unpack_tar(**stream, around + "/tree");
  const auto names = std::filesystem::directory_iterator(around);
  const auto inputs = std::filesystem::directory_iterator(scratch());
  if (std::distance(begin(names), end(names)) != 1 || std::distance(begin(inputs), end(inputs)) != 2) std::abort();
#elif defined(FUZZ_MANIFEST)
  (void)read_manifest(text);
  (void)read_manifest_fields(text);
#elif defined(FUZZ_RECORD)
  Record record;
  (void)record.decode(Key{}, text);
#elif defined(FUZZ_LOG)
  (void)last_entries(file_with(text), 10);
  if (auto reader = LogReader::open(join_path(scratch(), "input")))
    (void)reader->read([](const LogEntry&) { return true; });
#elif defined(FUZZ_REFERENCE)
  (void)normalize_reference(text);
#endif
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  feed(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
