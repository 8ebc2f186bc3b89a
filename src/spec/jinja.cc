#include "spec/jinja.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "spec/jinja_filters.h"
#include "spec/jinja_names.h"
#include "spec/jinja_parser.h"
#include "spec/jinja_values.h"
#include "spec/node.h"

namespace boxcar {

namespace {

using jinja::Expression;
using jinja::Json;
using jinja::Operand;
using jinja::Statement;

constexpr std::size_t kMostTurns = 10'000;
constexpr std::size_t kMostWork = std::size_t{256} << 20;

// How much there is to copy of a value, roughly in bytes.
std::size_t size_of(const Json& value) {
  std::size_t size = 16;
  if (value.is_binary()) size += value.get_binary().size();
  if (value.is_string()) size += value.get_ref<const std::string&>().size();
  if (value.is_structured()) {
    for (const auto& item : value) size += size_of(item);
  }
  return size;
}

}  // namespace

const Rendered::Piece* Rendered::piece_at(std::size_t offset) const {
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                      [](std::size_t at, const Piece& one) { return at < one.begin; });
  return after == pieces_.begin() ? nullptr : &*(after - 1);
}

Position Rendered::origin(Position place) const {
  const std::size_t offset = places_.offset(place);
  const Piece* const piece = piece_at(offset);
  return piece ? source_places_.of(piece->source + (piece->copied ? offset - piece->begin : 0)) : place;
}

bool Rendered::copied(Position place) const {
  const Piece* const piece = piece_at(places_.offset(place));
  return piece == nullptr || piece->copied;
}

bool Rendered::holds_environment(Position string) const {
  const std::size_t begin = places_.offset(string);
  std::size_t end = begin + 1;
  while (end < text_->size() && (*text_)[end] != '"') end += (*text_)[end] == '\\' ? 2 : 1;
  const Piece* piece = piece_at(begin);
  if (piece == nullptr) return false;
  for (const Piece* last = pieces_.data() + pieces_.size(); piece != last && piece->begin <= end; ++piece) {
    if (piece->environment) return true;
  }
  return false;
}

class JinjaRenderer {
 public:
  JinjaRenderer(std::string_view text, const JinjaVariables& variables, Report& report)
      : variables_(variables), report_(report) {
    *result_.source_ = text;
    text_ = *result_.source_;
    places_ = Places(text_);
  }

  std::optional<Rendered> render() {
    const auto statements = jinja::parse(text_, report_);
    if (!statements) return std::nullopt;
    run(*statements);
    if (!report_.ok()) return std::nullopt;
    warn_of_unused(*statements);
    result_.places_ = Places(result_.text());
    result_.source_places_ = std::move(places_);
    return std::move(result_);
  }

 private:
  void run(const std::vector<Statement>& statements) {
    for (const auto& statement : statements) {
      if (stopped_) return;
      switch (statement.kind) {
        case Statement::Kind::Text:
          write(statement.text, {0, statement.at, true, false});
          break;
        case Statement::Kind::Output:
          write(text_of(evaluate(statement.expression), statement.expression.at),
                {0, statement.at, false, jinja::may_hold_environment(statement.expression)});
          break;
        case Statement::Kind::Set:
          set(statement.names[0], evaluate(statement.expression));
          break;
        case Statement::Kind::If:
          for (const auto& branch : statement.branches) {
            const auto chosen = branch.condition ? truth(*branch.condition) : true;
            if (chosen == false) continue;
            if (chosen) run(branch.body);
            break;
          }
          break;
        case Statement::Kind::For:
          loop(statement);
          break;
      }
    }
  }

  void write(std::string_view text, Rendered::Piece piece) {
    if (result_.text_->size() + text.size() > kMaxDocument)
      return stop(piece.source, "the text becomes longer than 16 MiB");
    piece.begin = result_.text_->size();
    result_.pieces_.push_back(piece);
    *result_.text_ += text;
  }

