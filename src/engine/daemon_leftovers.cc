#include "engine/daemon_leftovers.h"

#include <charconv>

#include "base/user_namespace.h"
#include "engine/daemon_files.h"
#include "engine/daemon_helper.h"
#include "net/answer.h"

namespace boxcar {

namespace {

using Json = nlohmann::json;

// Labels and state of all containers of the store and the user.
Result<Json> containers_of(const DaemonHost& host) {
  TRY(const auto found, listed(host, "/containers/json?all=1&"));
  return Json::parse(found);
}

std::string label(const Json& container, const char* name) {
  return text_in(part_of(container, "Labels"), name);
}

// Whether it runs, or ended as it should.
bool still_useful(Daemon& daemon, const std::string& id) {
  const auto response = daemon.get("/containers/" + id + "/json");
  if (!response) return false;
  const Json state = part_of(json_object(response->body), "State");
  const std::string status = text_in(state, "Status");
  return status == "running" || (has_ended(status) && number_in(state, "ExitCode", -1) == 0);
}

}  // namespace

Result<std::unique_ptr<DaemonLeftovers>> DaemonLeftovers::look(const DaemonHost& host, const std::string& helper,
                                                               std::function<bool(const std::string& run)> claim) {
  std::unique_ptr<DaemonLeftovers> leftovers(new DaemonLeftovers(host, helper, std::move(claim)));
  TRY(const Json containers, containers_of(host));
  for (const Json& container : containers) {
    const std::string id = text_in(container, "Id");
    AttemptName name{label(container, kRunLabel), label(container, kStepLabel), 0};
    const std::string attempt = label(container, kAttemptLabel);
    std::from_chars(attempt.data(), attempt.data() + attempt.size(), name.attempt);
    if (name.run == host.run || !leftovers->claim_(name.run)) continue;
    const auto key = Key::parse(label(container, kKeyLabel));
    const bool new_one = key && !leftovers->left_.contains(*key);
    if (new_one && host.visible && still_useful(*host.daemon, id)) {
      leftovers->left_.emplace(*key, Left{id, std::move(name)});
    } else {
      leftovers->remove(id);
    }
  }
  CHECK_OK(remove_volumes_of(host, [&](const std::string& run) { return run != host.run && leftovers->claim_(run); }));
  return leftovers;
}

std::optional<AttemptName> DaemonLeftovers::find(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = left_.find(key);
  if (found == left_.end()) return std::nullopt;
  return found->second.name;
}

Result<std::unique_ptr<DaemonContainer>> DaemonLeftovers::take_up(const DaemonHost& host, Job job) {
  const std::lock_guard lock(mutex_);
  const auto found = left_.find(job.key);
  if (found == left_.end()) return fail(ErrorKind::Internal, "there is no container to be taken up");
  const std::string id = found->second.id;
  left_.erase(found);
  return DaemonContainer::of(host, std::move(job), id);
}

// What it wrote becomes the caller's, who could not remove it else.
void DaemonLeftovers::remove(const std::string& id) {
  const std::string path = "/containers/" + id;
  const auto response = host_.daemon->get(path + "/json");
  if (!response) return;
  (void)host_.daemon->post(path + "/kill");
  (void)host_.daemon->post(path + "/wait");
  std::vector<std::string> written;
  for (const auto& mount : part_of(json_object(response->body), "Mounts")) {
    const std::string source = text_in(mount, "Source");
    if (text_in(mount, "Type") == "bind" && flag_in(mount, "RW") && source.starts_with(host_.store + "/"))
      written.push_back(source);
  }
  if (!written.empty() && host_.visible && outside_uid() != 0) (void)own_directories(host_, helper_, written);
  (void)host_.daemon->remove(path + "?v=1&force=1");
}

Result<bool> DaemonLeftovers::end(const DaemonHost& host, const std::string& helper, const std::set<Key>& keys,
                                  std::function<bool(const std::string& run)> claim) {
  DaemonLeftovers leftovers(host, helper, std::move(claim));
  TRY(const Json containers, containers_of(host));
  bool ended = false;
  for (const Json& container : containers) {
    const auto key = Key::parse(label(container, kKeyLabel));
    const std::string run = label(container, kRunLabel);
    if ((run != host.run && !(key && keys.contains(*key))) || !leftovers.claim_(run)) continue;
    leftovers.remove(text_in(container, "Id"));
    ended = true;
  }
  CHECK_OK(remove_volumes_of(host, [&](const std::string& run) { return run == host.run && leftovers.claim_(run); }));
  return ended;
}

// Who is killed may have asked for a container that the daemon makes only later: so all are looked for once more.
void DaemonLeftovers::remove_rest() {
  const std::lock_guard lock(mutex_);
  left_.clear();
  const auto ours = [&](const std::string& run) { return run == host_.run || claim_(run); };
  const auto containers = containers_of(host_);
  if (!containers) return;
  for (const Json& container : *containers) {
    if (ours(label(container, kRunLabel))) remove(text_in(container, "Id"));
  }
  (void)remove_volumes_of(host_, ours);
}

}  // namespace boxcar
