#include "engine/daemon_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "base/clock.h"
#include "base/directory.h"
#include "base/process.h"
#include "base/text.h"
#include "engine/daemon_container.h"
#include "net/answer.h"

namespace boxcar {

namespace {

using Json = nlohmann::json;

std::string volume_name(const Job& job, std::size_t mount) {
  return "boxcar-" + job.name.run + "-" + job.name.step + "-" + std::to_string(job.name.attempt) + "-" +
         std::to_string(mount);
}

// The tar program at work, with a pipe to or from it.
class Tar {
 public:
  static Result<Tar> start(std::vector<std::string> options, bool reads) {
    TRY(Pipe bytes, make_pipe());
    TRY(Pipe words, make_pipe());
    // Nobody reads them before it has ended: it must not wait for that.
    if (::fcntl(words.in.get(), F_SETFL, O_NONBLOCK) != 0) return fail_errno("setting up a pipe");
    SpawnOptions spawn_options;
    spawn_options.argv = {"tar"};
    spawn_options.argv.insert(spawn_options.argv.end(), options.begin(), options.end());
    spawn_options.env = {"LC_ALL=C"};  // names are bytes, and messages are known
    (reads ? spawn_options.stdin_fd : spawn_options.stdout_fd) = (reads ? bytes.out : bytes.in).get();
    spawn_options.stderr_fd = words.in.get();
    Tar tar;
    TRY(tar.child_, spawn(spawn_options));
    tar.pipe_ = std::move(reads ? bytes.in : bytes.out);
    tar.words_ = std::move(words.out);
    return tar;
  }

  Result<std::string_view> read(std::span<char> buffer) {
    for (;;) {
      const ssize_t n = ::read(pipe_.get(), buffer.data(), buffer.size());
      if (n >= 0) return std::string_view(buffer.data(), static_cast<std::size_t>(n));
      if (errno != EINTR) return fail_errno("reading from tar");
    }
  }
  Result<void> write(std::string_view bytes) {
    const auto written = write_all(pipe_.get(), bytes);
    broke_off_ = !written;
    return written;
  }

  // Once the daemon has answered. A request that breaks ends tar too, and one that tar breaks off is tar's.
  Result<void> finish(Result<HttpResponse> answer) {
    pipe_.reset();
    TRY(const auto exit, wait_for(child_));
    if (!answer && !broke_off_) return fail(std::move(answer).error());
    if (exit.code == 0) return {};
    std::string said(4096, '\0');
    const ssize_t n = ::read(words_.get(), said.data(), said.size());
    said.resize(static_cast<std::size_t>(std::max<ssize_t>(0, n)));
    for (const auto line : lines(said)) {
      for (const std::string_view words : {"No space left", "quota exceeded", "Wrote only "}) {
        if (line.find(words) != std::string_view::npos)
          return fail(ErrorKind::Exhausted, printable(line) + ": the disk is full");
      }
    }
    const std::string first = printable(said.substr(0, said.find('\n')));
    return fail(ErrorKind::Internal, first.empty() ? "tar ended with " + std::to_string(exit.code) : first);
  }

