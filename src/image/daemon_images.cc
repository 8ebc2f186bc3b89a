#include "image/daemon_images.h"

#include <archive_entry.h>

#include <vector>

#include "base/base64.h"
#include "base/fd.h"
#include "base/text.h"
#include "image/archive_reader.h"
#include "image/image_source.h"
#include "image/image_store.h"
#include "image/skopeo.h"
#include "net/answer.h"

namespace boxcar {

namespace {

using Json = nlohmann::json;

constexpr int kMostSymlinks = 40;
// A container that is made only to look into an image, and never started.
constexpr const char* kReaderLabel = "boxcar.reader";

Result<Image> image_of(const Json& document) {
  try {
    Image image;
    const auto texts = [](const Json& object, const char* key) {
      const auto found = object.find(key);
      return found != object.end() && found->is_array() ? found->get<std::vector<std::string>>()
                                                        : std::vector<std::string>();
    };
    image.os = text_in(document, "Os");
    image.architecture = text_in(document, "Architecture");
    image.variant = text_in(document, "Variant");
    for (const auto& layer : texts(document.at("RootFS"), "Layers")) {
      const auto digest =
          layer.starts_with("sha256:") ? Digest::parse(std::string_view(layer).substr(7)) : std::nullopt;
      if (!digest) return fail(ErrorKind::Invalid, "a layer's digest is not sha256");
      image.layers.push_back(*digest);
    }
    if (const auto config = document.find("Config"); config != document.end() && config->is_object()) {
      image.env = texts(*config, "Env");
      image.user = text_in(*config, "User");
      image.working_dir = text_in(*config, "WorkingDir");
      image.entrypoint = texts(*config, "Entrypoint");
      image.cmd = texts(*config, "Cmd");
      if (const auto labels = config->find("Labels"); labels != config->end() && labels->is_object())
        image.labels = labels->get<std::map<std::string, std::string>>();
    }
    image.identity = image_identity(image);
    return image;
  } catch (const Json::exception& error) {
    return fail(ErrorKind::Unavailable, std::string("the daemon's description of the image is odd: ") + error.what());
  }
}

// Removed with its owner, whatever happens.
class ReaderContainer {
 public:
  static Result<std::unique_ptr<ReaderContainer>> make(Daemon& daemon, const std::string& image) {
    const Json spec = {{"Image", image},
                       {"Entrypoint", {"/boxcar-only-looks"}},
                       {"Labels", {{kReaderLabel, "1"}}},
                       {"HostConfig", {{"NetworkMode", "none"}}}};
    TRY(const auto made, daemon.post("/containers/create", spec.dump()));
    return std::unique_ptr<ReaderContainer>(new ReaderContainer(daemon, text_in(json_object(made.body), "Id")));
  }
  ~ReaderContainer() { (void)daemon_.remove(path_ + "?v=1&force=1"); }
  ReaderContainer(const ReaderContainer&) = delete;
  ReaderContainer& operator=(const ReaderContainer&) = delete;

