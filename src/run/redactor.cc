#include "run/redactor.h"

#include <string.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace boxcar {

namespace {

constexpr std::string_view kInstead = "***";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

// The characters that `value` alone decides when it stands in a coded text behind `before` other bytes (modulo 3).
std::string base64_core(std::string_view value, std::size_t before, std::string_view last_two) {
  const auto character = [&](unsigned sextet) {
    if (sextet >= 62) return last_two[sextet - 62];
    return static_cast<char>(sextet < 26 ? 'A' + sextet : sextet < 52 ? 'a' + sextet - 26 : '0' + sextet - 52);
  };
  std::string core;
  core.reserve(value.size() * 4 / 3 + 2);
  unsigned bits = 0;
  int count = -static_cast<int>((3 - before) % 3 * 2);  // of bits that wait; without those whose sextet began before
  for (const char c : value) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    count += 8;
    while (count >= 6) {
      count -= 6;
      core += character(bits >> count & 63);
    }
  }
  return core;
}

}  // namespace

Redactor::Redactor(const Secrets& secrets) : nodes_(1) {
  std::size_t bytes = 1;
  for (const auto& secret : secrets) bytes += 18 * secret.value.size();
  nodes_.reserve(bytes);  // pages that are not touched cost nothing, and no outgrown copy is left
  for (const auto& secret : secrets) add_forms(secret.value);
  link();
}

Redactor::~Redactor() {
  ::explicit_bzero(nodes_.data(), nodes_.size() * sizeof(Node));
}

void Redactor::add_forms(std::string_view value) {
  const std::string_view core = trimmed(value);
  const auto add_longer = [&](std::string form, std::size_t least) {
    if (form.size() >= least) add(form);
    wipe(form);
  };
  if (value.size() >= kShortest) add(value);
  if (core.size() < kShortest) return;
  add(core);
  for (const auto line : lines(core)) {
    if (trimmed(line).size() >= kShortestPart) add(trimmed(line));
  }
  std::string quoted = json_quote(core);
  add(std::string_view(quoted).substr(1, quoted.size() - 2));
  wipe(quoted);
  for (const std::string_view last_two : {"+/", "-_"}) {
    for (std::size_t before = 0; before < 3; ++before) add_longer(base64_core(core, before, last_two), kShortestPart);
  }
}

void Redactor::add(std::string_view form) {
  std::uint32_t node = 0;
  for (const char byte : form) {
    std::uint32_t found = child(node, byte);
    if (found == 0) {
      found = static_cast<std::uint32_t>(nodes_.size());
      Node fresh;
      fresh.sibling = nodes_[node].child;
      fresh.depth = nodes_[node].depth + 1;
      fresh.byte = byte;
      nodes_.push_back(fresh);
      nodes_[node].child = found;
      if (node == 0) first_[static_cast<unsigned char>(byte)] = found;
    }
    node = found;
  }
  nodes_[node].longest = nodes_[node].depth;
}

std::uint32_t Redactor::child(std::uint32_t node, char byte) const {
  if (node == 0) return first_[static_cast<unsigned char>(byte)];
  std::uint32_t at = nodes_[node].child;
  while (at != 0 && nodes_[at].byte != byte) at = nodes_[at].sibling;
  return at;
}

std::uint32_t Redactor::next(std::uint32_t node, char byte) const {
  for (;;) {
    const std::uint32_t found = child(node, byte);
    if (found != 0 || node == 0) return found;
    node = nodes_[node].suffix;
  }
}

// Breadth first: a node's suffix is less deep than itself.
void Redactor::link() {
  std::vector<std::uint32_t> queue;
  queue.reserve(nodes_.size());
  queue.push_back(0);
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const std::uint32_t parent = queue[i];
    for (std::uint32_t at = nodes_[parent].child; at != 0; at = nodes_[at].sibling) {
      Node& node = nodes_[at];
      node.suffix = parent == 0 ? 0 : next(nodes_[parent].suffix, node.byte);
      node.longest = std::max(node.longest, nodes_[node.suffix].longest);
      queue.push_back(at);
    }
  }
}

std::string Redactor::redacted(std::string_view text) const {
  Stream stream(*this);
  std::string result(stream.feed(text));
  result += stream.finish();
  return result;
}

std::string_view Redactor::Stream::feed(std::string_view bytes) {
  std::size_t at = held_.size();
  held_ += bytes;
  while (at < held_.size()) {
    if (state_ == 0) {
      while (at < held_.size() && redactor_->first_[static_cast<unsigned char>(held_[at])] == 0) ++at;
      if (at == held_.size()) break;
    }
    state_ = redactor_->next(state_, held_[at++]);
    if (const auto longest = redactor_->nodes_[state_].longest; longest != 0) cover(at - longest, at);
  }
  return give(held_.size() - redactor_->nodes_[state_].depth);
}

std::string_view Redactor::Stream::finish() {
  const std::size_t begun = redactor_->nodes_[state_].depth;
  if (begun >= kShortest) cover(held_.size() - begun, held_.size());
  state_ = 0;
  return give(held_.size());
}

// Values that overlap become one "***", so that none of either is left over.
void Redactor::Stream::cover(std::size_t begin, std::size_t end) {
  Cover all{begin, end, false};
  while (!covers_.empty() && covers_.back().end > all.begin) {
    all.begin = std::min(all.begin, covers_.back().begin);
    all.said |= covers_.back().said;
    covers_.pop_back();
  }
  covers_.push_back(all);
}

std::string_view Redactor::Stream::give(std::size_t end) {
  given_.clear();
  std::size_t at = 0;
  for (auto& cover : covers_) {
    if (cover.begin >= end) break;
    given_.append(held_, at, cover.begin - at);
    if (!std::exchange(cover.said, true)) given_ += kInstead;
    at = std::min(cover.end, end);
  }
  given_.append(held_, at, end - at);
  held_.erase(0, end);
  std::erase_if(covers_, [&](const Cover& cover) { return cover.end <= end; });
  for (auto& cover : covers_) {
    cover.begin -= std::min(cover.begin, end);
    cover.end -= end;
  }
  return given_;
}

}  // namespace boxcar
