#include "spec/json.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>

#include "base/text.h"
#include "spec/places.h"
#include "spec/scalar.h"

namespace boxcar {

namespace {

using Stream = rapidjson::MemoryStream;

std::string explain(rapidjson::ParseErrorCode code) {
  switch (code) {
    case rapidjson::kParseErrorDocumentEmpty:
      return "the document is empty";
    case rapidjson::kParseErrorDocumentRootNotSingular:
      return "expected the end of the document: nothing may follow its one value";
    case rapidjson::kParseErrorValueInvalid:
      return "expected a JSON value (text stands in double quotes; true, false, null; no comma before a closing "
             "bracket)";
    case rapidjson::kParseErrorObjectMissName:
      return "expected a key in double quotes (and no comma before a closing brace)";
    case rapidjson::kParseErrorObjectMissColon:
      return "expected ':' after the key";
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket:
      return "expected ',' or '}'";
    case rapidjson::kParseErrorArrayMissCommaOrSquareBracket:
      return "expected ',' or ']'";
    case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex:
      return "expected four hexadecimal digits after \\u";
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
      return "half of a surrogate pair: \\ud800 to \\udfff come in pairs";
    case rapidjson::kParseErrorStringEscapeInvalid:
      return "no such escape; write \\\\ for a backslash";
    case rapidjson::kParseErrorStringMissQuotationMark:
      return "this text has no closing quote";
    case rapidjson::kParseErrorStringInvalidEncoding:
      return "a control character or line break inside of a text; write it as an escape (\\n)";
    case rapidjson::kParseErrorNumberTooBig:
      return "a number too large for 64 bits";
    case rapidjson::kParseErrorNumberMissFraction:
      return "expected digits after the point";
    case rapidjson::kParseErrorNumberMissExponent:
      return "expected digits in the exponent";
    default:
      return "this is not JSON";
  }
}

// Builds the tree. Where a token begins is found from the end of the one before: between them stand only white space,
// commas and colons.
class Builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder> {
 public:
  Builder(std::string_view text, const Stream& stream, Report& report)
      : text_(text), stream_(stream), report_(report) {}

  bool Null() { return scalar(Node::Kind::Null, "null"); }
  bool Bool(bool value) {
    if (!scalar(Node::Kind::Bool, value ? "true" : "false")) return false;
    tree_[tree_.size() - 1].boolean = value;
    return true;
  }
  bool RawNumber(const char* digits, rapidjson::SizeType length, bool) {
    if (!scalar(Node::Kind::Int, {digits, length})) return false;
    resolve_number(tree_[tree_.size() - 1], report_);
    return true;
  }
  bool String(const char* value, rapidjson::SizeType length, bool) {
    return scalar(Node::Kind::String, {value, length});
  }
  bool Key(const char* value, rapidjson::SizeType length, bool) { return scalar(Node::Kind::String, {value, length}); }
  bool StartObject() { return open(Node::Kind::Mapping); }
  bool StartArray() { return open(Node::Kind::Sequence); }
  bool EndObject(rapidjson::SizeType) {
    const auto index = open_.back();
    close();
    check_duplicate_keys(tree_[index], report_);
    return true;
  }
  bool EndArray(rapidjson::SizeType) { return close(); }

  Tree take() { return std::move(tree_); }

 private:
  // The next token begins here; `end` is the offset after it.
  Position begin() {
    while (before_ < text_.size() && std::string_view(" \t\r\n,:").find(text_[before_]) != std::string_view::npos)
      ++before_;
    const auto from = position_of(text_.substr(counted_), before_ - counted_);
    at_.column = from.line == 1 ? at_.column + from.column - 1 : from.column;
    at_.line += from.line - 1;
    counted_ = before_;
    return at_;
  }

  bool stop(Position at, std::string message) {
    report_.error(at, std::move(message));
    return false;
  }

  bool scalar(Node::Kind kind, std::string_view value) {
    const auto at = begin();
    before_ = stream_.Tell();
    if (value.size() > kMaxScalar) {
      return stop(at, "a text of " + std::to_string(value.size()) + " bytes, more than 1 MiB");
    }
    // RapidJSON finds the first half of a pair alone, and makes of the second bytes that are no text.
    if (kind == Node::Kind::String && !valid_utf8(value))
      return stop(at, explain(rapidjson::kParseErrorStringUnicodeSurrogateInvalid) + "; this text has one alone");
    if (tree_.size() >= kMaxNodes) return stop(at, "more than 1,000,000 values in one place");
    if (report_.full()) return false;
    tree_.add(kind, at).text = value;
    return true;
  }

  bool open(Node::Kind kind) {
    const auto at = begin();
    ++before_;
    if (open_.size() >= kMaxDepth) {
      return stop(at, "lists and mappings are nested more than " + std::to_string(kMaxDepth) + " deep");
    }
    open_.push_back(tree_.size());
    tree_.add(kind, at);
    return true;
  }

