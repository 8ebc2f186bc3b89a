#include "spec/kaapana.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "spec/scale_rule.h"

namespace boxcar {

namespace {

constexpr std::array<std::string_view, 2> kResourceKeys = {"requests", "limits"};
constexpr std::array<std::string_view, 6> kKnownAmounts = {"cpu",         "memory",           "gpu", "nvidia.com/gpu",
                                                           "amd.com/gpu", "ephemeral-storage"};
constexpr double kMostAmount = 1e18;

bool is_gpu(std::string_view name) {
  return name == "gpu" || name.ends_with("/gpu");
}

// What stands for "cpu", "memory" or "gpus"; each but the GPUs has one name. Null: nothing does.
const Node* amount_of(const Node& amounts, std::string_view resource) {
  for (const auto& [name, value] : Pairs(amounts)) {
    const bool meant = resource == "gpus" ? is_gpu(name.text) : name.text == resource;
    if (meant && value.kind != Node::Kind::Null) return &value;
  }
  return nullptr;
}

// What boxcar has no use for may have any name; one that Kubernetes does not know, or that is near to one, is a slip.
void warn_of_slip(const Node& name, std::string_view key, Report& report) {
  if (is_gpu(name.text) || name.text.starts_with("hugepages-") ||
      std::find(kKnownAmounts.begin(), kKnownAmounts.end(), name.text) != kKnownAmounts.end()) {
    return;
  }
  std::string lower = name.text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto hint = did_you_mean(lower, {kKnownAmounts.begin(), kKnownAmounts.end()});
  if (hint.empty() && name.text.find('/') != std::string::npos) return;  // of some device
  report.warn(name.at, "'" + std::string(key) + "' has the unknown resource " + in_quotes(name.text) + hint +
                           "; it is passed over");
}

// One of "limits" or "requests".
class AmountsReader {
 public:
  AmountsReader(const Node& amounts, std::string_view key, Report& report)
      : amounts_(amounts), key_(key), is_limit_(key == "limits"), report_(report) {}

  // Quantities that boxcar has no use for (ephemeral-storage, hugepages) are only checked.
  void read(Resources& into) {
    for (const auto& [name, value] : Pairs(amounts_)) {
      warn_of_slip(name, key_, report_);
      if (value.kind == Node::Kind::Null) continue;
      const auto quantity = read_quantity(name, value);
      if (!quantity) continue;
      if (name.text == "cpu") read_cpu(name, value, *quantity, into);
      if (name.text == "memory") read_memory(value, *quantity, into);
      if (is_gpu(name.text)) read_gpus(name, value, *quantity, into);
    }
  }

 private:
  std::string subject(const Node& name) const { return "'" + std::string(key_) + "', " + in_quotes(name.text) + ": "; }

  void expected(const Node& name, const Node& value, std::string_view what) {
    report_.error(value.at, subject(name) + "expected " + std::string(what) + ", found " + value.described());
  }

  std::optional<double> read_quantity(const Node& name, const Node& value) {
    if (!value.fits) return std::nullopt;  // said already
    const bool number =
        value.kind == Node::Kind::String || value.kind == Node::Kind::Int || value.kind == Node::Kind::Float;
    const auto quantity = number ? parse_quantity(value.text) : std::nullopt;
    if (quantity && *quantity < kMostAmount) return quantity;
    if (quantity) {
      report_.error(value.at, subject(name) + value.described() + " is too large, it has to be less than 1E");
    } else {
      expected(name, value, "a quantity as Kubernetes writes it (500m, 2, 50Mi, 1.5G)");
    }
    return std::nullopt;
  }

  void read_cpu(const Node& name, const Node& value, double cores, Resources& into) {
    if (is_limit_ && cores == 0) return expected(name, value, "more than 0, without which no container can run");
    into.cpu = cores;
  }

  void read_memory(const Node& value, double amount, Resources& into) {
    const auto bytes = static_cast<std::uint64_t>(std::ceil(amount));
    if (is_limit_ && bytes < kLeastMemory) {
      report_.error(value.at, "'limits': " + too_small_to_start(bytes));
    } else {
      into.memory = bytes;
    }
  }

  void read_gpus(const Node& name, const Node& value, double count, Resources& into) {
    if (gpus_) {
      report_.error(name.at, "'" + std::string(key_) + "': GPUs stand there under two names; " + in_quotes(name.text) +
                                 " is the second");
    } else if (count != std::floor(count) || count > Resources::kMostGpus) {
      expected(name, value, "a whole number of GPUs, at most 1000");
    } else {
      into.gpus = static_cast<int>(count);
    }
    gpus_ = true;
  }

