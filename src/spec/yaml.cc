#include "spec/yaml.h"

#include <yaml.h>

#include <algorithm>
#include <cstdio>
#include <unordered_map>

#include "spec/yaml_errors.h"

namespace boxcar {

namespace {

Position at_mark(const yaml_mark_t& mark) {
  return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

std::string_view view(const yaml_char_t* text) {
  return text == nullptr ? std::string_view{} : reinterpret_cast<const char*>(text);
}

// How much a node is once every alias below it is written out.
struct Extent {
  std::size_t nodes = 1;
  std::size_t bytes = 0;
  unsigned height = 0;
};

Extent extent_of(const Node& node) {
  Extent sum{1, node.text.size(), 0};
  for (const auto& child : node.children()) {
    const auto below = extent_of(child);
    sum.nodes += below.nodes;
    sum.bytes += below.bytes;
    sum.height = std::max(sum.height, below.height + 1);
  }
  return sum;
}

struct Anchor {
  Node node;
  Extent extent;
};

constexpr std::string_view kStandardTag = "tag:yaml.org,2002:";

bool is_merge(const Node& key) {
  return key.kind == Node::Kind::String && key.text == "<<";
}

}  // namespace

struct YamlStream::Impl {
  Impl(std::string_view text, YamlVersion yaml_version, Report& findings) : report(findings), version(yaml_version) {
    usable = check_text(text, report);
    source = text;
    if (!usable) return;
    usable = yaml_parser_initialize(&parser) != 0;
    initialized = usable;
    if (!usable) {
      report.error({1, 1}, "out of memory");
      return;
    }
    yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
  }