  // What a path is, without its content: a symlink is not followed if it is the last of the path.
  struct Stat {
    bool regular = false;
    std::uint64_t size = 0;
    std::string link;  // where it leads, "" when it is no symlink
  };
  Result<Stat> stat(const std::string& path) const {
    TRY(const auto response, daemon_.call({.method = "HEAD", .path = archive(path)}));
    const auto text = base64_decode(response.header("x-docker-container-path-stat"));
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

  Result<std::string> read(const std::string& path) const {
    TRY(const auto response, daemon_.get(archive(path)));
    const ArchiveReader in(archive_read_new());
    archive_read_support_format_tar(in.get());
    archive_entry* entry = nullptr;
    if (archive_read_open_memory(in.get(), response.body.data(), response.body.size()) != ARCHIVE_OK ||
        archive_read_next_header(in.get(), &entry) != ARCHIVE_OK) {
      return fail(ErrorKind::Unavailable, "the daemon's archive of " + path + " cannot be read");
    }
    std::string text(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
    const la_ssize_t got = archive_read_data(in.get(), text.data(), text.size());
    if (got < 0 || static_cast<std::size_t>(got) != text.size())
      return fail(ErrorKind::Unavailable, "the daemon's archive of " + path + " ends too early");
    return text;
  }

 private:
  ReaderContainer(Daemon& daemon, const std::string& id) : daemon_(daemon), path_("/containers/" + id) {}
  std::string archive(const std::string& path) const { return path_ + "/archive?path=" + percent_encode(path); }

  Daemon& daemon_;
  const std::string path_;
};

std::string key_of(const Image& image) {
  return image.reference + '\n' + image.identity.hex();
}

// A name for what has none that the daemon would take.
std::string name_for(const std::string& source) {
  return "boxcar.local/" + sha256(source).short_hex() + ":latest";
}

}  // namespace

Result<std::shared_ptr<const Image>> DaemonImages::inspect(const std::string& name, const std::string& reference) {
  auto response = daemon_->get("/images/" + name + "/json");
  if (!response) return fail(std::move(response).error());
  const Json document = json_object(response->body);
  TRY(auto image, image_of(document));
  image.reference = reference;
  const std::lock_guard lock(mutex_);
  ids_[key_of(image)] = text_in(document, "Id");
  return std::make_shared<const Image>(std::move(image));
}

Result<std::shared_ptr<const Image>> DaemonImages::fetch(const std::string& source, const std::string& name,
                                                         const std::string& reference, const Fetch& how) {
  if (how.progress) how.progress("fetching " + source + " into " + daemon_->name());
  CHECK_OK(copy_to_daemon(source, daemon_->address().text, name, how));
  return inspect(name, reference);
}

Result<std::shared_ptr<const Image>> DaemonImages::resolve(const std::string& name, PullPolicy policy,
                                                           const Progress& progress,
                                                           const std::optional<Credentials>& credentials) {
  TRY(const ImageSource source, parse_image_source(name));
  const bool plain = source.kind == ImageSource::Kind::Plain;
  TRY(const std::string reference, plain ? normalize_reference(name) : Result<std::string>(source.text));
  const bool pinned = reference.find("@sha256:") != std::string::npos;
  const bool own = source.kind == ImageSource::Kind::DockerDaemon;
  const std::string there = own                ? source.name
                            : !plain || pinned ? name_for(source.text + "\n" + source.stamp)
                                               : reference;
  std::vector<std::string> places;
  if (policy != PullPolicy::Always || own) {
    std::vector<std::string> names = {there};
    if (pinned) names.insert(names.begin(), reference);
    // What Podman built without a registry's name is called localhost/NAME there.
    if (const auto local = normalize_reference("localhost/" + name); plain && local && daemon_->podman())
      names.push_back(*local);
    for (const auto& one : names) {
      auto image = inspect(one, reference);
      if (image || image.error().kind != ErrorKind::NotFound) return image;
    }
    places.push_back(daemon_->name() + ": not there");
  }
  if (policy == PullPolicy::Never || own) {
    return fail(ErrorKind::NotFound, "there is no image " + printable(reference) + " in " + daemon_->name() +
                                         (own ? "" : ", and it is not to be fetched"));
  }
  auto image = fetch(plain ? "docker://" + reference : source.text, there, reference, {credentials, progress});
  if (image || image.error().kind == ErrorKind::Cancelled || image.error().kind == ErrorKind::Exhausted) return image;
  places.push_back((plain ? "the registry: " : "") + image.error().text());
  return fail(Error{image.error().kind, "there is no image " + printable(reference), {}, std::move(places)});
}

Result<std::string> DaemonImages::read_file(const Image& image, const std::string& path, std::size_t limit) const {
  TRY(const auto id, id_of(image));
  TRY(const auto reader, ReaderContainer::make(*daemon_, id));
  std::string at = path;
  for (int i = 0; i < kMostSymlinks; ++i) {
    auto stat = reader->stat(at);
    if (!stat) {
      if (stat.error().kind != ErrorKind::NotFound) return fail(std::move(stat).error().in(printable(path)));
      return fail(ErrorKind::NotFound, printable(path) + " does not exist in the image");
    }
    if (!stat->link.empty()) {
      at = absolute_path(stat->link, directory_name(at));
      continue;
    }
    if (!stat->regular) return fail(ErrorKind::Invalid, printable(path) + " is not a regular file");
    if (stat->size > limit)
      return fail(ErrorKind::Exhausted, printable(path) + " has more than " + std::to_string(limit) + " bytes");
    return reader->read(at);
  }
  return fail(ErrorKind::Invalid, "the symlinks of " + printable(path) + " go in circles");
}

Result<std::string> DaemonImages::id_of(const Image& image) const {
  const std::lock_guard lock(mutex_);
  const auto found = ids_.find(key_of(image));
  if (found == ids_.end()) return fail(ErrorKind::NotFound, daemon_->name() + " has no image " + image.reference);
  return found->second;
}

}  // namespace boxcar
