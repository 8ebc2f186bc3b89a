#include "image/daemon_images.h"

#include <vector>

#include "base/fd.h"
#include "base/text.h"
#include "base/user_directories.h"
#include "base/user_namespace.h"
#include "image/image_source.h"
#include "net/answer.h"

namespace boxcar {

namespace {

using Json = nlohmann::json;
using ImagePtr = std::shared_ptr<const Image>;

constexpr int kMostSymlinks = 40;

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

std::string key_of(const Image& image) {
  return image.reference + '\n' + image.identity.hex();
}

// A name in the daemon for what it has under no name of its own: "boxcar.local/bar/a:<64 hex of what it is>". No user's
// image has it, and another image never takes it over.
std::string own_name(const std::string& reference, const std::string& what) {
  std::string path = "image";
  if (normalize_reference(reference)) {
    path = reference.substr(0, reference.find('@'));
    if (const auto colon = path.rfind(':'); colon > path.rfind('/')) path.erase(colon);
    path.erase(0, path.find('/') + 1);  // the registry
  }
  return "boxcar.local/" + path + ":" + sha256(what).hex();
}

// Docker says in an answer of status 200 what went wrong, a line of JSON each.
Result<void> check_loaded(const std::string& answer) {
  for (const auto line : lines(answer)) {
    const std::string wrong = text_in(json_object(std::string(line)), "error");
    if (!wrong.empty()) return fail(daemon_error({.status = 500, .headers = {}, .body = std::string(line)}));
  }
  return {};
}

}  // namespace

DaemonImages::DaemonImages(std::shared_ptr<Daemon> daemon, std::string place, ImageStore& store)
    : daemon_(std::move(daemon)),
      place_(std::move(place)),
      store_(store),
      readers_(*daemon_, store.directory()),
      found_(join_path(user_cache_directory(), "images")) {}

Result<ImagePtr> DaemonImages::inspect(const std::string& name, const std::string& reference) {
  auto response = daemon_->get("/images/" + name + "/json");
  if (!response) return fail(std::move(response).error());
  const Json document = json_object(response->body);
  TRY(auto image, image_of(document));
  image.reference = reference;
  const std::lock_guard lock(mutex_);
  ids_[key_of(image)] = text_in(document, "Id");
  return std::make_shared<const Image>(std::move(image));
}

// What was given to the daemon as `name`. It makes of it what it likes.
Result<ImagePtr> DaemonImages::loaded(const std::string& name, const std::string& reference, const Image& given) {
  TRY(auto image, inspect(name, reference));
  if (image->identity == given.identity) return image;
  return fail(ErrorKind::Internal, daemon_->name() + " has other layers under " + name + " than it was given");
}

Result<void> DaemonImages::load(const ByteSource& archive) const {
  HttpRequest request{.method = "POST", .path = "/images/load?quiet=1", .headers = {"Content-Type: application/x-tar"}};
  request.source = archive;
  request.until_interrupted = true;
  auto answer = daemon_->long_call(std::move(request));
  const auto done = answer ? check_loaded(answer->body) : Result<void>(fail(std::move(answer).error()));
  if (!done) return fail(Error(done.error()).in("loading it into " + daemon_->name()));
  return {};
}

Result<ImagePtr> DaemonImages::from_store(const std::string& name, const std::string& reference,
                                          const Progress& progress) {
  TRY(const auto kept, store_.resolve(name, PullPolicy::Never));
  const std::string there = own_name(reference, kept->identity.hex() + kept->config.hex());
  if (auto image = inspect(there, reference); image || image.error().kind != ErrorKind::NotFound) return image;
  if (progress) progress("loading " + printable(reference) + " into " + daemon_->name());
  TRY(const auto archive, store_.docker_archive(*kept, there));
  CHECK_OK(load(archive));
  return loaded(there, reference, *kept);
}

Result<ImagePtr> DaemonImages::fetch(const std::string& source, const std::string& name, const std::string& reference,
                                     PullPolicy policy, const Fetch& how) {
  Handover to;
  to.there = [&]() -> std::optional<Image> {
    const auto image = policy == PullPolicy::Always ? fail(ErrorKind::NotFound, "") : inspect(name, reference);
    return image ? std::optional(**image) : std::nullopt;
  };
  to.load = [&](const ByteSource& archive) {
    if (how.progress) how.progress("loading " + printable(reference) + " into " + daemon_->name());
    return load(archive);
  };
  TRY(const Image given, store_.pass_on(source, name, to, how.progress, how.credentials));
  return loaded(name, reference, given);
}

Result<ImagePtr> DaemonImages::resolve(const std::string& name, PullPolicy policy, const Progress& progress,
                                       const std::optional<Credentials>& credentials) {
  return look(name, policy, false, {credentials, progress});
}

Result<ImagePtr> DaemonImages::glimpse(const std::string& name, PullPolicy policy, const Progress& progress,
                                       const std::optional<Credentials>& credentials) {
  return look(name, policy, true, {credentials, progress});
}

Result<ImagePtr> DaemonImages::look(const std::string& name, PullPolicy policy, bool a_glimpse, const Fetch& how) {
  TRY(const ImageSource source, parse_image_source(name));
  const bool plain = source.kind == ImageSource::Kind::Plain;
  TRY(const std::string reference, plain ? normalize_reference(name) : Result<std::string>(source.text));
  const bool pinned = reference.find("@sha256:") != std::string::npos;
  const bool own = source.kind == ImageSource::Kind::DockerDaemon;
  const std::string there = own                ? source.name
                            : !plain || pinned ? own_name(reference, source.text + "\n" + source.stamp)
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
  if (policy != PullPolicy::Always && !own) {
    auto image = a_glimpse ? store_.resolve(name, PullPolicy::Never) : from_store(name, reference, how.progress);
    if (image || image.error().kind == ErrorKind::Cancelled || image.error().kind == ErrorKind::Exhausted) return image;
    places.push_back("the local store: " +
                     (image.error().kind == ErrorKind::NotFound ? "not there" : image.error().text()));
  }
  if (policy == PullPolicy::Never || own) {
    return fail(ErrorKind::NotFound, "there is no image " + printable(reference) + " in " + daemon_->name() +
                                         (own ? "" : " or the local store, and it is not to be fetched"));
  }
  const std::string place = plain ? "docker://" + reference : source.text;
  // Layers that are unpacked are an ordinary user's in his user namespace alone.
  const bool here = a_glimpse && (place.starts_with("docker://") || source.is_file()) && enter_user_namespace();
  auto image = here ? store_.glimpse(place, PullPolicy::Always, how.progress, how.credentials)
                    : fetch(place, there, reference, policy, how);
  if (image || image.error().kind == ErrorKind::Cancelled || image.error().kind == ErrorKind::Exhausted) return image;
  places.push_back((plain ? "the registry: " : "") + image.error().text());
  if (plain && daemon_->podman() && docker_address())
    places.push_back("should Docker have it: boxcar image import docker-daemon:" + printable(reference));
  return fail(Error{image.error().kind, "there is no image " + printable(reference), {}, std::move(places)});
}

Result<std::string> DaemonImages::read_file(const Image& image, const std::string& path, std::size_t limit) const {
  const auto id = id_of(image);
  if (!id) return store_.read_file(image, path, limit);  // what glimpse() found there
  readers_.begin();
  // One daemon's word on an id is not another's.
  const std::string what = place_ + '\n' + *id + '\n' + image.identity.hex();
  if (auto known = found_.find(what, path, limit)) return *std::move(known);
  bool lasting = false;
  auto text = read(*id, path, limit, lasting);
  if (lasting) found_.keep(what, path, limit, text);
  return text;
}

Result<std::string> DaemonImages::read(const std::string& id, const std::string& path, std::size_t limit,
                                       bool& lasting) const {
  TRY(const auto reader, readers_.make(id));
  std::string at = path;
  for (int i = 0; i < kMostSymlinks; ++i) {
    auto stat = reader->stat(at);
    if (!stat) {
      if (stat.error().kind != ErrorKind::NotFound) return fail(std::move(stat).error().in(printable(path)));
      CHECK_OK(reader->there());
      lasting = true;
      return fail(ErrorKind::NotFound, printable(path) + " does not exist in the image");
    }
    if (!stat->link.empty()) {
      at = absolute_path(stat->link, directory_name(at));
      continue;
    }
    lasting = !stat->regular || stat->size > limit;
    if (!stat->regular) return fail(ErrorKind::Invalid, printable(path) + " is not a regular file");
    if (stat->size > limit)
      return fail(ErrorKind::Exhausted, printable(path) + ": larger than " + std::to_string(limit) + " bytes");
    auto text = reader->read(at);
    lasting = text.has_value();
    return text;
  }
  lasting = true;
  return fail(ErrorKind::Invalid, "the symlinks of " + printable(path) + " go in circles");
}

Result<std::string> DaemonImages::id_of(const Image& image) const {
  const std::lock_guard lock(mutex_);
  const auto found = ids_.find(key_of(image));
  if (found == ids_.end()) return fail(ErrorKind::NotFound, daemon_->name() + " has no image " + image.reference);
  return found->second;
}

}  // namespace boxcar