  void loop(const Statement& statement) {
    const Operand over = evaluate(statement.expression);
    if (!usable(over, statement.expression.at)) return;
    std::optional<Json> items = jinja::items_of(over.json);
    if (!items) {
      error(statement.expression.at, "a 'for' goes through a list or a mapping, found " + jinja::described(over));
      return;
    }
    const std::size_t size = items->size();
    const std::size_t outer = std::exchange(scope_, names_.size());
    for (std::size_t i = 0; i < size && !stopped_; ++i) {
      if (++turns_ > kMostTurns) return stop(statement.at, "the loops take more than 10,000 turns");
      const Json& item = (*items)[i];
      if (statement.names.size() == 1) {
        set(statement.names[0], {item});
      } else if (const auto parts = parts_of(item); parts && parts->size() == statement.names.size()) {
        for (std::size_t n = 0; n < parts->size(); ++n) set(statement.names[n], {(*parts)[n]});
      } else {
        error(statement.at, "each item is to have " + std::to_string(statement.names.size()) + " parts, found " +
                                jinja::described({item}));
        break;
      }
      Json parts{{"index", i + 1}, {"index0", i}, {"first", i == 0}, {"last", i + 1 == size}, {"length", size}};
      set("loop", {.json = std::move(parts), .is_loop = true});
      run(statement.branches[0].body);
      forget();
    }
    if (size == 0) run(statement.branches[1].body);
    forget();
    scope_ = outer;
  }

  // Of a list or a tuple.
  static std::optional<Json> parts_of(const Json& value) {
    return value.is_array() || jinja::is_tuple(value) ? jinja::items_of(value) : std::nullopt;
  }

  // What is set in a turn of a loop ends with it.
  void forget() { names_.erase(names_.begin() + static_cast<std::ptrdiff_t>(scope_), names_.end()); }

  void set(const std::string& name, Operand value) {
    for (std::size_t i = scope_; i < names_.size(); ++i) {
      if (names_[i].first == name) {
        names_[i].second = std::move(value);
        return;
      }
    }
    names_.emplace_back(name, std::move(value));
  }

  // --- expressions

  Operand evaluate(const Expression& of) {
    if (stopped_) return Operand::gone();
    Operand value = worked_out(of);
    work_ += size_of(value.json);
    if (jinja::nesting(value.json) > jinja::kMostNesting) {
      stop(of.at, "the value is nested more than 64 levels deep");
    } else if (work_ <= kMostWork) {
      return value;
    } else {
      stop(of.at, "filling in this template takes too much work");
    }
    return Operand::gone();
  }

  Operand worked_out(const Expression& of) {
    switch (of.kind) {
      case Expression::Kind::Literal:
        return {of.value};
      case Expression::Kind::Name:
        return named(of.text);
      case Expression::Kind::List:
      case Expression::Kind::Mapping:
        return collected(of);
      case Expression::Kind::Attribute:
        return attribute(of);
      case Expression::Kind::Item:
        return item(of);
      case Expression::Kind::Call:
      case Expression::Kind::Filter:
      case Expression::Kind::Test:
        return applied(of);
      case Expression::Kind::Not: {
        const auto holds = truth(of.parts[0]);
        return holds ? Operand{Json(!*holds)} : Operand::gone();
      }
      case Expression::Kind::Signed: {
        const Operand value = evaluate(of.parts[0]);
        // -0.0 is not 0 - 0.0
        return arithmetic(of.text, {value.json.is_number_float() ? Json(-0.0) : Json(0)}, value, of.at);
      }
      case Expression::Kind::Binary:
        return binary(of);
      case Expression::Kind::Conditional: {
        const auto holds = truth(of.parts[1]);
        if (!holds) return Operand::gone();
        if (*holds) return evaluate(of.parts[0]);
        return of.parts.size() > 2 ? evaluate(of.parts[2]) : Operand{.json = Json(""), .nothing = true};
      }
    }
    return {};
  }

  Operand named(const std::string& name) const {
    const auto known = std::find_if(names_.rbegin(), names_.rend(), [&](const auto& one) { return one.first == name; });
    if (known != names_.rend()) return known->second;
    if (name == "env") return {.is_env = true};
    if (name == "custom") {
      Json all = Json::object();
      for (const auto& [key, value] : variables_.custom) all[key] = value;
      return {.json = std::move(all), .path = "custom"};
    }
    return Operand::missing(name);
  }

  Operand collected(const Expression& of) {
    const bool mapping = of.kind == Expression::Kind::Mapping;
    Json made = mapping ? Json::object() : Json::array();
    for (std::size_t i = 0; i < of.parts.size(); i += mapping ? 2 : 1) {
      Operand value = evaluate(of.parts[mapping ? i + 1 : i]);
      if (!usable(value, of.parts[i].at)) return Operand::gone();
      if (!mapping) {
        made.push_back(std::move(value.json));
        continue;
      }
      const Operand key = evaluate(of.parts[i]);
      if (!usable(key, of.parts[i].at)) return Operand::gone();
      if (!key.json.is_string()) {
        error(of.parts[i].at, "boxcar takes a string alone for a key of a mapping, found " + jinja::described(key));
        return Operand::gone();
      }
      made[key.json.get<std::string>()] = std::move(value.json);
    }
    return {std::move(made)};
  }

