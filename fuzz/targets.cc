// The fuzz targets, in one program: $FUZZ_TARGET says which reader it feeds. Whatever the bytes, a reader gives values
// or findings: no crash, no hang, and nothing outside the directory it writes to.
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/fd.h"
#include "engine/docker_log.h"
#include "image/blob_stream.h"
#include "image/daemon_reader.h"
#include "image/image_store.h"
#include "image/layer_tar.h"
#include "image/layout.h"
#include "image/members.h"
#include "image/unpack.h"
#include "net/answer.h"
#include "plan/planner.h"
#include "run/log_reader.h"
#include "spec/config.h"
#include "spec/jinja.h"
#include "spec/reader.h"
#include "store/index.h"
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

std::string file_with(std::string_view text) {
  std::string path = join_path(scratch(), "input");
  if (!write_file(path, text)) std::abort();
  return path;
}

// The manifest, configuration or index as the members of a layout: each line of the input is one of them.
Members layout_with(std::string_view text, const char* const (&names)[3]) {
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

// To the end of a BlobStream or LayerTar; false when there is none.
template <class Source>
bool read_all(Source& source, std::string& bytes) {
  while (true) {
    const auto next = source.next();
    if (!next) return false;
    if (next->empty()) return true;
    bytes += *next;
  }
}

std::ptrdiff_t count_names(const std::string& directory) {
  const auto names = std::filesystem::directory_iterator(directory);
  return std::distance(begin(names), end(names));
}

const JinjaVariables kVariables = {
    [](const std::string& name) { return name == "NONE" ? std::nullopt : std::optional<std::string>("/of/" + name); },
    {{"modality", "CT"}, {"patients", "p1,p2,p3"}, {"run", "7"}, {"empty", ""}}};

Tool tool_for_steps() {
  Findings findings;
  auto tools = read_processing_container(
      {"processing-container.json",
       R"({"name": "n", "description": "d", "templates": [{"identifier": "t", "description": "d",
           "inputs": [{"name": "in", "mounted_path": "/in"}], "outputs": [{"name": "out", "mounted_path": "/out"}],
           "env": [{"name": "A", "value": "", "type": "int"}, {"name": "B", "value": "x", "choices": ["x", "y"]}]}]})"},
      findings);
  if (tools.size() != 1) std::abort();
  return std::move(tools.front());
}

// What was read is planned, also where something of it is wrong and was left out.
void plan(std::optional<Workflow> workflow, Findings findings) {
  if (!workflow) return;
  static const auto known = std::make_shared<const Tool>(tool_for_steps());
  const auto resolve = [](const std::string&, const StepOptions& step) -> Result<std::shared_ptr<const ResolvedTool>> {
    const auto tool = step.tool ? std::make_shared<const Tool>(*step.tool) : known;
    return std::make_shared<const ResolvedTool>(ResolvedTool{std::make_shared<const Image>(), tool});
  };
  const auto host_entry = [](const std::string& path) -> Result<HostEntry> {
    if (path.ends_with('x')) return fail(ErrorKind::NotFound, "nothing is there");
    return HostEntry{path.ends_with("t") ? PortKind::File : PortKind::Directory};
  };
  const bool wrong = !findings.ok();
  std::optional<Error> trouble;
  const auto planned =
      make_plan(*std::move(workflow), {}, {resolve, host_entry, "/here", "/home", false}, findings, trouble);
  if (planned && wrong) std::abort();
}

void feed_kliko(const std::string& text) {
  Findings findings;
  (void)read_kliko({"kliko.yml", text}, findings);
}

void feed_workflow(const std::string& text) {
  Findings findings;
  auto read = read_workflow({"boxcar.yml", text}, "/nowhere", findings);
  if (!read && findings.ok()) std::abort();
  plan(std::move(read), std::move(findings));
  (void)detect_format({"boxcar.yml", text});
}

// Each place of what comes out has one in the template.
void feed_jinja(const std::string& text) {
  Findings findings;
  const auto rendered = render_jinja({"task.json", text}, kVariables, findings);
  if (rendered && !rendered->text().empty() && rendered->origin({1, 1}).line == 0) std::abort();
}

void feed_processing_container(const std::string& text) {
  Findings findings;
  if (read_processing_container({"processing-container.json", text}, findings).empty() && findings.ok()) std::abort();
}

void feed_task(const std::string& text) {
  Findings findings;
  auto read = read_task({"task.json", text}, {"/nowhere", kVariables}, findings);
  if (!read && findings.ok()) std::abort();
  plan(std::move(read), std::move(findings));
}

void feed_parameters(const std::string& text) {
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
}

