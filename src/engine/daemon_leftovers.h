// Containers of dead runners: of this store and this user, known by their labels. One that can still become a result is
// kept for the step whose key it has; the others are removed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "engine/daemon_container.h"

namespace boxcar {

class DaemonLeftovers {
 public:
  // `claim` as in DaemonOptions.
  static Result<std::unique_ptr<DaemonLeftovers>> look(const DaemonHost& host, const std::string& helper,
                                                       std::function<bool(const std::string& run)> claim);

  std::optional<AttemptName> find(const Key& key);  // thread-safe, as take_up() is
  Result<std::unique_ptr<DaemonContainer>> take_up(const DaemonHost& host, Job job);
  // Kills and removes what the dead run of `host` left, and what of other dead runs has one of the keys: it had taken
  // that up. True: there was something.
  static Result<bool> end(const DaemonHost& host, const std::string& helper, const std::set<Key>& keys,
                          std::function<bool(const std::string& run)> claim);
  // What nobody took up, and what this run could not remove. At the end.
  void remove_rest();

 private:
  struct Left {
    std::string id;
    AttemptName name;
  };
  DaemonLeftovers(const DaemonHost& host, std::string helper, std::function<bool(const std::string& run)> claim)
      : host_(host), helper_(std::move(helper)), claim_(std::move(claim)) {}
  void remove(const std::string& id);

  const DaemonHost host_;
  const std::string helper_;
  const std::function<bool(const std::string& run)> claim_;
  std::mutex mutex_;
  std::map<Key, Left> left_;
};

}  // namespace boxcar
