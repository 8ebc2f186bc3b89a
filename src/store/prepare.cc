// The private directory of an attempt.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "base/mounts.h"
#include "base/user_namespace.h"
#include "store/copy.h"
#include "store/layout.h"
#include "store/manifest.h"
#include "store/outputs.h"
#include "store/state.h"

namespace boxcar {

namespace {

bool runs_as_root(const Action& action) {
  const std::string_view user = std::string_view(action.user).substr(0, action.user.find(':'));
  return user.empty() || user == "0" || user == "root";
}

Result<void> make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0) return fail_errno("making the directory " + path);
  return {};
}

// Whatever user the container runs as may write there; the directory <store>/work around it keeps everyone else out.
Result<void> open_to_all(const std::string& path) {
  if (::chmod(path.c_str(), 0777) != 0) return fail_errno("changing the mode of " + path);
  return {};
}

class Preparation {
 public:
  // `fresh` false: the workspace is there, and everything in its place.
  Preparation(const Action& action, HostDigests& host, const std::string& store, StoreOptions options, bool fresh)
      : action_(action), host_(host), store_(store), options_(options), fresh_(fresh) {}

  // Of the attempt `name`, with the log of the attempt `log`.
  Result<Workspace> run(const AttemptName& name, const AttemptName& log) {
    const std::string work = join_path(store_, "work");
    workspace_.directory = join_path(work, name.run + "." + name.step + "." + std::to_string(name.attempt));
    workspace_.shared = join_path(work, name.run + ".shared");
    workspace_.scratch = join_path(workspace_.directory, "engine");
    workspace_.log_directory = attempt_directory(store_, log.run, log.step, log.attempt);
    if (fresh_ && ::mkdir(workspace_.directory.c_str(), 0755) != 0) {
      if (errno != ENOENT) return fail_errno("making the workspace " + workspace_.directory);
      CHECK_OK(make_directories(store_));
      CHECK_OK(make_directories(work, 0700));
      CHECK_OK(make_directory(workspace_.directory, 0755));
    }
    CHECK_OK(make_directories(workspace_.log_directory));
    CHECK_OK(make_place(result(), 0755));
    for (const auto& output : action_.outputs) CHECK_OK(place_output(output));
    for (const auto& input : action_.inputs) CHECK_OK(place_input(input));
    CHECK_OK(place_parameters());
    std::sort(workspace_.mounts.begin(), workspace_.mounts.end(),
              [](const Mount& a, const Mount& b) { return a.target < b.target; });
    return std::move(workspace_);
  }

  // Of a preparation that failed half-way.
  const Workspace& workspace() const { return workspace_; }

 private:
  std::string result() const { return join_path(workspace_.directory, "result"); }

  Result<void> make_place(const std::string& path, mode_t mode) const {
    if (fresh_) return make_directory(path, mode);
    return exists(path) ? Result<void>() : fail(ErrorKind::NotFound, path + " is gone");
  }

  bool in_store(const std::string& path) const {
    return path.starts_with(store_) && path.size() > store_.size() && path[store_.size()] == '/';
  }

  Result<void> place_output(const ActionOutput& output) {
    if (output.port.empty() || output.port.find('/') != std::string::npos) {
      return fail(ErrorKind::Invalid, "an output port can't be called '" + output.port + "'");
    }
    const bool file = output.kind == PortKind::File;
    const std::string target = file ? std::string(directory_name(output.path)) : output.path;
    if (target == "/" || !target.starts_with('/')) {
      return fail(ErrorKind::Invalid,
                  "output port '" + output.port + "': " + output.path + " has no directory of its own");
    }
    if (!output.direct.empty()) {
      CHECK_OK(make_directories(output.direct));
      workspace_.mounts.push_back({output.direct, target, true, true});
      return {};
    }
    std::string source = join_path(result(), port_folder(output.port));
    CHECK_OK(make_place(source, 0777));
    if (sharing_host(action_.outputs, output) != nullptr) return {};  // commit() sets it apart
    if (fresh_) CHECK_OK(open_to_all(source));
    const ActionInput* base = worked_on(output);
    if (base != nullptr && !base->source.empty()) {
      TRY(source, place_view(output, *base, source));
    }
    workspace_.mounts.push_back({source, target, true, true});
    return {};
  }

  const ActionInput* worked_on(const ActionOutput& output) const {
    for (const auto& input : action_.inputs) {
      if (!output.works_on.empty() && input.port == output.works_on) return &input;
    }
    return nullptr;
  }

