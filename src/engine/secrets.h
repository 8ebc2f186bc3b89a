// The values of a step's secrets on their way to its container. They are part of no Action, and so of no key, record or
// message: an engine gets them beside it, gives each to the container as the variable of its name, and forgets them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace boxcar {

void wipe(std::string& text);  // overwrites what it holds before it empties it

struct Secret {
  std::string name;
  std::string value;  // UTF-8 without NUL, at most 64 KiB
};

// Owns them, and overwrites them in the end. They don't move in memory, so no copy is left anywhere.
class Secrets {
 public:
  Secrets() = default;
  explicit Secrets(std::vector<Secret> list) : list_(std::move(list)) {}
  Secrets(Secrets&& other) noexcept : list_(std::exchange(other.list_, {})) {}
  Secrets& operator=(Secrets&& other) noexcept {
    list_.swap(other.list_);
    return *this;
  }
  ~Secrets() { clear(); }

  void clear();
  bool empty() const { return list_.empty(); }
  bool names(std::string_view variable) const;  // "NAME=value", or "NAME"
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }

 private:
  std::vector<Secret> list_;
};

}  // namespace boxcar
