#include "spec/jinja_parser.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "spec/node.h"

namespace boxcar::jinja {

namespace {

constexpr unsigned kMostDepth = 64;
constexpr std::string_view kBlank = " \t\r\n";

using Kind = Expression::Kind;

struct Token {
  enum class Kind { Name, Number, String, Operator, End };
  Kind kind = Kind::End;
  std::size_t at = 0;
  std::string text = {};  // of a string its value
};

bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class Parser {
 public:
  Parser(std::string_view text, Report& report) : whole_(text), text_(text), report_(report) {}

  std::optional<std::vector<Statement>> parse_all() {
    auto statements = parse_until({});
    if (stopped_) return std::nullopt;
    return statements;
  }

 private:
  // What follows is as if the text ended here, and no other finding.
  void stop(std::size_t at, std::string message) {
    if (!stopped_) report_.error(position_of(whole_, at), std::move(message));
    stopped_ = true;
    text_ = whole_.substr(0, offset_);
    token_ = {Token::Kind::End, offset_};
  }

  struct Deeper {
    Deeper(Parser& parser, std::size_t at) : depth_(parser.depth_) {
      if (++depth_ > kMostDepth) parser.stop(at, "this is nested more than 64 levels deep");
    }
    ~Deeper() { --depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    unsigned& depth_;
  };

  // --- the text around the tags

  // Statements up to a tag whose word is one of `ends`; its word is left in end_, and what follows it is next.
  std::vector<Statement> parse_until(std::initializer_list<std::string_view> ends) {
    const Deeper deeper(*this, offset_);
    const std::size_t begun = offset_;
    std::vector<Statement> statements;
    for (;;) {
      take_text(statements);
      if (offset_ == text_.size()) {
        if (ends.size() > 0)
          stop(begun,
               "this block has no end: " + in_quotes("{% " + std::string(*(ends.end() - 1)) + " %}") + " is missing");
        return statements;
      }
      const std::size_t at = offset_;
      const char opener = text_[at + 1];
      if (opener == '#') {
        skip_comment();
        continue;
      }
      offset_ += 2;
      if (offset_ < text_.size() && (text_[offset_] == '-' || text_[offset_] == '+')) ++offset_;
      close_ = opener == '{' ? "}}" : "%}";
      brackets_ = 0;
      operators_ = 0;
      advance();
      if (opener == '{') {
        statements.push_back({Statement::Kind::Output, at, {}, conditional()});
        end_tag(at);
        continue;
      }
      const Token word = take(Token::Kind::Name, "the name of a statement");
      if (std::find(ends.begin(), ends.end(), word.text) != ends.end()) {
        end_ = word.text;
        return statements;
      }
      parse_statement(word, at, statements);
    }
  }

  // What stands before the next tag; what a "-" in the tags next to it takes away is not part of it.
  void take_text(std::vector<Statement>& statements) {
    std::size_t end = offset_;
    while (end < text_.size() && !is_tag(end)) ++end;
    std::string_view text = text_.substr(offset_, end - offset_);
    if (trim_) text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    if (end + 2 < text_.size() && text_[end + 2] == '-') {
      text = text.substr(0, text.find_last_not_of(kBlank) + 1);
    }
    if (!text.empty())
      statements.push_back({Statement::Kind::Text, static_cast<std::size_t>(text.data() - text_.data()), text});
    offset_ = end;
    trim_ = false;
  }

  bool is_tag(std::size_t at) const {
    return text_[at] == '{' && at + 1 < text_.size() &&
           std::string_view("{%#").find(text_[at + 1]) != std::string_view::npos;
  }

  void skip_comment() {
    const auto end = text_.find("#}", offset_ + 2);
    if (end == std::string_view::npos) return stop(offset_, "this comment has no end: \"#}\" is missing");
    trim_ = text_[end - 1] == '-';
    offset_ = end + 2;
  }

  // The close of a tag.
  void end_tag(std::size_t opened) {
    if (token_.kind != Token::Kind::End)
      return stop(token_.at, "expected " + in_quotes(close_) + ", found " + described());
    if (!text_.substr(offset_).starts_with(close_))
      return stop(opened, "this tag has no end: " + in_quotes(close_) + " is missing");
    trim_ = text_[offset_ - 1] == '-' && dash_;
    offset_ += 2;
  }

  void parse_statement(const Token& word, std::size_t at, std::vector<Statement>& statements) {
    if (word.text == "if") {
      statements.push_back(parse_if(at));
    } else if (word.text == "for") {
      statements.push_back(parse_for(at));
    } else if (word.text == "set") {
      Statement set{Statement::Kind::Set, at};
      set.names.push_back(name_to_set());
      need("=");
      set.expression = conditional();
      end_tag(at);
      statements.push_back(std::move(set));
    } else if (word.text == "raw") {
      end_tag(at);
      parse_raw(at, statements);
    } else {
      static constexpr std::array<std::string_view, 8> kLeftOut = {"macro",   "call",  "include", "import",
                                                                   "extends", "block", "from",    "filter"};
      const bool known = std::find(kLeftOut.begin(), kLeftOut.end(), word.text) != kLeftOut.end();
      stop(at, known ? "boxcar does not evaluate " + in_quotes(word.text) + " of Jinja: if, for, set and raw only"
                     : "there is no statement " + in_quotes(word.text) + " here");
    }
  }

  std::string name_to_set() {
    const Token name = take(Token::Kind::Name, "a name");
    constexpr std::array<std::string_view, 7> kTaken = {"true", "false", "none", "True", "False", "None", "loop"};
    if (std::find(kTaken.begin(), kTaken.end(), name.text) != kTaken.end())
      stop(name.at, in_quotes(name.text) + " has its own meaning, and can't be set");
    return name.text;
  }

  Statement parse_if(std::size_t at) {
    Statement made{Statement::Kind::If, at};
    bool last = false;
    made.branches.push_back({either(), {}});
    end_tag(at);
    while (!stopped_) {
      made.branches.back().body = last ? parse_until({"endif"}) : parse_until({"elif", "else", "endif"});
      const std::string word = end_;
      std::optional<Expression> condition;
      if (word == "elif") condition = either();
      end_tag(at);
      if (word == "endif") return made;
      last = word == "else";
      made.branches.push_back({std::move(condition), {}});
    }
    return made;
  }

  Statement parse_for(std::size_t at) {
    Statement made{Statement::Kind::For, at};
    made.names.push_back(name_to_set());
    while (accept(",")) made.names.push_back(name_to_set());
    if (!accept_word("in")) stop(token_.at, "expected 'in', found " + described());
    made.expression = either();
    if (accept_word("if")) stop(at, "boxcar does not evaluate a 'for' with an 'if' in it: put an 'if' into its body");
    end_tag(at);
    made.branches.push_back({{}, parse_until({"else", "endfor"})});
    const bool otherwise = end_ == "else";
    end_tag(at);
    made.branches.push_back({});
    if (otherwise) {
      made.branches.back().body = parse_until({"endfor"});
      end_tag(at);
    }
    return made;
  }

  void parse_raw(std::size_t at, std::vector<Statement>& statements) {
    const std::size_t from = offset_;
    for (std::size_t end = text_.find("{%", from); end != std::string_view::npos; end = text_.find("{%", end + 2)) {
      std::size_t inside = end + 2;
      const bool dash = inside < text_.size() && text_[inside] == '-';
      if (dash) ++inside;
      inside = std::min(text_.find_first_not_of(kBlank, inside), text_.size());
      if (text_.substr(inside, 6) != "endraw") continue;
      std::string_view text = text_.substr(from, end - from);
      if (trim_) text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
      if (dash) text = text.substr(0, text.find_last_not_of(kBlank) + 1);
      if (!text.empty())
        statements.push_back({Statement::Kind::Text, static_cast<std::size_t>(text.data() - text_.data()), text});
      offset_ = inside + 6;
      close_ = "%}";
      advance();
      end_tag(at);
      return;
    }
    stop(at, "this block has no end: '{% endraw %}' is missing");
  }

  // --- what stands within a tag

  // The next token, to token_; offset_ is behind it. At the close of the tag, End, and offset_ stands before the close.
  void advance() {
    dash_ = false;
    offset_ = std::min(text_.find_first_not_of(kBlank, offset_), text_.size());
    token_ = {Token::Kind::End, offset_};
    const std::string_view rest = text_.substr(offset_);
    if (rest.empty()) return;
    if (brackets_ == 0) {
      if (rest.starts_with(close_)) return;
      if ((rest[0] == '-' || rest[0] == '+') && rest.substr(1).starts_with(close_)) {
        dash_ = rest[0] == '-';
        ++offset_;
        return;
      }
    }
    if (begins_name(rest[0])) {
      const auto end = std::find_if(rest.begin(), rest.end(), [](char c) { return !begins_name(c) && !is_digit(c); });
      token_.kind = Token::Kind::Name;
      token_.text.assign(rest.begin(), end);
      offset_ += token_.text.size();
    } else if (is_digit(rest[0])) {
      number(rest);
    } else if (rest[0] == '"' || rest[0] == '\'') {
      string(rest);
    } else {
      symbol(rest);
    }
  }

  void number(std::string_view rest) {
    std::size_t size = 0;
    while (size < rest.size() && is_digit(rest[size])) ++size;
    if (size + 1 < rest.size() && rest[size] == '.' && is_digit(rest[size + 1])) {
      ++size;
      while (size < rest.size() && is_digit(rest[size])) ++size;
    }
    token_.kind = Token::Kind::Number;
    token_.text = rest.substr(0, size);
    offset_ += size;
  }

  void string(std::string_view rest) {
    const char quote = rest[0];
    std::string value;
    std::size_t i = 1;
    for (; i < rest.size() && rest[i] != quote; ++i) {
      if (rest[i] != '\\' || i + 1 == rest.size()) {
        value += rest[i];
        continue;
      }
      const char escaped = rest[++i];
      if (std::string_view("abfvxuUN01234567\n").find(escaped) != std::string_view::npos)
        return stop(offset_ + i - 1,
                    "boxcar knows \\n, \\r, \\t, \\\\, \\' and \\\" in a string of Jinja, no other escape");
      if (escaped == 'n')
        value += '\n';
      else if (escaped == 'r')
        value += '\r';
      else if (escaped == 't')
        value += '\t';
      else if (escaped == '\\' || escaped == '\'' || escaped == '"')
        value += escaped;
      else
        value += {'\\', escaped};
    }
    if (i == rest.size()) return stop(offset_, "this string has no end");
    token_.kind = Token::Kind::String;
    token_.text = std::move(value);
    offset_ += i + 1;
  }

  void symbol(std::string_view rest) {
    static constexpr std::array<std::string_view, 25> kSymbols = {"==", "!=", "<=", ">=", "//", "**", "<", ">", "+",
                                                                  "-",  "*",  "/",  "%",  "~",  "|",  ".", ",", "(",
                                                                  ")",  "[",  "]",  "{",  "}",  ":",  "="};
    for (const auto symbol : kSymbols) {
      if (!rest.starts_with(symbol)) continue;
      token_.kind = Token::Kind::Operator;
      token_.text = symbol;
      if (std::string_view("([{").find(symbol[0]) != std::string_view::npos) ++brackets_;
      if (std::string_view(")]}").find(symbol[0]) != std::string_view::npos && brackets_ > 0) --brackets_;
      offset_ += symbol.size();
      return;
    }
    stop(offset_, "what is " + in_quotes(rest.substr(0, 1)) + " to mean here?");
  }

  std::string described() const {
    if (token_.kind == Token::Kind::End) return "the end of the tag";
    return in_quotes(text_.substr(token_.at, offset_ - token_.at));
  }

  Token take(Token::Kind kind, std::string_view what) {
    if (token_.kind != kind) stop(token_.at, "expected " + std::string(what) + ", found " + described());
    Token taken = std::move(token_);
    advance();
    return taken;
  }

  bool is(std::string_view symbol) const { return token_.kind == Token::Kind::Operator && token_.text == symbol; }
  bool accept(std::string_view symbol) {
    const bool there = is(symbol);
    if (there) advance();
    return there;
  }
  void need(std::string_view symbol) {
    if (!accept(symbol)) stop(token_.at, "expected " + in_quotes(symbol) + ", found " + described());
  }
  bool is_word(std::string_view word) const { return token_.kind == Token::Kind::Name && token_.text == word; }
  bool accept_word(std::string_view word) {
    const bool there = is_word(word);
    if (there) advance();
    return there;
  }

  // --- expressions, the loosest binding first

  Expression conditional() {
    const Deeper deeper(*this, token_.at);
    Expression value = either();
    if (!is_word("if")) return value;
    Expression made{Kind::Conditional, token_.at};
    advance();
    made.parts.push_back(std::move(value));
    made.parts.push_back(either());
    if (accept_word("else")) made.parts.push_back(conditional());
    return made;
  }

  Expression binary(Expression left, std::string text, std::size_t at, Expression right) {
    if (++operators_ > 1000) stop(at, "this is too long a sum");  // its tree is as deep
    Expression made{Kind::Binary, at, std::move(text)};
    made.parts.push_back(std::move(left));
    made.parts.push_back(std::move(right));
    return made;
  }

  // Operands of `next` with one of `signs` between each two, from the left.
  Expression joined(Expression (Parser::*next)(), std::initializer_list<std::string_view> signs) {
    Expression left = (this->*next)();
    for (;;) {
      const bool there =
          std::any_of(signs.begin(), signs.end(), [this](std::string_view sign) { return is(sign) || is_word(sign); });
      if (!there) return left;
      const Token sign = token_;
      advance();
      left = binary(std::move(left), sign.text, sign.at, (this->*next)());
    }
  }

  Expression either() { return joined(&Parser::both, {"or"}); }
  Expression both() { return joined(&Parser::negated, {"and"}); }

  Expression negated() {
    if (!is_word("not")) return comparison();
    const Deeper deeper(*this, token_.at);
    Expression made{Kind::Not, token_.at};
    advance();
    made.parts.push_back(negated());
    return made;
  }

  Expression comparison() {
    Expression left = sum();
    for (bool chained = false;;) {
      const std::size_t at = token_.at;
      std::string text;
      for (const char* symbol : {"==", "!=", "<=", ">=", "<", ">"}) {
        if (is(symbol)) text = symbol;
      }
      if (is_word("in")) text = "in";
      if (is_word("not")) text = "not in";
      if (text.empty()) return left;
      advance();
      if (text == "not in" && !accept_word("in")) stop(token_.at, "expected 'in', found " + described());
      // Python takes `a < b < c` for `a < b and b < c`.
      if (chained) stop(at, "boxcar does not evaluate comparisons in a row: join them with 'and'");
      chained = true;
      left = binary(std::move(left), text, at, sum());
    }
  }

  Expression sum() { return joined(&Parser::concatenation, {"+", "-"}); }
  Expression concatenation() { return joined(&Parser::product, {"~"}); }
  Expression product() { return joined(&Parser::power, {"*", "/", "//", "%"}); }
  Expression power() { return joined(&Parser::filtered, {"**"}); }

  // A sign binds tighter than a filter.
  Expression filtered() { return with_filters(signed_value()); }

  Expression signed_value() {
    if (!is("-") && !is("+")) return with_parts(primary());
    const Deeper deeper(*this, token_.at);
    Expression made{Kind::Signed, token_.at, token_.text};
    advance();
    made.parts.push_back(signed_value());
    return made;
  }

  Json number_of(const Token& token) {
    const char* const begin = token.text.data();
    const char* const end = begin + token.text.size();
    std::int64_t whole = 0;
    double fraction = 0;
    const bool real = token.text.find('.') != std::string::npos;
    if (!real && token.text[0] == '0' && token.text.find_first_not_of('0') != std::string::npos)
      stop(token.at, "a number does not begin with 0");
    const auto read = real ? std::from_chars(begin, end, fraction) : std::from_chars(begin, end, whole);
    if (read.ec != std::errc())
      stop(token.at, "the number " + token.text + (real ? " is too large" : " needs more than 64 bits"));
    return real ? Json(fraction) : Json(whole);
  }

  Expression primary() {
    Expression made{Kind::Literal, token_.at};
    if (token_.kind == Token::Kind::Number) {
      made.value = number_of(token_);
      advance();
    } else if (token_.kind == Token::Kind::String) {
      made.value = std::move(token_.text);
      advance();
    } else if (token_.kind == Token::Kind::Name) {
      const std::string name = token_.text;
      advance();
      if (name == "true" || name == "True")
        made.value = true;
      else if (name == "false" || name == "False")
        made.value = false;
      else if (name != "none" && name != "None")
        made = {Kind::Name, made.at, name};
    } else if (accept("(")) {
      made = conditional();
      need(")");
    } else if (accept("[")) {
      made.kind = Kind::List;
      made.parts = items("]");
    } else if (accept("{")) {
      made.kind = Kind::Mapping;
      while (!stopped_ && !accept("}")) {
        made.parts.push_back(conditional());
        need(":");
        made.parts.push_back(conditional());
        if (!is("}")) need(",");
      }
    } else {
      stop(token_.at, "expected a value, found " + described());
    }
    return made;
  }

  std::vector<Expression> items(std::string_view close) {
    std::vector<Expression> made;
    while (!stopped_ && !accept(close)) {
      made.push_back(conditional());
      if (is("=")) name_argument(made);
      if (!is(close)) need(",");
    }
    return made;
  }

  // Those of 'default' may have their names, in the place that they have without.
  void name_argument(std::vector<Expression>& made) {
    constexpr std::array<std::string_view, 2> kNames = {"default_value", "boolean"};
    const Expression& name = made.back();
    const bool known = name.kind == Kind::Name && made.size() <= kNames.size() && name.text == kNames[made.size() - 1];
    if (!known) return stop(token_.at, "arguments with names are not understood here");
    advance();
    made.back() = conditional();
  }

  // `inner` becomes a part of what is made of it.
  void wrap(Expression& inner, Kind kind, std::size_t at, std::string text = {}) {
    if (++operators_ > 1000) stop(at, "this is too long a chain");
    Expression made{kind, at, std::move(text)};
    made.parts.push_back(std::move(inner));
    inner = std::move(made);
  }

  void add_arguments(Expression& to) {
    auto more = items(")");
    to.parts.insert(to.parts.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }

  Expression with_parts(Expression of) {
    for (;;) {
      const std::size_t at = token_.at;
      if (accept(".")) {
        std::string name = take(Token::Kind::Name, "a name").text;
        wrap(of, Kind::Attribute, of.at, std::move(name));
      } else if (accept("[")) {
        wrap(of, Kind::Item, at);
        of.parts.push_back(conditional());
        need("]");
      } else if (is("(")) {
        if (of.kind != Kind::Attribute) stop(at, "there are no functions here, only filters such as 'default'");
        advance();
        of.kind = Kind::Call;
        add_arguments(of);
      } else {
        return of;
      }
    }
  }

  Expression with_filters(Expression of) {
    for (;;) {
      const std::size_t at = token_.at;
      if (accept("|")) {
        std::string name = take(Token::Kind::Name, "the name of a filter").text;
        wrap(of, Kind::Filter, at, std::move(name));
        if (accept("(")) add_arguments(of);
      } else if (accept_word("is")) {
        const bool negative = accept_word("not");
        std::string name = take(Token::Kind::Name, "the name of a test").text;
        wrap(of, Kind::Test, at, std::move(name));
        if (accept("(")) add_arguments(of);
        if (negative) wrap(of, Kind::Not, at);
      } else {
        return of;
      }
    }
  }

  const std::string_view whole_;
  std::string_view text_;  // as far as it is understood
  Report& report_;
  bool stopped_ = false;
  std::size_t offset_ = 0;
  bool trim_ = false;  // of the text that follows, the blanks it begins with
  bool dash_ = false;  // before the close of the tag
  std::string_view close_;
  unsigned brackets_ = 0;
  unsigned depth_ = 0;
  unsigned operators_ = 0;  // in this tag: their tree is as deep
  Token token_;
  std::string end_;  // the word of the tag that ended a block
};

}  // namespace

std::optional<std::vector<Statement>> parse(std::string_view text, Report& report) {
  return Parser(text, report).parse_all();
}

}  // namespace boxcar::jinja
