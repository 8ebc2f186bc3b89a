// Walks tests/corpus: each document beside a file `.expect` with exactly what must be said of it. After a wanted change
// of words, BOXCAR_UPDATE_CORPUS=1 writes what is said now; then read the difference.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>

#include "base/fd.h"
#include "base/text.h"
#include "spec/json.h"
#include "spec/reader.h"
#include "spec/yaml.h"

namespace boxcar {
namespace {

namespace fs = std::filesystem;

const fs::path kCorpus = fs::path(BOXCAR_SOURCE_DIR) / "tests/corpus";

std::vector<fs::path> documents(const std::string& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(kCorpus / folder)) {
    if (entry.path().extension() != ".expect") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string expect_path(const fs::path& document) {
  return fs::path(document).replace_extension(".expect");
}

std::string parameter_text(const Parameter& parameter) {
  std::string out = parameter.name + ": " + parameter.type.name();
  if (parameter.required) out += " required";
  if (parameter.initial) out += " = " + parameter.initial->json();
  if (parameter.max_length) out += " max_length " + std::to_string(*parameter.max_length);
  for (const auto& choice : parameter.choices) out += " | " + choice.value.json();
  if (parameter.reads_as != Scalar::Str) out += " of " + Type{parameter.reads_as, false}.name();
  if (parameter.fixed) out += " fixed";
  return out + "\n";
}

std::string rule_text(const ScaleRule& rule) {
  constexpr std::array<const char*, 3> kModes = {"sum", "largest file", "largest item"};
  return std::string(rule.limit ? "limit " : "request ") + std::to_string(rule.factor) + " x " +
         kModes.at(static_cast<std::size_t>(rule.mode)) + " of " + rule.directory + "/" + rule.glob + " " + rule.regex;
}

std::string resources_text(std::string_view noun, const Resources& resources) {
  std::string out;
  if (resources.cpu) out += " cpu " + std::to_string(*resources.cpu);
  if (resources.memory) out += " memory " + std::to_string(*resources.memory);
  if (resources.gpus) out += " gpus " + std::to_string(*resources.gpus);
  return out.empty() ? "" : "  " + std::string(noun) + out + "\n";
}

std::string needs_text(const Needs& needs) {
  return resources_text("requests", needs.requests) + resources_text("limits", needs.limits);
}

std::string port_text(std::string_view direction, const Port& port) {
  return std::string(direction) + " " + port.name + ": " + std::string(name_of(port.kind)) + " " + port.path +
         (port.optional ? " optional" : "") + (port.works_on.empty() ? "" : " works on " + port.works_on) +
         (port.scale ? " scales " + rule_text(*port.scale) : "") + "\n";
}

std::string tool_text(const Tool& tool) {
  std::string out = tool.template_name.empty() ? tool.format + " " + std::to_string(tool.schema_version) + " " +
                                                     tool.mode + " " + tool.name + "\n"
                                               : tool.format + " " + tool.template_name + " of " + tool.name + "\n";
  for (const auto& parameter : tool.parameters) out += parameter_text(parameter);
  for (const auto& port : tool.inputs) out += port_text("in", port);
  for (const auto& port : tool.outputs) out += port_text("out", port);
  for (const auto& word : tool.command) out += "command " + word + "\n";
  return out + needs_text(tool.needs);
}

std::string at(Position position) {
  return " @" + std::to_string(position.line) + ":" + std::to_string(position.column);
}

std::string credential_text(const Credential& credential) {
  const auto& from = credential.from;
  return " " + from.name + (from.env.empty() && from.file.empty() ? "" : " from " + from.env + from.file) + at(from.at);
}

std::string step_text(const Step& step) {
  std::string out = "step " + step.name + at(step.at) + " " + *step.image + at(step.image_at) + "\n";
  for (const auto& each : step.params) out += "  param " + each.name + " = " + each.value.json() + at(each.at) + "\n";
  for (const auto& each : step.inputs)
    out += "  input " + each.port + " < " + text_of(each.source) + at(each.at) + "\n";
  if (!step.options) return out;
  const auto& options = *step.options;
  if (!options.template_name.empty()) out += "  template " + options.template_name + at(options.template_at) + "\n";
  for (const auto& each : options.env) out += "  env " + each.name + "=" + each.value + at(each.at) + "\n";
  for (const auto& each : options.secrets)
    out += "  secret " + each.name + " " + each.env + each.file + at(each.at) + "\n";
  out += needs_text(options.needs);
  for (const auto& [port, rule] : options.scale) out += "  scale " + port + " " + rule_text(rule) + at(rule.at) + "\n";
  for (const auto& word : options.command) out += "  command " + word + "\n";
  for (const auto& each : options.labels) out += "  label " + each.name + "=" + each.value + at(each.at) + "\n";
  if (const auto& login = options.login)
    out += "  login " + login->registry + credential_text(login->username) + credential_text(login->password) + "\n";
  if (!options.network) out += "  no network\n";
  if (!options.cache.enabled) out += std::string("  no cache") + (options.cache.direct ? ", direct" : "") + "\n";
  if (options.cache.max_age) out += "  max_age " + std::to_string(options.cache.max_age->count()) + "\n";
  if (options.retries) out += "  retries " + std::to_string(options.retries) + "\n";
  if (options.timeout) out += "  timeout " + std::to_string(options.timeout->count()) + "\n";
  for (const auto& [name, position] : options.after) out += "  after " + name + at(position) + "\n";
  if (options.tool) out += tool_text(*options.tool);
  return out;
}

std::string workflow_text(const Workflow& workflow) {
  std::string out = "workflow " + workflow.name + "\n";
  for (const auto& input : workflow.inputs) {
    out += std::string("input ") + (input.directory ? "(directory) " : "") + parameter_text(input.parameter);
  }
  for (const auto& step : workflow.steps) out += step_text(step);
  for (const auto& output : workflow.outputs) {
    out += "output " + output.name + " < " + text_of(output.from) + (output.to.empty() ? "" : " > " + output.to) +
           at(output.at) + "\n";
  }
  return out;
}

// The tool that the parameter files of the corpus are for.
Tool parameters_tool() {
  Findings findings;
  const auto text = read_file(kCorpus / "kliko/parameters-tool.yml").value();
  return read_kliko({"parameters-tool.yml", text}, findings).value();
}

bool is_parameters(const std::string& name) {
  return name.starts_with("parameters-") && name != "parameters-tool.yml";
}

// What the tasks of the corpus may name.
const Surroundings kAround = {"/somewhere",
                              {[](const std::string& name) -> std::optional<std::string> {
                                 static const std::map<std::string, std::string> all = {
                                     {"registryUrl", "registry.example.org"},
                                     {"registryUsername", "reader"},
                                     {"registryPassword", "s3cr3t-passw0rd"},
                                     {"PIN", "31415926535897932384"},
                                     {"output_dir", "/data/out"},
                                     {"namespace", "project-a"}};
                                 const auto found = all.find(name);
                                 return found == all.end() ? std::nullopt : std::optional(found->second);
                               },
                               {{"modality", "CT"}, {"patients", "p1,p2,p3"}, {"run", "7"}, {"quoted", "a \"b\""}}}};

// By the folder, and there by the name. False: it is wrong.
std::optional<std::string> read_of(const fs::path& path, const Document& document, Findings& findings) {
  const auto folder = path.parent_path().filename();
  if (folder == "kliko") {
    const auto tool = read_kliko(document, findings);
    return tool ? std::optional(tool_text(*tool)) : std::nullopt;
  }
  if (folder == "kaapana" && document.name.find("-pc-") != std::string::npos) {
    std::string read;
    for (const auto& tool : read_processing_container(document, findings)) read += tool_text(tool);
    return read.empty() || !findings.ok() ? std::nullopt : std::optional(read);
  }
  const auto workflow =
      folder == "kaapana" ? read_task(document, kAround, findings) : read_workflow(document, "/somewhere", findings);
  return workflow && findings.ok() ? std::optional(workflow_text(*workflow)) : std::nullopt;
}

// Everything that is said of a document: findings, then what was read.
std::string said_of(const fs::path& path) {
  Document document{path.filename(), read_file(path).value()};
  Findings findings;
  std::string read;
  if (is_parameters(document.name)) {
    if (const auto values = read_parameters(document, parameters_tool(), findings)) {
      for (const auto& [name, value] : *values) read += name + " = " + value.json() + "\n";
    }
  } else {
    read = read_of(path, document, findings).value_or("");
  }
  findings.sort();
  std::string said;
  for (auto finding : findings.all()) {
    if (finding.message.starts_with("no expression takes ")) continue;  // all tasks here are given the same
    finding.file.clear();
    auto text = finding.text();
    said += (text.starts_with(":") ? text.substr(1) : text) + "\n";
  }
  EXPECT_EQ(findings.ok(), !read.empty()) << path;
  return said + read;
}

class Corpus : public testing::TestWithParam<std::string> {};

TEST_P(Corpus, SaysWhatIsExpected) {
  const bool update = std::getenv("BOXCAR_UPDATE_CORPUS") != nullptr;
  for (const auto& path : documents(GetParam())) {
    const auto said = said_of(path);
    if (update) {
      ASSERT_TRUE(write_file(expect_path(path), said));
    }
    const auto expected = read_file(expect_path(path));
    ASSERT_TRUE(expected) << path << " has no .expect beside it";
    EXPECT_EQ(said, *expected) << path;
  }
}

TEST_P(Corpus, IsLargeAndHoldsGoodAndBad) {
  const auto all = documents(GetParam());
  const auto bad = std::count_if(all.begin(), all.end(), [](const fs::path& path) {
    return path.filename().string().starts_with("bad-") || path.filename().string().starts_with("parameters-bad-");
  });
  EXPECT_GE(all.size(), GetParam() == "workflow" ? 40U : 60U);
  EXPECT_GE(bad, 20);
  EXPECT_GE(all.size() - static_cast<std::size_t>(bad), 10u);
}

// What "bad-…" says is an error, and nothing else is.
TEST_P(Corpus, NamesTellGoodFromBad) {
  for (const auto& path : documents(GetParam())) {
    const Document document{path.filename(), read_file(path).value()};
    Findings findings;
    if (is_parameters(document.name)) {
      read_parameters(document, parameters_tool(), findings);
      EXPECT_EQ(findings.ok(), !document.name.starts_with("parameters-bad-")) << path;
      continue;
    }
    read_of(path, document, findings);
    EXPECT_EQ(findings.ok(), !document.name.starts_with("bad-")) << path;
  }
}

// Every reader on one text: no crash, no hang, and a place inside of the text for every finding.
void read_with_everything(const std::string& text, const Tool& tool) {
  const Document document{"x", text};
  Findings findings;
  read_kliko(document, findings);
  read_parameters(document, tool, findings);
  read_workflow(document, "/", findings);
  read_processing_container(document, findings);
  read_task(document, kAround, findings);
  validate_document(document, {"/", {}}, findings);
  Report report("x", findings);
  read_json(text, report);
  const auto lines = static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return c == '\n' || c == '\r' || c == '\xC2' || c == '\xE2';  // and the breaks of Unicode
  }));
  for (const auto& finding : findings.all()) {
    ASSERT_FALSE(finding.message.empty());
    ASSERT_TRUE(valid_utf8(finding.message));
    ASSERT_LE(finding.at.line, lines + 2) << printable(text, 1000);
  }
}