  const Node& amounts_;
  const std::string_view key_;
  const bool is_limit_;
  Report& report_;
  bool gpus_ = false;
};

const Node* gpus_in(const Node& amounts) {
  for (const auto& [name, value] : Pairs(amounts)) {
    if (is_gpu(name.text) && value.kind != Node::Kind::Null) return &name;
  }
  return nullptr;
}

// A container gets GPUs of one kind; "gpu" alone is any.
void check_gpus(const Node& requests, const Node* limits, Report& report) {
  const Node* requested = gpus_in(requests);
  if (requested == nullptr) return;
  const Node* limit = limits != nullptr ? gpus_in(*limits) : nullptr;
  if (limit == nullptr) {
    report.warn(requested->at, "'requests': " + in_quotes(requested->text) +
                                   " is without its limit, and refused so by Kubernetes; here it counts as both");
  } else if (requested->text != limit->text && requested->text != "gpu" && limit->text != "gpu") {
    report.error(requested->at, "'requests': " + in_quotes(requested->text) +
                                    " is another kind of GPU than that of 'limits', " + in_quotes(limit->text));
  }
}

// The value of "name", where it is right.
std::string read_name(const Fields& fields, bool (*right)(std::string_view), std::string_view what) {
  const auto* node = fields.need("name");
  auto name = fields.text("name");
  if (!name) return {};
  if (right(*name)) return *std::move(name);
  fields.expected("name", *node, what);
  return {};
}

// A folder has this name, which may grow by two there (store/layout.h).
constexpr std::size_t kLongestName = 250;  // bytes

bool is_channel_name(std::string_view name) {
  return name.size() <= kLongestName && is_file_name(name);
}

bool is_variable_name(std::string_view name) {
  const auto wrong = [](char c) { return c == '=' || c == '\x7f' || (c >= '\0' && c <= ' '); };
  return !name.empty() && std::none_of(name.begin(), name.end(), wrong);
}

}  // namespace

std::string read_channel_name(const Fields& channel) {
  return read_name(channel, is_channel_name,
                   "a name that a folder can have (not empty, no slash, not '.' or '..', at most 250 bytes)");
}

std::string read_variable_name(const Fields& variable) {
  return read_name(variable, is_variable_name, "a name that is not empty and holds no '=', blank or control character");
}

Subject kaapana_subject(std::string_view noun, const Node& node, std::string_view key) {
  const Node* name = node.is_mapping() ? Pairs(node).find(key) : nullptr;
  return {noun, name ? std::string_view(name->text) : std::string_view{}};
}

void read_api_version(const Fields& fields) {
  const auto* version = fields.find("api_version");
  if (version == nullptr || (version->kind == Node::Kind::Int && version->integer == 1)) return;
  fields.expected("api_version", *version, "1, the only version there is");
}

std::vector<std::string> read_kaapana_command(const Fields& fields) {
  std::vector<std::string> command;
  const auto* words = fields.sequence("command");
  if (words == nullptr) return command;
  for (const auto& word : Items(*words)) {
    if (word.kind != Node::Kind::String) {
      fields.expected("command", word, "a string (in quotes)");
    } else if (fields.is_argument("command", word)) {
      command.push_back(word.text);
    }
  }
  return command;
}

Needs read_kaapana_resources(const Fields& fields, Report& report) {
  const Report::Aside aside(report);
  Needs needs;
  const auto* node = fields.mapping("resources");
  if (node == nullptr) return needs;
  const Fields resources(*node, {"'resources'"}, kResourceKeys, report, Unknown::PassedOver);
  const auto* requests = resources.mapping("requests");
  const auto* limits = resources.mapping("limits");
  if (limits != nullptr) AmountsReader(*limits, "limits", report).read(needs.limits);
  if (requests == nullptr) return needs;
  AmountsReader(*requests, "requests", report).read(needs.requests);
  check_gpus(*requests, limits, report);
  const auto found = conflicts(needs);
  for (const auto& conflict : found) {
    if (const auto* amount = amount_of(*requests, conflict.resource))
      report.error(amount->at, "'resources': it " + conflict.text);
  }
  if (!found.empty()) needs.requests = {};  // not to be said once more with what the task says
  return needs;
}

std::optional<ScaleRule> read_channel_rule(const Fields& channel, bool input, Report& report) {
  const Report::Aside aside(report);
  const auto* node = channel.mapping("scale_rule");
  if (node == nullptr) return std::nullopt;
  auto rule =
      read_scale_rule(*node, {"the scale rule of channel", channel.subject().name}, Unknown::PassedOver, report);
  if (input) return rule;
  report.warn(node->at, channel.subject().text() + " is an output: nothing is measured of it beforehand");
  return std::nullopt;
}

}  // namespace boxcar
