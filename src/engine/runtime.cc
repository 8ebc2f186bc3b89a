#include "engine/runtime.h"

#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/environment.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/text.h"

namespace boxcar {

namespace {

// "crun version 1.8.1\ncommit: …" gives "crun 1.8.1".
Result<std::string> ask_version(const std::string& path) {
  SpawnOptions options;
  options.argv = {path, "--version"};
  TRY(const auto done, run_program(std::move(options), std::chrono::seconds(10)));
  if (done.exit.code != 0) {
    return fail(ErrorKind::Unavailable,
                path + " --version exits with " + std::to_string(done.exit.code) + ": " + printable(done.err));
  }
  std::string line = done.out.substr(0, done.out.find('\n'));
  if (const auto word = line.find(" version "); word != std::string::npos)
    line.erase(word, std::string(" version").size());
  return line;
}

// One line a program: "<version>\t<path>\t<its size, mtime and inode>". Starting runc only to ask costs 10 ms.
Result<std::string> version_of(const std::string& path, const std::string& cache_directory) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail_errno("looking at " + path);
  const std::string mark = "\t" + path + "\t" + std::to_string(info.st_size) + " " +
                           std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec) + " " +
                           std::to_string(info.st_ino);
  const std::string file = cache_directory.empty() ? "" : join_path(cache_directory, "runtimes");
  std::string kept = file.empty() ? "" : read_file(file, 1 << 16).value_or("");
  for (const auto line : lines(kept)) {
    if (line.ends_with(mark)) return std::string(line.substr(0, line.size() - mark.size()));
  }
  TRY(const auto version, ask_version(path));
  // What cannot be kept is asked again.
  if (!file.empty() && make_directories(cache_directory))
    std::ignore = replace_file(file, kept + version + mark + "\n");
  return version;
}

Result<Runtime> runtime_at(const std::string& path, const std::string& cache_directory) {
  Runtime runtime;
  runtime.path = path;
  TRY(runtime.version, version_of(path, cache_directory));
  runtime.own_group = !runtime.version.starts_with("crun ");
  return runtime;
}

}  // namespace

Result<Runtime> choose_runtime(const std::string& wanted, const std::string& cache_directory) {
  const std::string named = !wanted.empty() ? wanted : environment("BOXCAR_RUNTIME");
  if (!named.empty()) {
    const auto path = find_program(named);
    if (!path) return fail(ErrorKind::NotFound, "the container runtime '" + named + "' is not installed");
    return runtime_at(*path, cache_directory);
  }
  std::optional<Error> wrong;
  for (const char* name : {"crun", "runc"}) {
    const auto path = find_program(name);
    if (!path) continue;
    auto runtime = runtime_at(*path, cache_directory);
    if (runtime) return runtime;
    wrong = runtime.error();
  }
  if (wrong) return fail(*std::move(wrong));
  return fail(ErrorKind::NotFound,
              "there is no container runtime: install crun or runc (Debian, Ubuntu: apt install crun; Fedora: dnf "
              "install crun)");
}

std::vector<std::string> run_command(const Runtime& runtime, const RuntimeCall& call) {
  std::vector<std::string> argv{runtime.path, "--root", call.root, "--log", call.log, "--log-format", "json"};
  if (!runtime.own_group) argv.insert(argv.end(), {"--cgroup-manager", "disabled"});
  argv.insert(argv.end(), {"run", "--bundle", call.bundle, "--pid-file", call.pid_file, call.id});
  return argv;
}

std::string runtime_error(const std::string& log) {
  std::string last;
  for (const auto text : lines(log)) {
    const auto line = nlohmann::json::parse(text, nullptr, false);
    if (!line.is_object() || line.value("level", "") != "error") continue;
    if (const auto message = line.find("msg"); message != line.end() && message->is_string()) last = *message;
  }
  // runc begins with what everybody knows already.
  for (const std::string_view prefix :
       {"runc run failed: ", "unable to start container process: ", "error during container init: "}) {
    if (last.starts_with(prefix)) last.erase(0, prefix.size());
  }
  return last;
}

}  // namespace boxcar
