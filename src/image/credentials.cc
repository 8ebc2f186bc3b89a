#include "image/credentials.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/environment.h"
#include "base/process.h"
#include "base/text.h"
#include "base/user_namespace.h"

namespace boxcar {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kLargestConfig = 4 << 20;
constexpr const char* kDockerHub = "https://index.docker.io/v1/";  // as Docker calls docker.io

// An empty object where there is none, or none that can be read: skopeo says so where it matters.
Json read_config(const std::string& path) {
  const auto text = read_file(path, kLargestConfig);
  Json document = text ? Json::parse(*text, nullptr, false) : Json::object();
  return document.is_object() ? document : Json::object();
}

std::string docker_config() {
  const std::string directory = environment("DOCKER_CONFIG");
  return join_path(directory.empty() ? join_path(home_directory(), ".docker") : directory, "config.json");
}

Json entry_of(const std::string& user, const std::string& password) {
  // What a store calls this user is a token to log in with.
  if (user == "<token>") return {{"auth", base64_encode(user + ":")}, {"identitytoken", password}};
  return {{"auth", base64_encode(user + ":" + password)}};
}

Result<UniqueFd> in_memory(std::string_view bytes) {
  UniqueFd fd(memfd_create("boxcar-auth", MFD_CLOEXEC));
  if (!fd) return fail_errno("keeping credentials in memory");
  CHECK_OK(write_all(fd.get(), bytes));
  if (lseek(fd.get(), 0, SEEK_SET) != 0) return fail_errno("keeping credentials in memory");
  return fd;
}

bool has_text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() && !found->get_ref<const std::string&>().empty();
}

// Of "host", "host/part/of/a/name", or as Docker wrote it once "https://host/v1/".
std::string host_of(std::string_view place) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (place.starts_with(scheme)) place.remove_prefix(scheme.size());
  }
  const std::string_view host = place.substr(0, place.find('/'));
  return host == "index.docker.io" ? "docker.io" : std::string(host);
}

bool has_credentials(const Json& config, const std::string& registry) {
  const auto auths = config.find("auths");
  if (auths == config.end() || !auths->is_object()) return false;
  for (const auto& [key, entry] : auths->items()) {
    if (host_of(key) == registry && entry.is_object() && has_text(entry, "auth")) return true;
  }
  return false;
}

// What `docker-credential-STORE get` answers: none when it has nothing for this registry.
Result<std::optional<Json>> ask_store(const std::string& store, const std::string& registry) {
  const std::string program = "docker-credential-" + store;
  TRY(const UniqueFd question, in_memory(registry == "docker.io" ? kDockerHub : registry));
  SpawnOptions options;
  options.argv = {program, "get"};
  options.stdin_fd = question.get();
  options.until_interrupted = true;
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorKind::Denied, "the credential store " + printable(program) + ", which " +
                                       printable(docker_config()) + " names, " + why);
  };
  const auto finished = run_program(options);
  if (!finished) {
    if (finished.error().kind == ErrorKind::NotFound) return refuse("is not installed");
    return fail(finished.error());
  }
  if (finished->exit.code != 0) {
    // It says so on stdout; no password is there then.
    if (finished->out.find("not found") != std::string::npos) return std::nullopt;
    return refuse("failed: " + printable(finished->out + finished->err));
  }
  const Json answer = Json::parse(finished->out, nullptr, false);
  if (!answer.is_object() || !has_text(answer, "Username") || !has_text(answer, "Secret"))
    return refuse("gave no user and secret");
  return entry_of(answer["Username"], answer["Secret"]);
}

Result<AuthFile> auth_file_with(Json config, const std::string& registry, const Json& entry, std::string origin) {
  Json auths = {{registry, entry}};
  if (const auto others = config.find("auths"); others != config.end() && others->is_object()) {
    // One for a part of the registry would be taken instead.
    for (const auto& [key, other] : others->items()) {
      if (host_of(key) != registry) auths[key] = other;
    }
  }
  config["auths"] = std::move(auths);
  if (const auto helpers = config.find("credHelpers"); helpers != config.end() && helpers->is_object()) {
    helpers->erase(registry);
  }
  AuthFile result;
  TRY(result.file, in_memory(config.dump(-1, ' ', false, Json::error_handler_t::replace)));
  result.origin = std::move(origin);
  return result;
}

}  // namespace

std::string login_file() {
  if (std::string path = environment("REGISTRY_AUTH_FILE"); !path.empty()) return path;
  if (const std::string directory = environment("XDG_RUNTIME_DIR"); !directory.empty())
    return join_path(directory, "containers/auth.json");
  if (outside_uid() == 0) return "/run/containers/0/auth.json";
  const std::string config = environment("XDG_CONFIG_HOME");
  return join_path(config.empty() ? join_path(home_directory(), ".config") : config, "containers/auth.json");
}

Result<AuthFile> auth_file_for(const std::string& registry, const std::optional<Credentials>& given) {
  if (given) {
    const std::string host = given->registry.empty() ? registry : host_of(given->registry);
    TRY(auto file, auth_file_with(read_config(login_file()), host, entry_of(given->user, given->password),
                                  "those given with the image"));
    file.registry = host;
    return file;
  }
  const Json docker = read_config(docker_config());
  if (!has_text(docker, "credsStore")) return AuthFile{};
  const std::string store = docker["credsStore"];
  const Json logins = read_config(login_file());
  if (has_credentials(logins, registry) || has_credentials(docker, registry)) return AuthFile{};
  if (docker.contains("credHelpers") && docker["credHelpers"].contains(registry)) return AuthFile{};
  TRY(const auto entry, ask_store(store, registry));
  if (!entry) return AuthFile{};
  return auth_file_with(logins, registry, *entry, "those of the credential store docker-credential-" + store);
}

}  // namespace boxcar