  Operand attribute(const Expression& of) {
    const Operand whole = evaluate(of.parts[0]);
    // Upstream takes the method, before any key of this name.
    constexpr std::array<std::string_view, 11> kMethods = {"clear", "copy",    "fromkeys",   "get",    "items", "keys",
                                                           "pop",   "popitem", "setdefault", "update", "values"};
    const bool mapping = whole.is_env || (whole.json.is_object() && !whole.is_loop);
    if (mapping && std::find(kMethods.begin(), kMethods.end(), of.text) != kMethods.end()) {
      error(of.at,
            in_quotes(of.text) + " is a method of each mapping: a key of this name is had by ['" + of.text + "']");
      return Operand::gone();
    }
    return member(whole, of.text, of.at);
  }

  Operand member(const Operand& of, const std::string& name, std::size_t at) {
    if (of.is_env) {
      auto value = variables_.env ? variables_.env(name) : std::nullopt;
      return value ? Operand{.json = Json(*std::move(value)), .path = "env." + name} : Operand::missing("env." + name);
    }
    if (!of.is_loop && !usable(of, at)) return Operand::gone();
    const std::string path = of.path.empty() ? name : of.path + "." + name;
    if (!of.json.is_object()) {
      error(at, jinja::described(of) + " has no parts");
      return Operand::gone();
    }
    const auto found = of.json.find(name);
    if (found != of.json.end()) return {.json = *found, .path = path};
    if (!of.is_loop) return Operand::missing(path, of.path == "custom" ? "" : ": the mapping has no such key");
    error(at, "boxcar knows of 'loop' index, index0, first, last and length only");
    return Operand::gone();
  }

  Operand item(const Expression& of) {
    const Operand whole = evaluate(of.parts[0]);
    const Operand index = evaluate(of.parts[1]);
    if (!usable(index, of.parts[1].at)) return Operand::gone();
    if (index.json.is_string()) {
      Operand found = member(whole, index.json.get<std::string>(), of.at);
      // What was worked out may be a secret, and is not shown as a name.
      if (of.parts[1].kind != Expression::Kind::Literal) {
        if (!found.undefined.empty()) found.undefined = (whole.is_env ? "env" : whole.path) + "[…]";
        found.path.clear();
      }
      return found;
    }
    if (!usable(whole, of.at)) return Operand::gone();
    const auto parts = parts_of(whole.json);
    if (!parts || !index.json.is_number_integer()) {
      error(of.at, jinja::described(whole) + " has no such item: of a list an int gives one");
      return Operand::gone();
    }
    auto at = index.json.get<std::int64_t>();
    const auto size = static_cast<std::int64_t>(parts->size());
    if (at < 0) at += size;
    if (at < 0 || at >= size) {
      const Expression& given = of.parts[1];
      const Expression& bare = given.kind == Expression::Kind::Signed ? given.parts[0] : given;
      const bool shown = bare.kind == Expression::Kind::Literal;  // what was worked out may be a secret
      return Operand::missing("item " + (shown ? index.json.dump() : "[…]"),
                              ": the list has " + std::to_string(size) + (size == 1 ? " item" : " items"));
    }
    return {(*parts)[static_cast<std::size_t>(at)]};
  }

  Operand applied(const Expression& of) {
    Operand value = evaluate(of.parts[0]);
    if (value.broken) return value;
    std::vector<Json> arguments;
    for (std::size_t i = 1; i < of.parts.size(); ++i) {
      Operand argument = evaluate(of.parts[i]);
      if (!usable(argument, of.parts[i].at)) return Operand::gone();
      arguments.push_back(std::move(argument.json));
    }
    // get() of the environment is the one thing that is done with all of it.
    if (value.is_env && of.kind == Expression::Kind::Call && of.text == "get" && !arguments.empty() &&
        arguments[0].is_string()) {
      Operand found = member(value, arguments[0].get<std::string>(), of.at);
      if (!found.undefined.empty() && arguments.size() > 1) return {arguments[1]};
      return found;
    }
    auto done = of.kind == Expression::Kind::Filter ? jinja::filter(of.text, value, arguments)
                : of.kind == Expression::Kind::Test ? jinja::test(of.text, value, arguments)
                                                    : jinja::call(of.text, value, arguments);
    if (done) return *std::move(done);
    if (done.error().kind == ErrorKind::NotFound) {
      usable(value, of.parts[0].at);
    } else {
      error(of.at, done.error().message);
    }
    return Operand::gone();
  }

