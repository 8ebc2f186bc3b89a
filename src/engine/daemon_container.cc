#include "engine/daemon_container.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "base/text.h"
#include "base/user_namespace.h"
#include "base/ustar.h"
#include "engine/daemon_confinement.h"
#include "engine/daemon_files.h"
#include "engine/daemon_gpus.h"
#include "engine/daemon_helper.h"
#include "engine/helper_binary.h"
#include "net/answer.h"

namespace boxcar {

namespace {

using Json = nlohmann::json;

constexpr const char* kSecretsProgram = ".boxcar-helper";  // in the container's root

// Lines of a container pass through the daemon's log on their way to ours, which keeps 64 MiB of a step.
const Json kDockerLog = {{"Type", "json-file"}, {"Config", {{"max-size", "128m"}, {"max-file", "2"}}}};
const Json kPodmanLog = {{"Type", "json-file"}, {"Config", Json::object()}};

// "2026-11-27T10:17:10.951895114Z", in seconds since 1970; none for Go's year 1.
std::optional<double> parse_time(const std::string& text) {
  std::tm time{};
  double seconds = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%lf", &time.tm_year, &time.tm_mon, &time.tm_mday, &time.tm_hour,
                  &time.tm_min, &seconds) != 6 ||
      time.tm_year < 1970) {
    return std::nullopt;
  }
  time.tm_year -= 1900;
  time.tm_mon -= 1;
  return static_cast<double>(::timegm(&time)) + seconds;
}

bool has_variable(const std::vector<std::string>& env, const std::string& name) {
  return std::any_of(env.begin(), env.end(), [&](const auto& one) { return one.starts_with(name + "="); });
}

Json bind(const Mount& mount) {
  return {{"Type", "bind"},
          {"Source", mount.source},
          {"Target", mount.target},
          {"ReadOnly", !mount.writable},
          {"BindOptions", {{"Propagation", "rprivate"}}}};
}

}  // namespace

std::string daemon_labels(const DaemonHost& host, const Job* job) {
  Json labels;
  if (job != nullptr) {
    for (const auto& label : job->action->labels) labels[label.name] = label.value;
  }
  labels[kRunLabel] = host.run;
  labels[kStoreLabel] = host.store;
  labels[kUidLabel] = std::to_string(outside_uid());
  if (job != nullptr) {
    labels[kKeyLabel] = job->key.hex();
    labels[kStepLabel] = job->name.step;
    labels[kAttemptLabel] = std::to_string(job->name.attempt);
  }
  return labels.dump();
}

Result<std::string> listed(const DaemonHost& host, const std::string& path) {
  Json labels = Json::parse(daemon_labels(host));
  labels.erase(kRunLabel);
  Json filter;
  for (const auto& [name, value] : labels.items()) filter["label"].push_back(name + "=" + value.get<std::string>());
  TRY(const std::string text, json_text(filter));
  TRY(const auto response, host.daemon->get(path + "filters=" + percent_encode(text)));
  Json all = json_document(response.body);
  if (all.is_object()) all = part_of(all, "Volumes");
  if (all.is_discarded()) return fail(ErrorKind::Unavailable, host.daemon->name() + " does not list what it has");
  Json ours = Json::array();
  for (const Json& one : all) {
    // Podman takes any of the labels for enough in a volume.
    const Json its = part_of(one, "Labels");
    bool has_all = true;
    for (const auto& [name, value] : labels.items()) has_all = has_all && text_in(its, name.c_str()) == value;
    if (has_all) ours.push_back(one);
  }
  return ours.dump();
}

Result<std::unique_ptr<DaemonContainer>> DaemonContainer::create(const DaemonHost& host, Job job) {
  std::unique_ptr<DaemonContainer> container(new DaemonContainer(host, std::move(job)));
  CHECK_OK(container->make());
  return container;
}

std::unique_ptr<DaemonContainer> DaemonContainer::of(const DaemonHost& host, Job job, const std::string& id) {
  std::unique_ptr<DaemonContainer> container(new DaemonContainer(host, std::move(job)));
  container->path_ = "/containers/" + id;
  return container;
}

DaemonContainer::~DaemonContainer() {
  (void)remove();
}

std::string DaemonContainer::name() const {
  return "boxcar-" + job_.name.run + "-" + job_.name.step + "-" + std::to_string(job_.name.attempt);
}

std::string DaemonContainer::may_run_on() const {
  return "; there " + name() + " may run on until a later try or run removes it";
}

