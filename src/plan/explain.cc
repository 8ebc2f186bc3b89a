// Why a key is another one, in words.
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "base/text.h"
#include "plan/action.h"

namespace boxcar {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostShown = 80;  // bytes of a value

struct Change {
  const std::string* before = nullptr;  // null: there was none
  const std::string* now = nullptr;     // null: there is none
};

std::string in_double_quotes(const std::string& value) {
  return "\"" + printable(value, kMostShown) + "\"";
}

std::string said(const std::string& subject, const Change& change,
                 std::string (*show)(const std::string&) = in_double_quotes) {
  if (!change.before) return subject + " is new: " + show(*change.now);
  if (!change.now) return subject + " is gone: it was " + show(*change.before);
  return subject + ": was " + show(*change.before) + ", is " + show(*change.now);
}

std::string bare(const std::string& value) {
  return printable(value, kMostShown);
}

std::string parameter_difference(const Change& change) {
  const auto parse = [](const std::string* text) {
    return text ? Json::parse(*text, nullptr, /*allow_exceptions=*/false) : Json();
  };
  const Json before = parse(change.before);
  const Json now = parse(change.now);
  if (!before.is_object() || !now.is_object()) {  // one of the tools reads no parameters
    return now.is_object() ? "the tool reads parameters now" : "the tool reads no parameters any more";
  }
  const auto show = [](const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); };
  const auto subject = [](const std::string& name) { return "parameter " + printable(name); };
  for (const auto& [name, value] : now.items()) {
    const std::string is = show(value);
    const auto old = before.find(name);
    if (old == before.end()) return said(subject(name), {nullptr, &is}, bare);
    const std::string was = show(*old);  // as text: 1 and 1.0 are not the same to a tool
    if (was != is) return said(subject(name), {&was, &is}, bare);
  }
  for (const auto& [name, value] : before.items()) {
    const std::string was = show(value);
    if (!now.contains(name)) return said(subject(name), {&was, nullptr}, bare);
  }
  return "the parameters are written differently";
}

// "input.ms.content" to ("ms", "content"); the port's name may hold dots itself.
std::pair<std::string, std::string> port_and_property(std::string_view name) {
  const auto first = name.find('.');
  const auto last = name.rfind('.');
  return {printable(name.substr(first + 1, last - first - 1)), std::string(name.substr(last + 1))};
}

std::string port_difference(std::string_view name, const Change& change) {
  const auto [port, property] = port_and_property(name);
  const std::string subject = (name.starts_with("input.") ? "input " : "output ") + port;
  if (property == "direct")
    return subject + (change.now ? ": it is" : ": it is no longer") + " written into your own directory";
  if (!change.before) return subject + " is new";
  if (!change.now) return subject + " is gone";
  if (property == "content") {
    if (*change.before == "none") return subject + ": nothing fed it, now something does";
    if (*change.now == "none") return subject + ": nothing feeds it any more";
    return subject + ": its content differs";
  }
  if (property == "required") return subject + (*change.now == "true" ? " is required now" : " is optional now");
  if (property == "works_on") return said(subject + ": the input it works on", change);
  return said(subject + ": its " + property, change, property == "kind" ? bare : in_double_quotes);
}

std::string sentence(const std::string& name, const Change& change) {
  const auto rest = [&](std::string_view prefix) { return printable(std::string_view(name).substr(prefix.size())); };
  if (name == "image") return "the image differs";
  if (name == "platform") return said("the platform", change, bare);
  if (name == "parameters") return parameter_difference(change);
  if (name == "parameters_path") return said("the path of the parameters", change);
  if (name.starts_with("input.") || name.starts_with("output.")) return port_difference(name, change);
  if (name.starts_with("argv.")) return said("argument " + rest("argv."), change);
  if (name.starts_with("env.")) return said("environment variable " + rest("env."), change);
  if (name.starts_with("secret.")) return "secret " + rest("secret.") + (change.now ? " is new" : " is gone");
  if (name == "user") return said("the user", change);
  if (name == "working_dir") return said("the working directory", change);
  if (name == "network") return said("the network", change, bare);
  if (name == "gpu") return change.now && *change.now == "true" ? "it gets a GPU now" : "it gets no GPU any more";
  return said(printable(name), change);  // of a version of the key that came later
}

}  // namespace

std::string first_difference(const std::vector<KeyField>& before, const std::vector<KeyField>& now) {
  const auto names = [](const std::vector<KeyField>& fields) {
    std::unordered_set<std::string_view> all;
    for (const auto& field : fields) all.insert(field.name);
    return all;
  };
  const auto in_before = names(before);
  for (std::size_t i = 0;; ++i) {
    if (i == now.size() && i == before.size()) return "";
    if (i == now.size()) return sentence(before[i].name, {&before[i].value, nullptr});
    if (i == before.size()) return sentence(now[i].name, {nullptr, &now[i].value});
    if (before[i].name == now[i].name) {
      if (before[i].value != now[i].value) return sentence(now[i].name, {&before[i].value, &now[i].value});
    } else if (!in_before.contains(now[i].name)) {
      return sentence(now[i].name, {nullptr, &now[i].value});
    } else {
      return sentence(before[i].name, {&before[i].value, nullptr});
    }
  }
}

}  // namespace boxcar
