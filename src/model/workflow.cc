#include "model/workflow.h"

#include "base/text.h"
#include "model/template.h"

namespace boxcar {

namespace {

bool is_host_path(std::string_view text) {
  if (text == "." || text == ".." || text == "~") return true;
  return text.starts_with('/') || text.starts_with("./") || text.starts_with("../") || text.starts_with("~/");
}

Result<Source> parse_reference(std::string_view text) {
  TRY(const auto names, references(text));
  const bool alone = names.size() == 1 && text == "${" + names.front() + "}";
  if (alone && names.front().starts_with("inputs.") && names.front().size() > 7) {
    return InputReference{names.front().substr(7)};
  }
  return fail(ErrorKind::Invalid,
              "expected ${inputs.NAME} and nothing beside it, found \"" + printable(text, 80) + "\"");
}

Result<Source> parse_link(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const auto slash = std::min(text.find('/', at), text.size());
    parts.push_back(text.substr(at, slash - at));
    at = slash + 1;
  }
  if (parts.size() > 2 && parts.back().empty()) parts.pop_back();  // "step/port/"
  if (parts.size() < 2 || parts[0].empty() || parts[1].empty()) {
    return fail(ErrorKind::Invalid,
                "expected STEP/PORT, a path of the host (./…, ../…, /… or ~/…) or ${inputs.NAME}, found \"" +
                    printable(text, 80) + "\"");
  }
  Link link{std::string(parts[0]), std::string(parts[1]), {}};
  for (std::size_t i = 2; i < parts.size(); ++i) {
    if (parts[i].empty() || parts[i] == "." || parts[i] == "..") {
      return fail(ErrorKind::Invalid, "the path within " + link.step + "/" + link.port + " may not hold \"" +
                                          std::string(parts[i].empty() ? "//" : parts[i]) + "\", found \"" +
                                          printable(text, 80) + "\"");
    }
    if (i > 2) link.path += '/';
    link.path += parts[i];
  }
  return link;
}

struct SourceText {
  std::string operator()(const Link& link) const {
    return link.step + "/" + link.port + (link.path.empty() ? "" : "/" + link.path);
  }
  std::string operator()(const HostPath& host) const { return host.path; }
  std::string operator()(const InputReference& input) const { return "${inputs." + input.name + "}"; }
};

}  // namespace

Result<Source> parse_source(std::string_view text) {
  if (is_host_path(text)) return HostPath{std::string(text)};
  if (has_references(text)) return parse_reference(text);
  return parse_link(text);
}

std::string text_of(const Source& source) {
  return std::visit(SourceText{}, source);
}

const StepOptions& Step::settings() const {
  static const StepOptions defaults;
  return options ? *options : defaults;
}

}  // namespace boxcar