  // A view of `base` that may be written, without a byte of `base` changing. Gives what to mount.
  Result<std::string> place_view(const ActionOutput& output, const ActionInput& base, const std::string& upper) {
    const std::string source = base.source;
    if (!fresh_) {  // who leaves containers behind has copies only
      workspace_.views.push_back({output.port, source, false});
      return upper;
    }
    if (base.kind == PortKind::Directory && runs_as_root(action_) && in_private_mounts() && !rootless() &&
        !options_.host_visible) {
      const std::string view = join_path(join_path(workspace_.directory, "views"), output.port);
      const std::string merged = join_path(view, "merged");
      CHECK_OK(make_directories(merged));
      CHECK_OK(make_directory(join_path(view, "work"), 0755));
      // Where the store's file system can't carry an overlay, a copy serves as well.
      if (mount_overlay({{source}, upper, join_path(view, "work"), merged, true, false})) {
        workspace_.views.push_back({output.port, source, true});
        return merged;
      }
    }
    TRY(const auto to, open_file(upper, O_PATH | O_DIRECTORY));
    TreeCopy copy;
    copy.modes = CopyModes::Everyone;
    if (base.kind == PortKind::File) {
      TRY(const auto from, open_file(std::string(directory_name(source)), O_PATH | O_DIRECTORY));
      CHECK_OK(
          copy_tree(from.get(), std::string(base_name(source)), to.get(), std::string(base_name(output.path)), copy));
    } else {
      TRY(const auto from, open_file(source, O_PATH | O_DIRECTORY));
      CHECK_OK(copy_tree(from.get(), "", to.get(), "", copy));
    }
    workspace_.views.push_back({output.port, source, false});
    return upper;
  }

  Result<void> place_input(const ActionInput& input) {
    CHECK_OK(stage(input));
    // Kliko's join: the view is mounted in its input's place.
    for (const auto& output : action_.outputs) {
      if (output.works_on == input.port && output.path == input.path) return {};
    }
    if (!input.source.empty()) {
      workspace_.mounts.push_back({input.source, input.path, false, input.kind != PortKind::File});
      return {};
    }
    const std::string empty = join_path(workspace_.directory, "empty");
    if (!exists(empty)) CHECK_OK(make_directory(empty, 0755));
    workspace_.mounts.push_back({empty, input.path, false, true});
    return {};
  }

  // Notes what commit() looks at again.
  Result<void> stage(const ActionInput& input) {
    if (input.source.empty()) return {};
    if (in_store(input.source)) {
      struct stat info {};
      if (::stat(input.source.c_str(), &info) != 0)
        return fail_errno("input port '" + input.port + "': " + input.source);
      workspace_.results.push_back({input.source, info.st_ino});
      return {};
    }
    auto tree = host_.last(input.source);
    if (!tree || tree->digest != input.content) {
      TRY(tree, host_.digest(input.source));
    }
    if (tree->digest != input.content) {
      host_.forget(input.source);
      return fail(ErrorKind::Invalid, "input " + input.source + " changed since it was looked at");
    }
    workspace_.inputs.push_back({input.source, std::move(tree)});
    return {};
  }

  Result<void> place_parameters() {
    if (action_.parameters_path.empty()) return {};
    const std::string path = join_path(result(), kParametersFile);
    if (fresh_) CHECK_OK(write_file(path, action_.parameters, 0444));
    workspace_.mounts.push_back({path, action_.parameters_path, false, false});
    return {};
  }

  const Action& action_;
  HostDigests& host_;
  const std::string& store_;
  const StoreOptions options_;
  const bool fresh_;
  Workspace workspace_;
};

}  // namespace

Result<Workspace> Store::prepare(const Action& action, const Key& /*key*/, const AttemptName& name) {
  state_->begin_attempt(name.run);
  Preparation preparation(action, state_->host, state_->root, state_->options, true);
  auto workspace = preparation.run(name, name);
  if (workspace) return workspace;
  if (!preparation.workspace().directory.empty()) discard(preparation.workspace(), false);
  return fail(std::move(workspace).error().in("preparing step " + action.step));
}

Result<Workspace> Store::reopen(const Action& action, const AttemptName& left, const AttemptName& name) {
  state_->begin_attempt(name.run);
  return Preparation(action, state_->host, state_->root, state_->options, false).run(left, name);
}

}  // namespace boxcar
