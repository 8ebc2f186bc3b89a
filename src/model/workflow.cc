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
  const auto first = text.find('/');
  const auto second = std::min(text.find('/', first + 1), text.size());
  if (first == std::string_view::npos || first == 0 || second == first + 1) {
    return fail(ErrorKind::Invalid,
                "expected STEP/PORT, a path of the host (./…, ../…, /… or ~/…) or ${inputs.NAME}, found \"" +
                    printable(text, 80) + "\"");
  }
  Link link{std::string(text.substr(0, first)), std::string(text.substr(first + 1, second - first - 1)), {}};
  if (text.ends_with('/')) text.remove_suffix(1);
  for (auto at = second; at < text.size();) {
    const auto end = std::min(text.find('/', at + 1), text.size());
    const auto part = text.substr(at + 1, end - at - 1);
    if (part.empty() || part == "." || part == "..") {
      return fail(ErrorKind::Invalid, "the path within " + link.step + "/" + link.port + " may not hold \"" +
                                          std::string(part.empty() ? "//" : part) + "\", found \"" +
                                          printable(text, 80) + "\"");
    }
    at = end;
  }
  if (second + 1 < text.size()) link.path = text.substr(second + 1);
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