  ~Impl() {
    drop_event();
    if (initialized) yaml_parser_delete(&parser);
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void drop_event() {
    if (has_event) yaml_event_delete(&event);
    has_event = false;
  }

  bool stop(Position at, std::string message) {
    if (usable) report.error(at, std::move(message));
    usable = false;
    return false;
  }

  // Makes the next event the current one.
  bool advance() {
    drop_event();
    if (!usable) return false;
    if (report.full()) return usable = false;
    has_event = yaml_parser_parse(&parser, &event) != 0;
    return has_event || syntax_error();
  }

  bool syntax_error() {
    if (parser.error == YAML_MEMORY_ERROR) return stop({1, 1}, "out of memory");
    if (parser.error == YAML_READER_ERROR) {  // check_text found all but control characters
      char code[16];
      std::snprintf(code, sizeof code, "U+%04X", static_cast<unsigned>(parser.problem_value));
      return stop(
          position_of(source, parser.problem_offset),
          "the control character " + std::string(code) + " can't stand in YAML, but as an escape in double quotes");
    }
    const auto at = at_mark(parser.problem_mark);
    auto offset = source.begin();  // marks count characters
    std::size_t characters = parser.problem_mark.index;
    for (; offset != source.end() && characters > 0; --characters) {
      do ++offset;
      while (offset != source.end() && (static_cast<unsigned char>(*offset) & 0xC0) == 0x80);
    }
    const auto message =
        explain({parser.problem ? parser.problem : "", at, parser.context ? parser.context : "",
                 parser.context ? at_mark(parser.context_mark) : Position{}, offset == source.end() ? '\0' : *offset});
    return stop(message.at, message.text);
  }

  bool read(Node& node, unsigned depth, bool key = false) {
    if (!has_event) return false;
    if (++nodes > max_nodes) return stop(at_mark(event.start_mark), "more than 1,000,000 values in one place");
    node.at = at_mark(event.start_mark);
    switch (event.type) {
      case YAML_ALIAS_EVENT:
        return read_alias(node, depth);
      case YAML_SCALAR_EVENT:
        return read_scalar(node, key);
      case YAML_SEQUENCE_START_EVENT:
      case YAML_MAPPING_START_EVENT:
        return read_collection(node, depth);
      default:
        return stop(node.at, "expected a value here");
    }
  }

  bool read_alias(Node& node, unsigned depth) {
    const std::string name(view(event.data.alias.anchor));
    const auto found = anchors.find(name);
    if (found == anchors.end()) {
      return stop(node.at, "the alias '*" + name + "' names no anchor: no '&" + name + "' ends before it");
    }
    const auto& [original, extent] = found->second;
    expanded_nodes += extent.nodes;
    expanded_bytes += extent.bytes;
    if (expanded_nodes > max_expanded_nodes || expanded_bytes > max_document) {
      return stop(node.at, "the aliases up to here stand for more than 100,000 values or 16 MiB of text");
    }
    if (depth + extent.height > max_depth) return too_deep(node.at);
    node = original;
    return advance();
  }

  bool too_deep(Position at) {
    return stop(at, "lists and mappings are nested more than " + std::to_string(max_depth) + " deep");
  }

  bool read_scalar(Node& node, bool key) {
    const auto& scalar = event.data.scalar;
    if (scalar.length > max_scalar) {
      return stop(node.at, "a text of " + std::to_string(scalar.length) + " bytes, more than 1 MiB");
    }
    node.kind = Node::Kind::String;
    node.items.reset();
    node.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
    if (scalar.tag != nullptr) {
      resolve_tagged(node, view(scalar.tag));
    } else if (scalar.plain_implicit && !(key && is_merge(node))) {
      resolve_plain(node, version, report);
    }
    if (scalar.anchor != nullptr) return keep_anchor(std::string(view(scalar.anchor)), node);
    return advance();
  }

  // "!!int 5" and its like say which meaning is meant, and must be right about it.
  void resolve_tagged(Node& node, std::string_view tag) {
    if (tag == "!") return;
    const auto name = tag.starts_with(kStandardTag) ? tag.substr(kStandardTag.size()) : std::string_view{};
    if (name == "str") return;
    static constexpr std::pair<std::string_view, Node::Kind> kinds[] = {
        {"null", Node::Kind::Null}, {"bool", Node::Kind::Bool}, {"int", Node::Kind::Int}, {"float", Node::Kind::Float}};
    for (const auto& [known, kind] : kinds) {
      if (name != known) continue;
      resolve_plain(node, version, report);
      if (kind == Node::Kind::Float && node.kind == Node::Kind::Int) {
        node.kind = kind;
        node.real = static_cast<double>(node.integer);
      }
      if (node.kind != kind)
        report.error(node.at, "the tag !!" + std::string(name) + " stands before " + node.described());
      return;
    }
    foreign_tag(node.at, tag);
  }

  void foreign_tag(Position at, std::string_view tag) {
    const auto shown =
        tag.starts_with(kStandardTag) ? "!!" + std::string(tag.substr(kStandardTag.size())) : std::string(tag);
    report.error(at, "the tag " + quoted(shown) + " is not supported: only plain values are");
  }

  bool read_collection(Node& node, unsigned depth) {
    const bool mapping = event.type == YAML_MAPPING_START_EVENT;
    if (depth >= max_depth) return too_deep(node.at);
    node.kind = mapping ? Node::Kind::Mapping : Node::Kind::Sequence;
    node.text.clear();
    const auto tag = view(mapping ? event.data.mapping_start.tag : event.data.sequence_start.tag);
    const std::string anchor(view(mapping ? event.data.mapping_start.anchor : event.data.sequence_start.anchor));
    if (!tag.empty() && tag != "!" && tag != std::string(kStandardTag) + (mapping ? "map" : "seq"))
      foreign_tag(node.at, tag);
    if (!advance()) return false;
    auto items = std::make_shared<std::vector<Node>>();
    const auto end = mapping ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    while (event.type != end) {
      const bool key = mapping && items->size() % 2 == 0;
      if (!read(items->emplace_back(), depth + 1, key)) return false;
    }
    if (mapping) finish_mapping(*items);
    node.items = std::move(items);
    if (!anchor.empty()) return keep_anchor(anchor, node);
    return advance();
  }

  bool keep_anchor(std::string name, const Node& node) {
    anchors.insert_or_assign(std::move(name), Anchor{node, extent_of(node)});
    return advance();
  }

  void finish_mapping(std::vector<Node>& pairs) {
    bool merges = false;
    for (std::size_t i = 0; i < pairs.size(); i += 2) {
      check_key(pairs[i]);
      merges = merges || is_merge(pairs[i]);
    }
    check_duplicate_keys(pairs, report);
    if (merges) merge(pairs);
  }

  void check_key(Node& key) {
    if (key.is_scalar()) return;
    report.error(key.at, "a key must be text, found " + key.described());
    const auto at = key.at;
    key = Node();
    key.kind = Node::Kind::String;
    key.at = at;
  }

  // YAML 1.1's "<<": the pairs of other mappings, where the key does not stand here itself. The first of several wins.
  void merge(std::vector<Node>& pairs) {
    std::vector<Node> own;
    std::vector<Node> sources;
    for (std::size_t i = 0; i < pairs.size(); i += 2) {
      if (!is_merge(pairs[i])) {
        own.push_back(std::move(pairs[i]));
        own.push_back(std::move(pairs[i + 1]));
      } else if (version == YamlVersion::V12) {
        report.error(pairs[i].at,
                     "merge keys ('<<') belong to YAML 1.1; this document is YAML 1.2, where an alias can "
                     "only stand for a whole value");
      } else if (pairs[i + 1].is_sequence()) {
        for (const auto& each : pairs[i + 1].children()) sources.push_back(each);
      } else {
        sources.push_back(std::move(pairs[i + 1]));
      }
    }
    std::unordered_map<std::string_view, bool> known;
    for (std::size_t i = 0; i < own.size(); i += 2) known.emplace(own[i].text, true);
    std::vector<Node> merged;
    for (const auto& source_node : sources) {
      if (!source_node.is_mapping()) {
        report.error(source_node.at, "expected a mapping to merge ('<<'), found " + source_node.described());
        continue;
      }
      const auto& more = source_node.children();
      for (std::size_t i = 0; i < more.size(); i += 2) {
        if (!known.emplace(more[i].text, true).second) continue;
        merged.push_back(more[i]);
        merged.push_back(more[i + 1]);
      }
    }
    std::move(merged.begin(), merged.end(), std::back_inserter(own));
    pairs = std::move(own);
  }

  Report& report;
  const YamlVersion version;
  std::string_view source;
  yaml_parser_t parser{};
  yaml_event_t event{};
  bool initialized = false;
  bool has_event = false;
  bool usable = false;
  unsigned entered = 0;   // mappings, by enter_mapping
  std::size_t nodes = 0;  // of the tree being read
  std::size_t expanded_nodes = 0;
  std::size_t expanded_bytes = 0;
  std::unordered_map<std::string, Anchor> anchors;
};

YamlStream::YamlStream(std::string_view text, YamlVersion version, Report& report)
    : impl_(std::make_unique<Impl>(text, version, report)) {}

YamlStream::~YamlStream() = default;

bool YamlStream::open() {
  if (!impl_->advance() || !impl_->advance()) return false;  // past the stream's start
  if (impl_->event.type == YAML_STREAM_END_EVENT) return impl_->stop({1, 1}, "the document is empty");
  return impl_->advance();  // past the document's start
}

Position YamlStream::position() const {
  return impl_->has_event ? at_mark(impl_->event.start_mark) : Position{1, 1};
}

bool YamlStream::enter_mapping() {
  auto& impl = *impl_;
  if (!impl.has_event || impl.event.type != YAML_MAPPING_START_EVENT) return false;
  const auto& start = impl.event.data.mapping_start;
  if (start.anchor != nullptr || start.tag != nullptr) return false;
  ++impl.entered;
  return impl.advance();
}

bool YamlStream::next_key(Node& key) {
  auto& impl = *impl_;
  if (!impl.has_event) return false;
  if (impl.event.type == YAML_MAPPING_END_EVENT) {
    --impl.entered;
    impl.advance();
    return false;
  }
  impl.nodes = 0;
  if (!impl.read(key, impl.entered, true)) return false;
  impl.check_key(key);
  return true;
}

bool YamlStream::read(Node& node) {
  return impl_->read(node, impl_->entered);
}

bool YamlStream::skip() {
  auto& impl = *impl_;
  for (unsigned depth = 0; impl.has_event;) {
    const auto type = impl.event.type;
    if (type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT) ++depth;
    if (type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT) --depth;
    if (depth + impl.entered > max_depth) return impl.too_deep(position());
    if (!impl.advance()) return false;
    if (depth == 0) return true;
  }
  return false;
}

bool YamlStream::close() {
  auto& impl = *impl_;
  if (!impl.has_event || !impl.advance()) return false;  // past the document's end
  if (impl.event.type == YAML_STREAM_END_EVENT) return true;
  return impl.stop(position(), "a second document begins here, expected one in a file");
}

bool YamlStream::failed() const {
  return !impl_->usable;
}

std::optional<Node> read_yaml(std::string_view text, YamlVersion version, Report& report) {
  YamlStream yaml(text, version, report);
  Node root;
  if (!yaml.open() || !yaml.read(root) || !yaml.close()) return std::nullopt;
  return root;
}

}  // namespace boxcar
