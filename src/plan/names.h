// Finding one of many things by its name: ports and parameters of a tool, which are few, or a hundred thousand.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace boxcar {

// Looks into `all`, which outlives it and stays as it is. Of things with one name the first is found.
template <class T>
class NameIndex {
 public:
  explicit NameIndex(const std::vector<T>& all) : all_(all) {
    if (all.size() <= kFew) return;
    order_.resize(all.size());
    for (std::uint32_t i = 0; i < order_.size(); ++i) order_[i] = i;
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return all[a].name < all[b].name; });
  }

  std::optional<std::uint32_t> find(std::string_view name) const {
    if (order_.empty()) {
      for (std::uint32_t i = 0; i < all_.size(); ++i) {
        if (all_[i].name == name) return i;
      }
      return std::nullopt;
    }
    const auto found = std::lower_bound(
        order_.begin(), order_.end(), name,
        [&](std::uint32_t i, std::string_view wanted) { return std::string_view(all_[i].name) < wanted; });
    if (found == order_.end() || all_[*found].name != name) return std::nullopt;
    return *found;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> out;
    out.reserve(all_.size());
    for (const auto& each : all_) out.push_back(each.name);
    return out;
  }

 private:
  static constexpr std::size_t kFew = 16;

  const std::vector<T>& all_;
  std::vector<std::uint32_t> order_;  // by name; empty: few enough to look at each
};

}  // namespace boxcar