// A bounded, seeded fuzzer: bytes changed, cut, doubled and spliced.
TEST_P(Corpus, MutationsNeverCrash) {
  const auto tool = parameters_tool();
  std::vector<std::string> texts;
  for (const auto& path : documents(GetParam())) {
    auto text = read_file(path).value();
    if (text.size() < 5000) texts.push_back(std::move(text));
  }
  std::mt19937 random(20170101);
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  const std::string spice = "{}[]:,-&*!|>'\"%@`#?\t\n\r ~<=0x1e.\\\xC3\xFF";
  for (int round = 0; round < 4000; ++round) {
    auto text = texts[below(texts.size())];
    for (std::size_t changes = 1 + below(4); changes > 0 && !text.empty(); --changes) {
      const auto place = below(text.size());
      switch (below(5)) {
        case 0:
          text[place] = spice[below(spice.size())];
          break;
        case 1:
          text.insert(place, 1, spice[below(spice.size())]);
          break;
        case 2:
          text.erase(place, 1 + below(20));
          break;
        case 3:
          text.insert(place, text.substr(below(text.size()), below(40)));
          break;
        default: {
          const auto& other = texts[below(texts.size())];
          if (!other.empty()) text.insert(place, other.substr(below(other.size()), below(60)));
        }
      }
    }
    ASSERT_NO_FATAL_FAILURE(read_with_everything(text, tool)) << printable(text, 2000);
  }
}

// What stands for a password in the corpus is in nothing that is said.
TEST(CorpusOfTasks, NoPasswordIsQuoted) {
  for (const auto& path : documents("kaapana")) {
    const auto said = said_of(path);
    for (const auto* secret : {"s3cr3t-passw0rd", "s3cr3t", "hunter2", "12345678", "31415926"})
      EXPECT_EQ(said.find(secret), std::string::npos) << path << "\n" << said;
  }
}

INSTANTIATE_TEST_SUITE_P(Spec, Corpus, testing::Values("kliko", "workflow", "kaapana"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace boxcar
