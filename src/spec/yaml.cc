#include "spec/yaml.h"

#include <yaml.h>

#include <algorithm>
#include <cstdio>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "spec/yaml_errors.h"

namespace boxcar {

namespace {

Position at_mark(const yaml_mark_t& mark) {
  return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

std::string_view view(const yaml_char_t* text) {
  return text == nullptr ? std::string_view{} : reinterpret_cast<const char*>(text);
}

// What an alias stands for: a copy, since its tree may be gone by then.
struct Anchor {
  Tree copy;
  std::size_t bytes = 0;
  unsigned height = 0;
};

unsigned height_of(const Node& node) {
  unsigned height = 0;
  if (node.is_scalar()) return height;
  for (const auto& child : Items(node)) height = std::max(height, height_of(child) + 1);
  return height;
}

constexpr std::string_view kStandardTag = "tag:yaml.org,2002:";

bool is_merge(const Node& key) {
  return key.kind == Node::Kind::Merge;
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
    drop_event();
    return false;
  }

  // Makes the next event the current one.
  bool advance() {
    drop_event();
    if (!usable) return false;
    if (report.full()) return usable = false;  // what follows would not be shown
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

  // Adds the next node to `tree`.
  bool read(Tree& tree, unsigned depth, bool key = false) {
    if (!has_event) return false;
    const auto at = at_mark(event.start_mark);
    if (tree.size() >= kMaxNodes) return stop(at, "more than 1,000,000 values in one place");
    switch (event.type) {
      case YAML_ALIAS_EVENT:
        return read_alias(tree, at, depth);
      case YAML_SCALAR_EVENT:
        return read_scalar(tree, at, key);
      case YAML_SEQUENCE_START_EVENT:
      case YAML_MAPPING_START_EVENT:
        return read_collection(tree, at, depth);
      default:
        return stop(at, "expected a value here");
    }
  }

  bool read_alias(Tree& tree, Position at, unsigned depth) {
    const std::string name(view(event.data.alias.anchor));
    const auto found = anchors.find(name);
    if (found == anchors.end()) {
      return stop(at, "the alias '*" + name + "' names no anchor: no '&" + name + "' ends before it");
    }
    const auto& anchor = found->second;
    expanded_nodes += anchor.copy.size();
    expanded_bytes += anchor.bytes;
    if (expanded_nodes > kMaxExpandedNodes || expanded_bytes > kMaxDocument) {
      return stop(at, "the aliases up to here stand for more than 100,000 values or 16 MiB of text");
    }
    if (depth + anchor.height > kMaxDepth) return too_deep(at);
    tree.add_copy(anchor.copy.root());
    return advance();
  }

  bool too_deep(Position at) {
    return stop(at, "lists and mappings are nested more than " + std::to_string(kMaxDepth) + " deep");
  }

  bool read_scalar(Tree& tree, Position at, bool key) {
    const auto& scalar = event.data.scalar;
    if (scalar.length > kMaxScalar) {
      return stop(at, "a text of " + std::to_string(scalar.length) + " bytes, more than 1 MiB");
    }
    const auto index = tree.size();
    auto& node = tree.add(Node::Kind::String, at);
    node.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
    if (scalar.tag != nullptr) {
      resolve_tagged(node, view(scalar.tag));
    } else if (scalar.plain_implicit && key && node.text == "<<") {
      node.kind = Node::Kind::Merge;
    } else if (scalar.plain_implicit) {
      resolve_plain(node, version, report);
    }
    return keep_anchor(view(scalar.anchor), tree, index) && advance();
  }

  // "!!int 5" and its like say which meaning is meant, and must be right about it.
  void resolve_tagged(Node& node, std::string_view tag) {
    const auto name = tag.starts_with(kStandardTag) ? tag.substr(kStandardTag.size()) : std::string_view{};
    if (tag == "!" || name == "str") return;
    static constexpr std::pair<std::string_view, Node::Kind> kinds[] = {
        {"null", Node::Kind::Null}, {"bool", Node::Kind::Bool}, {"int", Node::Kind::Int}, {"float", Node::Kind::Float}};
    for (const auto& [known, kind] : kinds) {
      if (name != known) continue;
      resolve_plain(node, version, report);
      if (kind == Node::Kind::Float && node.kind == Node::Kind::Int) {
        node.kind = kind;
        node.real = static_cast<double>(node.integer);
      }
      if (node.kind != kind) {
        report.error(node.at, "the tag !!" + std::string(name) + " stands before " + node.described());
      }
      return;
    }
    foreign_tag(node.at, tag);
  }

  void foreign_tag(Position at, std::string_view tag) {
    const auto shown =
        tag.starts_with(kStandardTag) ? "!!" + std::string(tag.substr(kStandardTag.size())) : std::string(tag);
    report.error(at, "the tag " + in_quotes(shown) + " is not supported: only plain values are");
  }

  bool read_collection(Tree& tree, Position at, unsigned depth) {
    const bool mapping = event.type == YAML_MAPPING_START_EVENT;
    if (depth >= kMaxDepth) return too_deep(at);
    const auto tag = view(mapping ? event.data.mapping_start.tag : event.data.sequence_start.tag);
    const std::string anchor(view(mapping ? event.data.mapping_start.anchor : event.data.sequence_start.anchor));
    if (!tag.empty() && tag != "!" && tag != std::string(kStandardTag) + (mapping ? "map" : "seq")) {
      foreign_tag(at, tag);
    }
    const auto index = tree.size();
    tree.add(mapping ? Node::Kind::Mapping : Node::Kind::Sequence, at);
    if (!advance()) return false;
    const auto end = mapping ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    while (event.type != end) {
      const auto here = tree.size();
      const bool usable_key = !mapping || read_key(tree, depth + 1);
      if (!has_event || !read(tree, depth + 1)) return false;
      if (!usable_key) tree.truncate(here);
    }
    tree.close(index);
    if (mapping) finish_mapping(tree, index);
    return keep_anchor(anchor, tree, index) && advance();
  }

  // False also for a key that is no scalar, which is reported; its value is the caller's to pass over.
  bool read_key(Tree& tree, unsigned depth) {
    const auto index = tree.size();
    if (!read(tree, depth, true)) return false;
    if (tree[index].is_scalar()) return true;
    report.error(tree[index].at, "a key must be text, found " + tree[index].described());
    return false;
  }

  bool keep_anchor(std::string_view name, Tree& tree, std::size_t index) {
    if (name.empty()) return true;
    Anchor anchor;
    const auto& node = tree[index];
    for (const Node* each = &node; each != node.next(); ++each) anchor.bytes += each->text.size();
    anchored_nodes += node.span;
    anchored_bytes += anchor.bytes;
    if (anchored_nodes > kMaxNodes || anchored_bytes > kMaxDocument) {
      return stop(node.at, "the anchors up to here hold more than 1,000,000 values or 16 MiB of text");
    }
    anchor.height = height_of(node);
    anchor.copy.add_copy(node);
    anchors.insert_or_assign(std::string(name), std::move(anchor));
    return true;
  }

  void finish_mapping(Tree& tree, std::size_t index) {
    check_duplicate_keys(tree[index], report);
    for (const auto& pair : Pairs(tree[index])) {
      if (is_merge(pair.key)) return merge(tree, index);
    }
  }

  // YAML 1.1's "<<": the pairs of other mappings, where the key does not stand here itself. The first of several wins.
  void merge(Tree& tree, std::size_t index) {
    Tree old;
    old.add_copy(tree[index]);
    tree.truncate(index + 1);
    std::vector<const Node*> sources;
    std::unordered_set<std::string_view> known;
    for (const auto& [key, value] : Pairs(old.root())) {
      if (!is_merge(key)) {
        known.insert(key.text);
        tree.add_copy(key);
        tree.add_copy(value);
      } else if (version == YamlVersion::V12) {
        report.error(key.at,
                     "merge keys ('<<') belong to YAML 1.1; in YAML 1.2, as which this file is read, an alias can "
                     "only stand for a whole value");
      } else if (value.is_sequence()) {
        for (const auto& each : Items(value)) sources.push_back(&each);
      } else {
        sources.push_back(&value);
      }
    }
    for (const auto* from : sources) {
      if (!from->is_mapping()) {
        report.error(from->at, "expected a mapping to merge ('<<'), found " + from->described());
        continue;
      }
      for (const auto& [key, value] : Pairs(*from)) {
        if (!known.insert(key.text).second) continue;
        tree.add_copy(key);
        tree.add_copy(value);
      }
    }
    tree.close(index);
  }

  Report& report;
  const YamlVersion version;
  std::string_view source;
  yaml_parser_t parser{};
  yaml_event_t event{};
  bool initialized = false;
  bool has_event = false;
  bool usable = false;
  unsigned entered = 0;  // mappings, by enter_mapping
  std::size_t anchored_nodes = 0;
  std::size_t anchored_bytes = 0;
  std::size_t expanded_nodes = 0;
  std::size_t expanded_bytes = 0;
  std::unordered_map<std::string, Anchor> anchors;
  Tree key_tree;  // what next_key gave
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

const Node* YamlStream::next_key() {
  auto& impl = *impl_;
  while (impl.has_event && impl.event.type != YAML_MAPPING_END_EVENT) {
    impl.key_tree.clear();
    if (impl.read_key(impl.key_tree, impl.entered)) return &impl.key_tree.root();
    skip();  // the value of a key that is none
  }
  if (impl.has_event) {
    --impl.entered;
    impl.advance();
  }
  return nullptr;
}

bool YamlStream::read(Tree& tree) {
  tree.clear();
  return impl_->read(tree, impl_->entered);
}

bool YamlStream::skip() {
  auto& impl = *impl_;
  for (unsigned depth = 0; impl.has_event;) {
    const auto type = impl.event.type;
    if (type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT) ++depth;
    if (type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT) --depth;
    if (depth + impl.entered > kMaxDepth) return impl.too_deep(position());
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

std::optional<Tree> read_yaml(std::string_view text, YamlVersion version, Report& report) {
  YamlStream yaml(text, version, report);
  Tree tree;
  if (!yaml.open() || !yaml.read(tree) || !yaml.close()) return std::nullopt;
  return tree;
}

}  // namespace boxcar
