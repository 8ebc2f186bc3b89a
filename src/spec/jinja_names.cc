#include "spec/jinja_names.h"

#include <algorithm>

namespace boxcar::jinja {

namespace {

using Kind = Expression::Kind;

class Collector {
 public:
  void all(const std::vector<Statement>& statements) {
    for (const auto& statement : statements) {
      expression(statement.expression);
      for (const auto& branch : statement.branches) {
        if (branch.condition) expression(*branch.condition);
        all(branch.body);
      }
    }
  }

  std::optional<std::set<std::string>> take() && { return whole_ ? std::nullopt : std::optional(std::move(names_)); }

 private:
  void expression(const Expression& of) {
    std::size_t first = 0;  // of the parts that are looked at by themselves
    if (!of.parts.empty() && is_custom(of.parts[0])) {
      const bool key = of.parts.size() > 1 && of.parts[1].kind == Kind::Literal && of.parts[1].value.is_string();
      const bool looked_up = of.kind == Kind::Item || (of.kind == Kind::Call && of.text == "get");
      if (of.kind == Kind::Attribute) {
        names_.insert(of.text);
        first = 1;
      } else if (looked_up && key) {
        names_.insert(of.parts[1].value.get<std::string>());
        first = 1;
      }
    }
    whole_ = whole_ || is_custom(of);
    for (std::size_t i = first; i < of.parts.size(); ++i) expression(of.parts[i]);
  }

  static bool is_custom(const Expression& of) { return of.kind == Kind::Name && of.text == "custom"; }

  std::set<std::string> names_;
  bool whole_ = false;
};

}  // namespace

std::optional<std::set<std::string>> custom_names(const std::vector<Statement>& statements) {
  Collector collector;
  collector.all(statements);
  return std::move(collector).take();
}

bool may_hold_environment(const Expression& expression) {
  if (expression.kind == Kind::Name && expression.text != "custom" && expression.text != "loop") return true;
  return std::any_of(expression.parts.begin(), expression.parts.end(), may_hold_environment);
}

}  // namespace boxcar::jinja
