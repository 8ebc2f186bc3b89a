// Values of parameters, and the types they must have.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace boxcar {

class Value;
using List = std::vector<Value>;

// What JSON can say, with ints and floats kept apart. A file is its path, as text.
class Value {
 public:
  Value() = default;  // null
  explicit Value(bool v) : data_(v) {}
  explicit Value(std::int64_t v) : data_(v) {}
  explicit Value(int v) : data_(std::int64_t{v}) {}
  explicit Value(double v) : data_(v) {}
  explicit Value(std::string v) : data_(std::move(v)) {}
  explicit Value(const char* v) : data_(std::string(v)) {}
  explicit Value(List v) : data_(std::move(v)) {}

  bool is_null() const { return data_.index() == 0; }
  const bool* boolean() const { return std::get_if<bool>(&data_); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&data_); }
  const double* real() const { return std::get_if<double>(&data_); }
  const std::string* text() const { return std::get_if<std::string>(&data_); }
  const List* list() const { return std::get_if<List>(&data_); }
  List* list() { return std::get_if<List>(&data_); }

  // JSON on one line; floats in the shortest form that reads back the same, always with a point or an exponent.
  std::string json() const;
  void append_json(std::string& out) const;
  // As an argument or environment variable: a string bare, a bool true/false, a list its JSON.
  std::string plain() const;
  // "a bool", "an int", … for messages.
  std::string_view kind_name() const;
  // What a message says was found: `the string "10"`, `the int 3`, `a list`, `null`.
  std::string described() const;

  friend bool operator==(const Value&, const Value&) = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, List> data_;
};

enum class Scalar { Bool, Int, Float, Str, Choice, File };

struct Type {
  Scalar scalar = Scalar::Str;
  bool list = false;

  std::string name() const;  // "int", "List[file]"
  friend bool operator==(const Type&, const Type&) = default;
};

}  // namespace boxcar