  Operand binary(const Expression& of) {
    Operand left = evaluate(of.parts[0]);
    if (left.broken) return left;
    if (of.text == "and" || of.text == "or") {
      const auto holds = truth(left, of.parts[0].at);
      if (!holds) return Operand::gone();
      return *holds == (of.text == "or") ? left : evaluate(of.parts[1]);
    }
    Operand right = evaluate(of.parts[1]);
    if (of.text == "~") left.nothing = right.nothing = false;
    if (!usable(left, of.parts[0].at) || !usable(right, of.parts[1].at)) return Operand::gone();
    return arithmetic(of.text, left, right, of.at);
  }

  Operand arithmetic(const std::string& sign, const Operand& left, const Operand& right, std::size_t at) {
    if (right.broken || !usable(right, at)) return Operand::gone();
    auto value = jinja::operate(sign, left.json, right.json);
    if (value) return {*std::move(value)};
    error(at, value.error().message);
    return Operand::gone();
  }

  // None, said: it is undefined.
  std::optional<bool> truth(const Expression& of) { return truth(evaluate(of), of.at); }
  std::optional<bool> truth(const Operand& value, std::size_t at) {
    if (value.nothing) return false;
    if (!usable(value, at)) return std::nullopt;
    return jinja::truth(value.json);
  }

  // Reports what is undefined.
  bool usable(const Operand& value, std::size_t at) {
    if (value.broken) return false;
    if (value.is_env) {
      error(at, "'env' is all of the environment: name a variable of it, env.NAME");
      return false;
    }
    if (value.is_loop) {
      error(at, "'loop' is no value: name a part of it, such as loop.index");
      return false;
    }
    if (value.nothing) {
      error(at, "the 'if' gave nothing for this: it has no 'else'");
      return false;
    }
    if (value.undefined.empty()) return true;
    error(at, in_quotes(value.undefined) + " is undefined" + hint_for(value));
    return false;
  }

  std::string hint_for(const Operand& value) const {
    if (!value.why.empty()) return value.why;
    const std::string& name = value.undefined;
    if (name.starts_with("env.")) return ": there is no such environment variable";
    if (name.starts_with("custom.")) {
      std::vector<std::string> names;
      for (const auto& [key, unused] : variables_.custom) names.push_back("custom." + key);
      const std::string near = did_you_mean(name, names);
      return near.empty() ? ", give it with --custom " + printable(name.substr(7)) + "=VALUE" : near;
    }
    const std::string near = did_you_mean(name, {"env", "custom"});
    if (!near.empty() || name.find('[') != std::string::npos) return near;
    return ": only 'env', 'custom' and what is set here are known";
  }

  // What the caller gives and nothing takes is a misspelled name, mostly.
  void warn_of_unused(const std::vector<Statement>& statements) {
    if (variables_.custom.empty()) return;
    const auto taken = jinja::custom_names(statements);
    if (!taken) return;
    for (const auto& [name, unused] : variables_.custom) {
      if (taken->contains(name)) continue;
      report_.warn({}, "no expression takes " + in_quotes("custom." + name) + ", which --custom gives" +
                           did_you_mean(name, {taken->begin(), taken->end()}));
    }
  }

  std::string text_of(const Operand& value, std::size_t at) {
    return value.nothing || usable(value, at) ? jinja::plain(value.json) : std::string();
  }

  void error(std::size_t at, std::string message) {
    report_.error(places_.of(at), std::move(message));
    stopped_ = stopped_ || report_.full();
  }
  void stop(std::size_t at, std::string message) {
    error(at, std::move(message));
    stopped_ = true;
  }

  std::string_view text_;
  Places places_;
  const JinjaVariables& variables_;
  Report& report_;
  Rendered result_;
  std::vector<std::pair<std::string, Operand>> names_;
  std::size_t scope_ = 0;  // where in names_ those of the innermost loop begin
  std::size_t turns_ = 0;
  std::size_t work_ = 0;
  bool stopped_ = false;
};

std::optional<Rendered> render_jinja(const Document& document, const JinjaVariables& variables, Findings& findings) {
  Report report(document.name, findings);
  std::string_view text = document.text;
  if (!check_text(text, report)) return std::nullopt;
  return JinjaRenderer(text, variables, report).render();
}

}  // namespace boxcar