  bool close() {
    begin();
    ++before_;
    tree_.close(open_.back());
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  const Stream& stream_;
  Report& report_;
  std::size_t before_ = 0;   // the end of the last token
  std::size_t counted_ = 0;  // the offset that at_ is the place of
  Position at_{1, 1};
  Tree tree_;
  std::vector<std::size_t> open_;  // indices of the mappings and lists around
};

// The tree, or none with a finding, and the offset where reading ended.
std::optional<Tree> parse(std::string_view text, Report& report, std::size_t& end) {
  constexpr unsigned flags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
  Stream stream(text.data(), text.size());
  Builder builder(text, stream, report);
  rapidjson::Reader reader;
  const auto result = reader.Parse<flags>(stream, builder);
  if (!result.IsError()) return builder.take();
  end = result.Offset();
  if (result.Code() != rapidjson::kParseErrorTermination) {
    // RapidJSON takes a raw line break in a text for a wrong escape.
    const bool control = result.Code() == rapidjson::kParseErrorStringEscapeInvalid && end < text.size() &&
                         static_cast<unsigned char>(text[end]) < 0x20;
    report.error(position_of(text, end),
                 explain(control ? rapidjson::kParseErrorStringInvalidEncoding : result.Code()));
  }
  return std::nullopt;
}

// A comma too many or too few, said where a parser meets it.
struct Slip {
  std::size_t at;
  rapidjson::ParseErrorCode code;
};

// Goes from token to token and mends such slips in a text that is no JSON, without anything being moved. Of what is
// wrong otherwise it knows nothing: its slips count up to where the mended text fails.
class Mender {
 public:
  explicit Mender(std::string& text) : text_(text) {}

  std::vector<Slip> mend() {
    while (at_ < text_.size() && slips_.size() < Report::kLimit) {
      if (blank(text_[at_])) {
        ++at_;
      } else if (!token(text_[at_])) {
        break;
      }
    }
    return std::move(slips_);
  }

 private:
  // The last token; of a value its end.
  enum class Last { Open, Comma, Key, Colon, Value };

  static bool blank(char c) { return std::string_view(" \t\r\n").find(c) != std::string_view::npos; }
  bool in_object() const { return !open_.empty() && open_.back() == '{'; }

  bool token(char c) {
    if (last_ == Last::Value && begins_next(c)) {
      text_[at_ - 1] = ',';
      slips_.push_back({at_, in_object() ? rapidjson::kParseErrorObjectMissCommaOrCurlyBracket
                                         : rapidjson::kParseErrorArrayMissCommaOrSquareBracket});
      last_ = Last::Comma;
    }
    switch (c) {
      case '"':
        return string();
      case ',':
        comma();
        break;
      case '}':
      case ']':
        close();
        break;
      case '{':
      case '[':
        open_ += c;
        last_ = Last::Open;
        break;
      case ':':
        last_ = Last::Colon;
        break;
      default:
        at_ = std::min(text_.find_first_of(" \t\r\n,:{}[]\"", at_), text_.size()) - 1;
        last_ = Last::Value;
    }
    ++at_;
    return true;
  }

  // A member or an item, with a blank before it in the place of its comma.
  bool begins_next(char c) const {
    const std::string_view beginnings = in_object() ? "\"" : "\"{[-0123456789tfn";
    return !open_.empty() && blank(text_[at_ - 1]) && beginnings.find(c) != std::string_view::npos;
  }

  bool string() {
    const bool key = in_object() && last_ != Last::Colon;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (static_cast<unsigned char>(text_[at_]) < 0x20) return false;
      if (text_[at_] == '\\') ++at_;
    }
    last_ = key ? Last::Key : Last::Value;
    ++at_;
    return true;
  }

  void comma() {
    if (last_ == Last::Open || last_ == Last::Comma) {
      surplus(at_);
    } else {
      comma_ = at_;
      last_ = Last::Comma;
    }
  }

  void close() {
    if (last_ == Last::Comma) surplus(comma_);
    if (!open_.empty()) open_.pop_back();
    last_ = Last::Value;
  }

  void surplus(std::size_t comma) {
    text_[comma] = ' ';
    slips_.push_back({at_, in_object() ? rapidjson::kParseErrorObjectMissName : rapidjson::kParseErrorValueInvalid});
  }

  std::string& text_;
  std::size_t at_ = 0;
  Last last_ = Last::Open;
  std::size_t comma_ = 0;  // the offset of the last one
  std::string open_;       // the brackets around
  std::vector<Slip> slips_;
};

}  // namespace

std::optional<Tree> read_json(std::string_view text, Report& report) {
  if (!check_text(text, report)) return std::nullopt;
  Findings findings;
  std::size_t end = 0;
  Report as_it_is({}, findings);
  auto tree = parse(text, as_it_is, end);
  if (!tree) {
    std::string mended(text);
    const auto slips = Mender(mended).mend();
    if (!slips.empty() && slips.front().at <= end) {
      findings = {};
      Report without_slips({}, findings);
      tree = parse(mended, without_slips, end);
      const Places places(text);
      for (const auto& slip : slips) {
        if (tree || slip.at <= end) report.error(places.of(slip.at), explain(slip.code));
      }
    }
  }
  for (const auto& finding : findings.all()) report.error(finding.at, finding.message);
  return tree;
}

bool looks_like_json(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return false;
  if (text[first] != '{') return text[first] == '[';
  const auto second = text.find_first_not_of(blank, first + 1);
  return second != std::string_view::npos && (text[second] == '"' || text[second] == '}');
}

}  // namespace boxcar
