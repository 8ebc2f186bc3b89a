// The writable roots of containers: overlays over an image's layers. One that nobody wrote into is as good as new, and
// serves the next container: making and removing one takes as long as a tenth of a container's life.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"

namespace boxcar {

class Roots {
 public:
  struct Root {
    std::string target;  // where it is mounted

   private:
    friend class Roots;
    std::vector<std::string> lower;
    std::string directory;  // upper/ and work/
    std::string fresh;      // what tells whether somebody wrote
  };

  // `targets`: a directory on the run's tmpfs, to be filled.
  explicit Roots(std::string targets) : targets_(std::move(targets)) {}
  ~Roots();  // every root was given back
  Roots(const Roots&) = delete;
  Roots& operator=(const Roots&) = delete;

  // A root over `lower`, topmost first. What is written into a new one lies in `directory`, which is made, not in
  // memory: containers write gigabytes to /tmp. Thread-safe.
  Result<Root> take(const std::vector<std::string>& lower, const std::string& directory);
  // Once no process is in it. What was written, if anything, lies in `directory` then, unmounted; else the root is
  // kept, unless it is the only one that was needed so far, below `shared` (a directory of the run on the same file
  // system, made and removed here). False: it is busy, try again. Thread-safe.
  bool give_back(Root& root, const std::string& directory, const std::string& shared);

 private:
  static Result<Root> make(Root root, const std::vector<std::string>& lower, const std::string& directory);
  static void remove(const Root& root);

  const std::string targets_;
  std::mutex mutex_;
  std::vector<Root> spare_;  // the longest unused first; at most as many as were ever lent at once
  std::string shared_;       // "" until there is one
  std::size_t lent_ = 0;
  std::size_t most_lent_ = 0;
  std::size_t made_ = 0;
};

}  // namespace boxcar
