#include "image/found_files.h"

#include <utility>

#include "base/fd.h"
#include "base/sha256.h"

namespace boxcar {

namespace {

constexpr std::pair<ErrorKind, std::string_view> kLasting[] = {
    {ErrorKind::NotFound, "nothing: "}, {ErrorKind::Invalid, "odd: "}, {ErrorKind::Exhausted, "large: "}};
constexpr std::string_view kContent = "content: ";

}  // namespace

// In its name is all that was asked, at its beginning the digest of the rest.
std::string FoundFiles::file_of(const std::string& image, const std::string& path, std::size_t limit) const {
  return join_path(directory_, sha256(image + '\n' + std::to_string(limit) + '\n' + path).hex());
}

std::optional<Result<std::string>> FoundFiles::find(const std::string& image, const std::string& path,
                                                    std::size_t limit) const {
  auto kept = read_file(file_of(image, path, limit));
  if (!kept) return std::nullopt;
  const std::size_t digest = Digest().hex().size();
  std::string_view rest = *kept;
  if (rest.size() < digest || sha256(rest.substr(digest)).hex() != rest.substr(0, digest)) return std::nullopt;
  rest.remove_prefix(digest);
  if (rest.starts_with(kContent)) return std::string(rest.substr(kContent.size()));
  for (const auto& [kind, word] : kLasting) {
    if (rest.starts_with(word)) return fail(kind, std::string(rest.substr(word.size())));
  }
  return std::nullopt;
}

void FoundFiles::keep(const std::string& image, const std::string& path, std::size_t limit,
                      const Result<std::string>& found) const {
  std::string text;
  if (found) text.append(kContent).append(*found);
  for (const auto& [kind, word] : kLasting) {
    if (!found && found.error().kind == kind) text.append(word).append(found.error().message);
  }
  if (text.empty() || !make_directories(directory_, 0700)) return;
  (void)replace_file(file_of(image, path, limit), sha256(text).hex() + text);
}

}  // namespace boxcar
