#include "spec/json.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "base/text.h"
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

}  // namespace

std::optional<Tree> read_json(std::string_view text, Report& report) {
  if (!check_text(text, report)) return std::nullopt;
  constexpr unsigned flags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
  Stream stream(text.data(), text.size());
  Builder builder(text, stream, report);
  rapidjson::Reader reader;
  const auto result = reader.Parse<flags>(stream, builder);
  if (!result.IsError()) return builder.take();
  if (result.Code() != rapidjson::kParseErrorTermination) {
    const auto at = result.Offset();
    // RapidJSON takes a raw line break in a text for a wrong escape.
    const bool control = result.Code() == rapidjson::kParseErrorStringEscapeInvalid && at < text.size() &&
                         static_cast<unsigned char>(text[at]) < 0x20;
    report.error(position_of(text, at), explain(control ? rapidjson::kParseErrorStringInvalidEncoding : result.Code()));
  }
  return std::nullopt;
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
