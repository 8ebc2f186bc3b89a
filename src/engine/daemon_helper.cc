#include "engine/daemon_helper.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/directory.h"
#include "base/mounts.h"
#include "base/sha256.h"
#include "base/user_namespace.h"
#include "base/ustar.h"
#include "engine/daemon_container.h"
#include "engine/helper_binary.h"
#include "image/layout.h"
#include "net/answer.h"

namespace boxcar {

namespace {

using Json = nlohmann::json;

constexpr const char* kProgram = "boxcar-helper";

struct HelperLayer {
  std::string tar = tar_of({{kProgram, helper_binary(), 0755}});
  std::string diff_id = "sha256:" + sha256(tar).hex();
};

// As `docker save` writes it.
std::string image_archive(const std::string& name, const HelperLayer& layer) {
  const std::string config = Json{{"architecture", machine_architecture()},
                                  {"os", "linux"},
                                  {"config", {{"Entrypoint", {std::string("/") + kProgram}}}},
                                  {"rootfs", {{"type", "layers"}, {"diff_ids", {layer.diff_id}}}}}
                                 .dump();
  const std::string config_name = sha256(config).hex() + ".json";
  const std::string manifest =
      Json::array({{{"Config", config_name}, {"RepoTags", {name}}, {"Layers", {"layer.tar"}}}}).dump();
  return tar_of({{config_name, config}, {"layer.tar", layer.tar}, {"manifest.json", manifest}});
}

// NotFound also where what has the name is something else: anybody may give an image any name.
Result<std::string> id_of(Daemon& daemon, const std::string& name, const HelperLayer& layer) {
  TRY(const auto response, daemon.get("/images/" + name + "/json"));
  const auto image = json_object(response.body);
  if (part_of(part_of(image, "RootFS"), "Layers") == Json::array({layer.diff_id})) return text_in(image, "Id");
  return fail(ErrorKind::NotFound, name + " of " + daemon.name() + " is not what boxcar brings along");
}

bool foreign_below(int root, const std::string& path, uid_t uid) {
  const auto names = list_directory(root, path);
  if (!names) return true;
  for (const auto& name : *names) {
    const std::string at = path.empty() ? name : join_path(path, name);
    struct stat info {};
    const auto parent = open_beneath(root, path, O_PATH | O_DIRECTORY);
    if (!parent || ::fstatat(parent->get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return true;
    if (info.st_uid != uid) return true;
    if (S_ISDIR(info.st_mode) && ((info.st_mode & 0700) != 0700 || foreign_below(root, at, uid))) return true;
  }
  return false;
}

}  // namespace

Result<std::string> helper_image(Daemon& daemon) {
  const std::string name = "boxcar.local/helper:" + sha256(helper_binary()).short_hex();
  const HelperLayer layer;
  if (auto there = id_of(daemon, name, layer); there || there.error().kind != ErrorKind::NotFound) return there;
  TRY(const auto loaded, daemon.long_call({.method = "POST",
                                           .path = "/images/load?quiet=1",
                                           .headers = {"Content-Type: application/x-tar"},
                                           .body = image_archive(name, layer)}));
  return id_of(daemon, name, layer);
}

Result<void> try_helper(Daemon& daemon, const std::string& labels, const std::string& config) {
  TRY(const auto image, helper_image(daemon));
  const std::string program = std::string("/") + kProgram;
  Json spec = {{"Image", image},
               {"Entrypoint", {program, "own", "0", "0", program}},
               {"Cmd", Json::array()},
               {"Labels", Json::parse(labels)},
               {"HostConfig", Json::parse(config)}};
  spec["HostConfig"]["NetworkMode"] = "none";
  TRY(const auto made, daemon.post("/containers/create", spec.dump()));
  const std::string path = "/containers/" + text_in(json_object(made.body), "Id");
  const auto run = [&]() -> Result<void> {
    CHECK_OK(daemon.post(path + "/start"));
    TRY(const auto waited, daemon.post(path + "/wait"));
    const auto code = number_in(json_object(waited.body), "StatusCode", -1);
    if (code == 0) return {};
    return fail(ErrorKind::Unavailable, "a container ends with " + std::to_string(code));
  };
  const auto ran = run();
  CHECK_OK(daemon.remove(path + "?v=1&force=1"));
  return ran;
}

bool has_foreign_files(const std::string& directory) {
  const auto root = open_file(directory, O_RDONLY | O_DIRECTORY);
  struct stat info {};
  if (!root || ::fstat(root->get(), &info) != 0 || info.st_uid != caller_uid()) return true;
  return foreign_below(root->get(), "", caller_uid());
}

Result<void> own_directories(const DaemonHost& host, const std::string& helper,
                             const std::vector<std::string>& directories) {
  // Root inside a rootless daemon's container is its user outside, who is the caller.
  const bool rootless = host.users.rootless;
  Json argv = {std::string("/") + kProgram, "own", std::to_string(rootless ? 0 : outside_uid()),
               std::to_string(rootless ? 0 : outside_gid())};
  Json mounts = Json::array();
  for (const auto& directory : directories) {
    const std::string target = "/" + std::to_string(mounts.size());
    argv.push_back(target);
    mounts.push_back({{"Type", "bind"}, {"Source", directory}, {"Target", target}});
  }
  Json spec = {{"Image", helper},
               {"Entrypoint", argv},
               {"Cmd", Json::array()},
               {"User", "0:0"},
               {"Labels", Json::parse(daemon_labels(host))},
               {"HostConfig",
                {{"Mounts", mounts},
                 {"NetworkMode", "none"},
                 {"CapDrop", {"ALL"}},
                 {"CapAdd", {"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER"}},
                 {"SecurityOpt", {"no-new-privileges", "label=disable"}}}}};
  if (host.users.remapped) spec["HostConfig"]["UsernsMode"] = "host";
  TRY(std::string text, json_text(spec));
  TRY(const auto made, host.daemon->post("/containers/create", std::move(text)));
  const std::string path = "/containers/" + text_in(json_object(made.body), "Id");
  const auto run = [&]() -> Result<int> {
    CHECK_OK(host.daemon->post(path + "/start"));
    TRY(const auto waited, host.daemon->long_call({.method = "POST", .path = path + "/wait"}));
    return static_cast<int>(number_in(json_object(waited.body), "StatusCode", -1));
  };
  const auto code = run();
  const auto removed = host.daemon->remove(path + "?v=1&force=1");
  if (!code) return fail(code.error());
  CHECK_OK(removed);
  if (*code != 0)
    return fail(ErrorKind::Internal, "the helper that gives files to the caller ended with " + std::to_string(*code));
  return {};
}

}  // namespace boxcar
