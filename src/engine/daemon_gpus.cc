#include "engine/daemon_gpus.h"

#include "engine/daemon_helper.h"
#include "net/answer.h"

namespace boxcar {

std::string device_requests(int gpus) {
  return nlohmann::json::array({{{"Count", gpus}, {"Capabilities", {{"gpu"}}}}}).dump();
}

std::optional<Error> lack_of_gpus(const Daemon& daemon, const Error& error) {
  if (error.message.find("could not select device driver") == std::string::npos) return std::nullopt;
  return Error{ErrorKind::NotFound,
               "it has no GPU to give a container; that takes NVIDIA's driver and container toolkit on its machine",
               daemon.name()};
}

Result<void> try_gpus(Daemon& daemon, int gpus) {
  auto tried = try_helper(daemon, "{}", R"({"DeviceRequests": )" + device_requests(gpus) + "}");
  if (tried) return {};
  if (auto lack = lack_of_gpus(daemon, tried.error())) return fail(*std::move(lack));
  // What NVIDIA's hook says comes as a failure of the daemon; one that answers is there.
  if (tried.error().kind == ErrorKind::Unavailable && daemon.ping()) tried.error().kind = ErrorKind::Invalid;
  return tried;
}

}  // namespace boxcar
