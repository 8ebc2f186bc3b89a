#include "image/daemon_reader.h"

#include <archive_entry.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/text.h"
#include "image/archive_reader.h"
#include "image/locks.h"
#include "net/answer.h"

namespace boxcar {

namespace {

using Json = nlohmann::json;

constexpr const char* kReaderLabel = "boxcar.reader";  // the mark of the process that made it
constexpr const char* kImagesLabel = "boxcar.images";

// The lock file itself is the name: other machines and other containers have other ones at the same path.
Result<std::string> name_of_store(const std::string& store) {
  struct stat info {};
  const std::string file = join_path(store, "lock");
  if (::stat(file.c_str(), &info) != 0) return fail_errno("looking at " + file);
  utsname machine{};
  ::uname(&machine);
  return std::string(machine.nodename) + ":" + std::to_string(info.st_dev) + "-" + std::to_string(info.st_ino);
}

}  // namespace

DaemonReader::~DaemonReader() {
  (void)daemon_.remove(path_ + "?v=1&force=1");
}

std::string DaemonReader::archive(const std::string& path) const {
  return path_ + "/archive?path=" + percent_encode(path);
}

Result<DaemonReader::Stat> DaemonReader::stat(const std::string& path) const {
  auto response = daemon_.call({.method = "HEAD", .path = archive(path), .until_interrupted = true});
  if (!response && response.error().kind == ErrorKind::Unavailable) {
    // An answer to HEAD has no words. Podman says "too many levels of symbolic links", Docker "too many links".
    const auto said = daemon_.get(archive(path));
    const std::string words = said ? "" : said.error().message;
    if (words.find("too many l") != std::string::npos) return fail(ErrorKind::Invalid, "its symlinks go in circles");
  }
  if (!response) return fail(std::move(response).error());
  const auto text = base64_decode(response->header("x-docker-container-path-stat"));
  const Json document = json_object(text.value_or(""));
  if (document.empty()) return fail(ErrorKind::Unavailable, "the daemon does not say what " + path + " is");
  // Go's os.FileMode: the uppermost bits are kinds, symlinks 1<<27.
  constexpr std::uint64_t kinds = 0x8F280000, symlink = std::uint64_t{1} << 27;
  const auto mode = static_cast<std::uint64_t>(number_in(document, "mode"));
  Stat stat;
  stat.regular = (mode & kinds) == 0;
  stat.size = static_cast<std::uint64_t>(number_in(document, "size"));
  if ((mode & symlink) != 0) stat.link = text_in(document, "linkTarget");
  return stat;
}

Result<std::string> DaemonReader::read(const std::string& path) const {
  TRY(const auto response, daemon_.get(archive(path)));
  auto text = first_file_of(response.body);
  if (!text) return fail(std::move(text).error().in("the daemon's archive of " + printable(path)));
  return text;
}

Result<void> DaemonReader::there() const {
  auto answer = daemon_.get(path_ + "/json");
  if (answer) return {};
  if (answer.error().kind != ErrorKind::NotFound) return fail(std::move(answer).error());
  return fail(ErrorKind::Unavailable, "somebody removed the container by which boxcar looked into the image");
}

Result<std::string> first_file_of(const std::string& tar) {
  const ArchiveReader in(archive_read_new());
  archive_read_support_format_tar(in.get());
  archive_entry* entry = nullptr;
  if (archive_read_open_memory(in.get(), tar.data(), tar.size()) != ARCHIVE_OK ||
      archive_read_next_header(in.get(), &entry) != ARCHIVE_OK) {
    return fail(ErrorKind::Unavailable, "it cannot be read");
  }
  const la_int64_t size = archive_entry_size(entry);
  if (size < 0 || static_cast<std::uint64_t>(size) > tar.size())
    return fail(ErrorKind::Unavailable, "it is shorter than the file that it says it holds");
  std::string text(static_cast<std::size_t>(size), '\0');
  const la_ssize_t got = archive_read_data(in.get(), text.data(), text.size());
  if (got < 0 || static_cast<std::size_t>(got) != text.size()) return fail(ErrorKind::Unavailable, "it ends too early");
  return text;
}

DaemonReaders::~DaemonReaders() {
  if (!mark_.empty()) std::ignore = remove_left();
}

void DaemonReaders::begin() {
  // Where nothing can be written, nobody can tell whether this process lives: what it leaves when it is killed stays.
  std::call_once(begun_, [this] { std::ignore = take_mark(); });
}

Result<std::unique_ptr<DaemonReader>> DaemonReaders::make(const std::string& image) {
  begin();
  const Json spec = {{"Image", image},
                     {"Entrypoint", {"/boxcar-only-looks"}},
                     {"Labels", {{kReaderLabel, mark_}, {kImagesLabel, images_}}},
                     {"HostConfig", {{"NetworkMode", "none"}}}};
  TRY(std::string text, json_text(spec));
  TRY(const auto made, daemon_.post("/containers/create", std::move(text)));
  return std::unique_ptr<DaemonReader>(new DaemonReader(daemon_, text_in(json_object(made.body), "Id")));
}

Result<void> DaemonReaders::take_mark() {
  CHECK_OK(make_directories(store_, 0700));
  TRY(auto locks, open_locks(store_));
  TRY(const auto name, name_of_store(store_));
  const std::string mark = sha256(name + std::to_string(::getpid()) + " " + std::to_string(now_micros())).short_hex();
  CHECK_OK(locks.lock(reader_lock(mark), LockMode::Exclusive));
  locks_ = std::move(locks);
  mark_ = mark;
  images_ = name;
  return remove_left();
}

Result<void> DaemonReaders::remove_left() const {
  const Json filter = {{"label", {std::string(kImagesLabel) + "=" + images_}}};
  TRY(const std::string text, json_text(filter));
  TRY(const auto response, daemon_.get("/containers/json?all=1&filters=" + percent_encode(text)));
  const Json found = json_document(response.body);
  if (!found.is_array()) return {};
  TRY(FileLocks others, open_locks(store_));
  for (const Json& container : found) {
    const std::string mark = text_in(part_of(container, "Labels"), kReaderLabel);
    TRY(const bool dead, others.try_lock(reader_lock(mark), LockMode::Exclusive));
    if (!dead) continue;
    (void)daemon_.remove("/containers/" + text_in(container, "Id") + "?v=1&force=1");
    others.unlock(reader_lock(mark));
  }
  return {};
}

}  // namespace boxcar
