#include "cli/sample.h"

#include <algorithm>

#include "base/fd.h"
#include "base/text.h"

namespace boxcar {

namespace {

constexpr std::string_view kText = "sample\n";

class SampleMaker {
 public:
  SampleMaker(const Tool& tool, const std::string& tool_name, SamplesGiven& given, const std::string& image,
              Findings& findings)
      : tool_(tool), tool_name_(tool_name), given_(given), image_(image), findings_(findings) {}

  Result<Sample> make() {
    for (const auto& port : tool_.inputs) CHECK_OK(feed(port));
    for (const auto& parameter : tool_.parameters) CHECK_OK(set(parameter));
    return std::move(sample_);
  }

 private:
  std::vector<std::string> given_for(std::vector<Given>& all, const std::string& name) {
    std::vector<std::string> texts;
    for (auto& given : all) {
      auto value = given.value_of(tool_name_, name);
      if (!value) continue;
      given.used = true;
      texts.push_back(*std::move(value));
    }
    return texts;
  }

  Result<void> feed(const Port& port) {
    const auto bind = [&](const std::string& path) { sample_.inputs.push_back({port.name, HostPath{path}, {}}); };
    if (const auto places = given_for(given_.inputs, port.name); !places.empty()) {
      bind(absolute_path(places.back(), current_directory()));
      return {};
    }
    if (!given_.folder.empty() && is_file_name(port.name)) {
      const std::string own = is_file_name(tool_name_) ? join_path(given_.folder, tool_name_) : "";
      for (const auto& folder : {own, given_.folder}) {
        const auto place = join_path(folder, port.name);
        if (folder.empty() || !exists(place)) continue;
        bind(place);
        return {};
      }
    }
    sample_.made_up.push_back("input " + in_quotes(port.name));
    if (port.optional) return {};
    TRY(const auto path, made_up(port.kind == PortKind::Directory));
    bind(path);
    return {};
  }

  // What the image says is no part of its path.
  Result<std::string> made_up(bool directory) {
    const std::string place = join_path(given_.made_up, std::to_string(++given_.made));
    CHECK_OK(make_directories(place));
    if (directory) return place;
    const std::string file = join_path(place, "sample.txt");
    CHECK_OK(write_file(file, kText));
    return file;
  }

  Result<void> set(const Parameter& parameter) {
    if (const auto texts = given_for(given_.values, parameter.name); !texts.empty()) {
      auto value = parse_value(parameter, parameter.type.list ? texts : std::vector{texts.back()});
      if (value) {
        sample_.params.push_back({parameter.name, *std::move(value), {}});
      } else {
        findings_.error(image_, {}, "--set " + parameter.name + ": " + value.error().text());
      }
      return {};
    }
    if (parameter.initial || !parameter.required) return {};
    TRY(auto value, made_up_value(parameter));
    sample_.made_up.push_back("parameter " + in_quotes(parameter.name));
    if (parameter.type.list) value = Value(List{std::move(value)});
    sample_.params.push_back({parameter.name, std::move(value), {}});
    return {};
  }

  Result<Value> made_up_value(const Parameter& parameter) {
    if (!parameter.choices.empty()) return parameter.choices.front().value;
    const bool text = parameter.type.scalar == Scalar::Str;  // it may have to be the text of something else
    switch (text ? parameter.reads_as : parameter.type.scalar) {
      case Scalar::Bool:
        return text ? Value("true") : Value(true);
      case Scalar::Int:
        return text ? Value("1") : Value(1);
      case Scalar::Float:
        return text ? Value("1.0") : Value(1.0);
      case Scalar::File: {
        TRY(auto path, made_up(false));
        return Value(std::move(path));
      }
      default:
        return Value(std::string("sample").substr(0, static_cast<std::size_t>(parameter.max_length.value_or(6))));
    }
  }

  const Tool& tool_;
  const std::string& tool_name_;
  SamplesGiven& given_;
  const std::string& image_;
  Findings& findings_;
  Sample sample_;
};

}  // namespace

std::string Given::key() const {
  return text.substr(0, text.find('='));
}

std::optional<std::string> Given::value_of(const std::string& tool, const std::string& name) const {
  for (const auto& meant : {name + "=", tool + separator + name + "="}) {
    if (text.starts_with(meant)) return text.substr(meant.size());
  }
  return std::nullopt;
}

Result<Given> parse_given(const std::string& option, const std::string& text, char separator) {
  if (text.find('=') != std::string::npos) return Given{text, separator};
  return fail(ErrorKind::Invalid, option + " takes [TOOL" + separator + "]NAME=VALUE, not " + in_quotes(text));
}

std::string unknown_given(const Given& given, const std::string& noun,
                          const std::vector<std::pair<std::string, std::vector<std::string>>>& known) {
  const std::string key = given.key();
  std::vector<std::string> tools;
  std::vector<std::string> all;
  for (const auto& [tool, names] : known) {
    const std::string prefix = tool + given.separator;
    if (key.starts_with(prefix)) {
      const std::string name = key.substr(prefix.size());
      return "tool " + in_quotes(tool) + " has no " + noun + " " + in_quotes(name) + did_you_mean(name, names);
    }
    tools.push_back(tool);
    for (const auto& name : names) all.insert(all.end(), {name, prefix + name});
  }
  const std::string said = "no tool has a" + std::string(noun.starts_with('i') ? "n " : " ") + noun + " ";
  const std::string meant = did_you_mean(key, all);
  const auto at = key.find(given.separator);
  if (!meant.empty() || at == std::string::npos) return said + in_quotes(key) + meant;
  return said + in_quotes(key) + ", and there is no tool " + in_quotes(key.substr(0, at)) +
         " (there are: " + printable(join(tools, ", ")) + ")";
}

Result<Sample> sample_of(const Tool& tool, const std::string& tool_name, SamplesGiven& given, const std::string& image,
                         Findings& findings) {
  return SampleMaker(tool, tool_name, given, image, findings).make();
}

}  // namespace boxcar