void feed_layout(const std::string& text) {
  constexpr const char* kHex = "blobs/sha256/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  constexpr const char* kHex2 = "blobs/sha256/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
  (void)read_oci_layout(layout_with(text, {"index.json", kHex, kHex2}), "", "name");
}

void feed_archive(const std::string& text) {
  (void)read_docker_archive(layout_with(text, {"manifest.json", "config.json", "repositories"}), "");
}

// What is unpacked stays inside, and packed again it is the same.
void feed_layer(const std::string& text) {
  const std::string around = join_path(scratch(), "around"), layer = around + "/layer";
  (void)remove_tree(around);
  if (!make_directories(layer + "/tree")) std::abort();
  const Blob blob{file_with(text), 0, text.size(), {}};
  if (auto stream = BlobStream::open(blob); stream && unpack_layer(**stream, layer)) {
    std::string tar;
    auto again = BlobStream::open(blob);
    if (!again || !read_all(**again, tar)) std::abort();
    auto packed = LayerTar::open(layer, sha256(tar));
    std::string bytes;
    if (!packed || !read_all(**packed, bytes) || bytes != tar) std::abort();
  }
  if (count_names(around) != 1 || count_names(scratch()) != 2) std::abort();
}

void feed_skeleton(const std::string& text) {
  const std::string layer = join_path(scratch(), "layer");
  if (!make_directories(layer + "/tree/usr") || !write_file(layer + "/tree/usr/file", std::string(3000, 'x')))
    std::abort();
  if (!write_file(layer + "/skeleton", text)) std::abort();
  std::string bytes;
  if (auto packed = LayerTar::open(layer, {})) (void)read_all(**packed, bytes);
}

void feed_index(const std::string& text) {
  if (!write_file(join_path(scratch(), "index"), text)) std::abort();
  const UniqueFd store(::open(scratch().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto locks = LockFile::open(store.get());
  if (!locks) std::abort();
  Index index(store.get(), *locks);
  for (const auto& item : index.all()) {
    Record record;
    (void)record.decode(item.key, item.record);
    index.touch(item.key, std::max(item.used, std::int64_t{1} << 62));
  }
  index.put(Key{}, text.substr(0, 100));
  index.flush();
  index.compact();
  if (!index.find(Key{})) std::abort();
}

void feed_manifest(const std::string& text) {
  (void)read_manifest(text);
  (void)read_manifest_fields(text);
}

void feed_record(const std::string& text) {
  Record record;
  (void)record.decode(Key{}, text);
}

void feed_log(const std::string& text) {
  (void)last_entries(file_with(text), 10);
  if (auto reader = LogReader::open(join_path(scratch(), "input")))
    (void)reader->read([](const LogEntry&) { return true; });
}

void feed_config(const std::string& text) {
  Findings findings;
  (void)read_config({"config.yml", text}, findings);
}

// What a daemon sends of a container: a log in frames, and JSON.
void feed_daemon(const std::string& text) {
  DockerLog log;
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); i += 7)
    log.feed(std::string_view(text).substr(i, 7), [&](Stream, std::string_view part) { size += part.size(); });
  if (size > text.size()) std::abort();
  const auto answer = json_object(text);
  (void)text_in(part_of(answer, "State"), "Status");
  (void)number_in(part_of(answer, "State"), "ExitCode");
  (void)flag_in(part_of(answer, "State"), "OOMKilled");
}

void feed_daemon_file(const std::string& text) {
  if (const auto file = first_file_of(text); file && file->size() > text.size()) std::abort();
}

void feed_reference(const std::string& text) {
  (void)normalize_reference(text);
}

struct Target {
  std::string_view name;
  void (*feed)(const std::string& text);
};
constexpr Target kTargets[] = {
    {"kliko", feed_kliko},
    {"workflow", feed_workflow},
    {"jinja", feed_jinja},
    {"processing_container", feed_processing_container},
    {"task", feed_task},
    {"parameters", feed_parameters},
    {"layout", feed_layout},
    {"archive", feed_archive},
    {"layer", feed_layer},
    {"skeleton", feed_skeleton},
    {"index", feed_index},
    {"manifest", feed_manifest},
    {"record", feed_record},
    {"log", feed_log},
    {"config", feed_config},
    {"daemon", feed_daemon},
    {"daemon_file", feed_daemon_file},
    {"reference", feed_reference},
};

// That of $FUZZ_TARGET.
const Target& target() {
  const char* wanted = std::getenv("FUZZ_TARGET");
  for (const auto& each : kTargets) {
    if (wanted != nullptr && each.name == wanted) return each;
  }
  std::fputs("FUZZ_TARGET names none of the targets\n", stderr);
  std::exit(2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Target& chosen = target();
  chosen.feed(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