Result<void> DaemonContainer::make() {
  const Action& action = *job_.action;
  TRY(const std::string image, host_.image_id(*action.image));
  Json spec = {{"Image", image},
               {"Entrypoint", action.argv},
               {"Cmd", Json::array()},
               {"User", action.user},
               {"WorkingDir", action.working_dir},
               {"Hostname", "boxcar"},
               {"Labels", Json::parse(daemon_labels(host_, &job_))},
               {"HostConfig", Json::parse(confinement(host_, action.image->architecture))}};
  Json env = Json::array();
  for (const auto& variable : action.env) {
    if (!job_.secrets.names(variable)) env.push_back(variable);
  }
  if (host_.daemon->podman()) {
    spec["UnsetEnv"] = {"TERM", "container"};  // which it adds; HOSTNAME can't be helped
  } else {
    if (!has_variable(action.env, "HOSTNAME")) env.push_back("HOSTNAME");  // without a value: not to be added
    spec["Healthcheck"] = {{"Test", {"NONE"}}};                            // Podman would make this check
  }
  spec["Env"] = std::move(env);
  Json& how = spec["HostConfig"];
  how["NetworkMode"] = action.network ? "default" : "none";
  how["LogConfig"] = host_.daemon->podman() ? kPodmanLog : kDockerLog;
  if (has_secrets_) {
    // Nothing that the daemon keeps may hold them: not its description of the container, nor its log, in which they
    // would stand as the step prints them.
    Json& entry = spec["Entrypoint"];
    entry.insert(entry.begin(), {std::string("/") + kSecretsProgram, "exec"});
    spec["OpenStdin"] = spec["StdinOnce"] = spec["AttachStdin"] = true;
    how["LogConfig"] = {{"Type", "none"}, {"Config", Json::object()}};
  }
  if (action.needs.limits.memory) how["Memory"] = how["MemorySwap"] = *action.needs.limits.memory;
  if (action.needs.limits.cpu) how["NanoCpus"] = static_cast<std::int64_t>(*action.needs.limits.cpu * 1e9);
  if (const int gpus = gpus_of(action.needs); gpus > 0) how["DeviceRequests"] = Json::parse(device_requests(gpus));
  if (host_.visible) {
    for (const auto& mount : job_.mounts) how["Mounts"].push_back(bind(mount));
  } else {
    TRY(const std::string volumes, volumes_for(host_, job_));
    how["Mounts"] = Json::parse(volumes);
  }
  TRY(std::string text, json_text(spec));
  auto made = host_.daemon->post(
      "/containers/create?name=" + name() + "&platform=" + percent_encode(action.image->platform()), std::move(text));
  if (!made) return fail(explained(std::move(made).error()));
  path_ = "/containers/" + text_in(json_object(made->body), "Id");
  return {};
}

Result<void> DaemonContainer::send(const std::string& helper) {
  if (!host_.visible) CHECK_OK(send_inputs(host_, job_, helper, path_));
  if (!has_secrets_) return {};
  return put_archive(*host_.daemon, path_, "/", tar_of({{kSecretsProgram, helper_binary(), 0755}}));
}

std::string DaemonContainer::take_secrets() {
  std::size_t size = 1;
  for (const auto& secret : job_.secrets) size += secret.name.size() + secret.value.size() + 2;
  std::string out;
  out.reserve(size);  // so that no outgrown copy is left in memory
  for (const auto& secret : job_.secrets) (out.append(secret.name) += '=').append(secret.value) += '\0';
  out += '\0';
  job_.secrets.clear();
  return out;
}

Result<void> DaemonContainer::start() {
  auto started = host_.daemon->post(path_ + "/start");
  if (!started) return fail(explained(std::move(started).error()));
  return {};
}

// What keeps a program from being started is said as the embedded engine says it, not in a runtime's words.
Error DaemonContainer::explained(Error error) const {
  const std::string& words = error.message;
  const auto says = [&](const char* text) { return words.find(text) != std::string::npos; };
  const std::string image = "the image " + job_.action->image->reference;
  const std::string program = in_quotes(job_.action->argv.front());
  if (says("unable to find user") || says("unable to find group") || says("no matching entries in passwd")) {
    return {ErrorKind::Invalid, "the image's user " + in_quotes(job_.action->user) + " is not in its /etc/passwd", {}};
  }
  if (says("executable file not found")) {
    return {ErrorKind::Invalid, "the program " + program + " is not in " + image, {}};
  }
  if (says("exec: \"") || says("exec format error") || says("executable file `")) {
    if (says("no such file or directory")) {
      return {ErrorKind::Invalid, "there is no " + program + " in " + image + ", or not what it needs to run", {}};
    }
    if (says("permission denied") || says("is a directory")) {
      return {ErrorKind::Invalid, program + " in " + image + " is not an executable file", {}};
    }
  }
  if (auto lack = lack_of_gpus(*host_.daemon, error)) return *std::move(lack);
  if (says("OCI runtime") || says("runc") || says("crun")) error.kind = ErrorKind::Invalid;
  return std::move(error).in(host_.daemon->name());
}

Result<DaemonContainer::State> DaemonContainer::state() {
  TRY(const auto response, host_.daemon->get(path_ + "/json"));
  const Json said = part_of(json_object(response.body), "State");
  State state;
  state.status = text_in(said, "Status");
  state.exit_code = static_cast<int>(number_in(said, "ExitCode", -1));
  state.out_of_memory = flag_in(said, "OOMKilled");
  state.pid = static_cast<pid_t>(number_in(said, "Pid"));
  if (state.status.empty()) {
    return fail(ErrorKind::Unavailable, host_.daemon->name() + " does not say how the container is");
  }
  const auto began = parse_time(text_in(said, "StartedAt"));
  const auto ended = parse_time(text_in(said, "FinishedAt"));
  if (began && ended) state.seconds = std::max(0.0, *ended - *began);
  return state;
}

Result<void> DaemonContainer::take_outputs(const std::string& helper) {
  if (!host_.visible) return fetch_outputs(host_, job_, path_);
  if (outside_uid() == 0 && !host_.users.rootless) return {};  // to whom everything is open
  std::vector<std::string> foreign;
  for (const auto& mount : job_.mounts) {
    if (mount.writable && has_foreign_files(mount.source)) foreign.push_back(mount.source);
  }
  return foreign.empty() ? Result<void>() : own_directories(host_, helper, foreign);
}

Result<void> DaemonContainer::remove() {
  if (path_.empty()) return {};
  CHECK_OK(host_.daemon->remove(path_ + "?v=1&force=1"));
  if (!host_.visible) CHECK_OK(remove_volumes(host_, job_));
  path_.clear();
  return {};
}

}  // namespace boxcar