 private:
  Child child_;
  UniqueFd pipe_;
  UniqueFd words_;
  bool broke_off_ = false;
};

// Sends what `tar` with these options writes to the directory `to` of a container.
Result<void> put(Daemon& daemon, const std::string& container, const std::string& to,
                 std::vector<std::string> options) {
  TRY(Tar tar, Tar::start(std::move(options), false));
  std::array<char, 1 << 16> buffer{};
  HttpRequest request{.method = "PUT",
                      .path = container + "/archive?path=" + percent_encode(to),
                      .headers = {"Content-Type: application/x-tar"}};
  request.source = [&] { return tar.read(buffer); };
  auto sent = tar.finish(daemon.long_call(std::move(request)));
  if (!sent) return fail(std::move(sent).error().in("sending files to " + daemon.name()));
  return sent;
}

Json volume(const DaemonHost& host, const Job& job, std::size_t index, const std::string& target, bool writable) {
  return {{"Type", "volume"},
          {"Source", volume_name(job, index)},
          {"Target", target},
          {"ReadOnly", !writable},
          {"VolumeOptions", {{"NoCopy", true}, {"Labels", Json::parse(daemon_labels(host, &job))}}}};
}

}  // namespace

Result<std::string> volumes_for(const DaemonHost& host, const Job& job) {
  Json mounts = Json::array();
  for (std::size_t i = 0; i < job.mounts.size(); ++i) {
    const Mount& mount = job.mounts[i];
    if (mount.directory) mounts.push_back(volume(host, job, i, mount.target, mount.writable));
  }
  return json_text(mounts);
}

Result<void> send_inputs(const DaemonHost& host, const Job& job, const std::string& helper,
                         const std::string& container) {
  Daemon& daemon = *host.daemon;
  Json volumes = Json::array();
  for (std::size_t i = 0; i < job.mounts.size(); ++i) {
    if (job.mounts[i].directory) volumes.push_back(volume(host, job, i, "/" + std::to_string(i), true));
  }
  const auto fill = [&](const std::string& carrier) -> Result<void> {
    for (std::size_t i = 0; i < job.mounts.size(); ++i) {
      if (!job.mounts[i].directory) continue;
      const std::string name = std::to_string(i);
      std::string to = "/" + name;
      std::vector<std::string> options = {"-c", "-C", job.mounts[i].source, "."};
      // Docker leaves out "." itself, and with it the mode by which whoever runs in the container may write there;
      // Podman writes into a volume only where that is what it is told.
      if (!daemon.podman()) {
        to = "/";
        options.insert(options.begin(), "--transform=s,^[.]," + name + ",S");
      }
      CHECK_OK(put(daemon, carrier, to, std::move(options)));
    }
    return {};
  };
  // Before they are mounted read-only.
  TRY(const std::string mounts, json_text(volumes));
  CHECK_OK(through_container(host, helper, mounts, fill));

  // Files: laid out as symlinks in the places that they have inside, which tar follows.
  const std::string layout = join_path(job.directory, "sent");
  std::vector<std::string> options = {"-c", "-h", "-C", layout, "--no-recursion"};
  const std::size_t before = options.size();
  for (const Mount& mount : job.mounts) {
    if (mount.directory) continue;
    const std::string place = layout + mount.target;
    CHECK_OK(make_directories(std::string(directory_name(place))));
    if (::symlink(mount.source.c_str(), place.c_str()) != 0) return fail_errno("linking " + place);
    options.push_back("." + mount.target);
  }
  if (options.size() == before) return {};
  return put(daemon, container, "/", std::move(options));
}

Result<void> fetch_outputs(const DaemonHost& host, const Job& job, const std::string& container) {
  for (const Mount& mount : job.mounts) {
    if (!mount.writable) continue;
    TRY(const auto directory, open_file(mount.source, O_RDONLY | O_DIRECTORY));
    TRY(const auto names, list_directory(directory.get(), ""));
    for (const auto& name : names) CHECK_OK(remove_tree(join_path(mount.source, name)));
    TRY(Tar tar, Tar::start({"-x", "-C", mount.source, "--transform=s,^[^/]*/,,S", "--no-same-owner",
                             "--no-same-permissions", "--delay-directory-restore"},
                            true));
    HttpRequest request{.path = container + "/archive?path=" + percent_encode(mount.target)};
    request.sink = [&](std::string_view bytes) { return tar.write(bytes); };
    auto got = tar.finish(host.daemon->long_call(std::move(request)));
    if (!got) return fail(std::move(got).error().in("fetching " + mount.target + " from " + host.daemon->name()));
  }
  return {};
}

Result<void> remove_volumes(const DaemonHost& host, const Job& job) {
  for (std::size_t i = 0; i < job.mounts.size(); ++i) {
    if (job.mounts[i].directory) CHECK_OK(host.daemon->remove("/volumes/" + volume_name(job, i)));
  }
  return {};
}

Result<void> remove_volumes_of(const DaemonHost& host, const std::function<bool(const std::string& run)>& dead) {
  TRY(const auto volumes, listed(host, "/volumes?"));
  for (const auto& volume : Json::parse(volumes)) {
    if (!dead(text_in(part_of(volume, "Labels"), kRunLabel))) continue;
    CHECK_OK(host.daemon->remove("/volumes/" + text_in(volume, "Name")));
  }
  return {};
}

Result<void> put_archive(Daemon& daemon, const std::string& container, const std::string& to, std::string archive) {
  CHECK_OK(daemon.long_call({.method = "PUT",
                             .path = container + "/archive?path=" + percent_encode(to),
                             .headers = {"Content-Type: application/x-tar"},
                             .body = std::move(archive)}));
  return {};
}

Result<void> through_container(const DaemonHost& host, const std::string& helper, const std::string& mounts,
                               const std::function<Result<void>(const std::string& container)>& work) {
  const Json spec = {{"Image", helper},
                     {"Labels", Json::parse(daemon_labels(host))},
                     {"HostConfig", {{"Mounts", Json::parse(mounts)}, {"NetworkMode", "none"}}}};
  TRY(std::string text, json_text(spec));
  TRY(const auto made, host.daemon->post("/containers/create", std::move(text)));
  const std::string container = "/containers/" + text_in(json_object(made.body), "Id");
  const auto done = work(container);
  const auto removed = host.daemon->remove(container + "?v=1&force=1");
  return done ? removed : done;  // a daemon whose disk is full may remove nothing either
}

Result<bool> sees_store(const DaemonHost& host, const std::string& helper) {
  // A name that nobody else's machine has, and as workspaces have one: a later run removes what a killed one left.
  const std::string mark = host.run + ".seen." + std::to_string(now_micros());
  const std::string work = join_path(host.store, "work");
  const std::string path = join_path(work, mark);
  CHECK_OK(make_directories(work, 0700));
  CHECK_OK(write_file(path, ""));
  bool seen = false;
  const Json mount = {{"Type", "bind"}, {"Source", host.store}, {"Target", "/seen"}, {"ReadOnly", true}};
  TRY(const std::string mounts, json_text(Json::array({mount})));
  const auto looked = through_container(host, helper, mounts, [&](const std::string& container) {
    seen = host.daemon->call({.method = "HEAD", .path = container + "/archive?path=/seen/work/" + mark}).has_value();
    return Result<void>();
  });
  ::unlink(path.c_str());
  if (looked) return seen;
  // Docker looks for the directory now, Podman only when it starts.
  if (looked.error().kind == ErrorKind::Invalid && looked.error().message.find("exist") != std::string::npos)
    return false;
  return fail(looked.error());
}

}  // namespace boxcar
