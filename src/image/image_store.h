// The local images, by identity, below $XDG_DATA_HOME/boxcar/images: layers unpacked once and shared.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/pool.h"
#include "base/result.h"
#include "image/docker_archive.h"
#include "image/images.h"
#include "model/image.h"

namespace boxcar {

struct ImageListing {
  std::string reference;  // "" when only its identity is left
  std::shared_ptr<const Image> image;
  std::uint64_t bytes = 0;    // of its layers, unpacked
  std::int64_t imported = 0;  // microseconds since 1970
};

struct Removal {
  std::vector<std::string> references;  // names that are gone
  std::vector<Digest> images;           // that are gone
  std::string stays;                    // why the image of the last name is not: "it has another name"; else ""
  std::uint64_t bytes = 0;              // that its layers took
};

// Who takes an image that is passed on: a daemon.
struct Handover {
  // Asked after a boxcar was waited for that fetched the same: whether it is there now.
  std::function<std::optional<Image>()> there;
  std::function<Result<void>(const ByteSource& archive)> load;  // `archive`: as docker_archive() below
};

// Thread-safe, and safe beside other processes that use the same directory. An image that resolve(), import() or
// layer_directories() gave counts as in use, and is not removed by anyone, for as long as the store object lives.
class ImageStore final : public Images {
 public:
  // Below the user's data directory (base/user_directories.h). Nothing is made there until the first import.
  static std::string default_directory();
  explicit ImageStore(const std::string& directory, Pool& pool);
  ~ImageStore() override;
  const std::string& directory() const;  // absolute

  // Without a prefix: the local store, then a local Docker or Podman, then the registry. A file or layout that changed
  // is read again; so is one that was found in Docker and has been built again there. What is known is known at once:
  // no process is started, no lock waited for. A name@sha256:… that is known stays so: `Always` finds nothing newer.
  Result<std::shared_ptr<const Image>> resolve(const std::string& name, PullPolicy policy,
                                               const Progress& progress = {},
                                               const std::optional<Credentials>& credentials = {}) override;
  // From a registry manifest, configuration and topmost layers are fetched, and lower ones once they are needed.
  Result<std::shared_ptr<const Image>> glimpse(const std::string& name, PullPolicy policy,
                                               const Progress& progress = {},
                                               const std::optional<Credentials>& credentials = {}) override;
  // From a source with a prefix, as resolve; all images of a file when it names none. They get the names they carry, or
  // `as` (then it must be one image).
  Result<std::vector<std::shared_ptr<const Image>>> import(const std::string& source, const std::string& as = {},
                                                           const Progress& progress = {});
  Result<std::vector<ImageListing>> list();  // by name; those without one last
  // A name goes, and with the last one the image and its layers that no other needs, unless a boxcar is using them. An
  // identity or the beginning of one goes with all its names: Denied when it is in use, Invalid when several begin so.
  Result<Removal> remove(const std::string& name_or_identity);
  // Removes images without a name that are not in use, layers no image needs, and what killed imports and broken pulls
  // left. Unavailable while another boxcar imports.
  Result<Removal> prune(bool dry_run = false);

  // Whiteouts hold. Of a glimpse() layers may be fetched for it.
  Result<std::string> read_file(const Image& image, const std::string& path, std::size_t limit) const override;
  // Absolute, topmost first, at least one, none twice: the lower directories of an overlay.
  Result<std::vector<std::string>> layer_directories(const Image& image) const;

  // The image to elsewhere, its layers byte for byte as they came and with the configuration it came with, so that it
  // is the same image there. For write_layout, docker_archive and push: NotFound when an earlier boxcar imported it and
  // kept too little for this; Invalid when a layer was altered since.
  //
  // An OCI layout of plain layers in `directory`, which is made.
  Result<void> write_layout(const Image& image, const std::string& directory) const;
  // What `docker load` takes, under `name` (normalised) if it isn't "". One reader; the store must outlive it.
  Result<ByteSource> docker_archive(const Image& image, const std::string& name) const;
  // The image at `source`, a place with a prefix, straight to a daemon, under `name`: nothing is unpacked, and nothing
  // stays here. What comes from elsewhere is fetched as for resolve(), so what broke is taken up again; layers that the
  // store has are not fetched. An ordinary user needs no user namespace for it. Errors as of resolve() and of load().
  Result<Image> pass_on(const std::string& source, const std::string& name, const Handover& to,
                        const Progress& progress = {}, const std::optional<Credentials>& credentials = {});
  // By skopeo to a place with a prefix as above, or a name without one: its registry; "": the registry of the image's
  // own name. Denied: it wants other credentials; Unavailable: it can't be reached. Gives the place in full.
  Result<std::string> push(const Image& image, const std::string& destination,
                           const std::function<void(const std::string&)>& progress = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// "bar/a" to "docker.io/bar/a:latest". Invalid with what is wrong.
Result<std::string> normalize_reference(const std::string& name);

}  // namespace boxcar
