#include "image/docker_id.h"

#include "net/answer.h"
#include "net/daemon.h"

namespace boxcar {

std::string id_in_docker(const std::string& reference) {
  const auto address = docker_address();
  if (!address) return "";
  HttpClient docker(address->server);
  const auto answer = docker.send(
      {.path = "/images/" + reference + "/json", .timeout = std::chrono::seconds(2), .until_interrupted = true});
  return answer && answer->ok() ? text_in(json_object(answer->body), "Id") : "";
}

}  // namespace boxcar
