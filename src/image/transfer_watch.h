// Looks on while skopeo fills a layout, tells how far it is, and gives up when nothing comes any more.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/process.h"
#include "image/images.h"

namespace boxcar {

class TransferWatch {
 public:
  // `layout`: the directory that is filled, "" when what is asked for comes on stdout.
  TransferWatch(std::string source, std::string layout, Progress progress);

  // What a Watch is (base/process.h). Unavailable when nothing came for $BOXCAR_PULL_TIMEOUT seconds (120).
  Result<void> look(const Finished& so_far);
  bool begun() const { return begun_; }  // whether a blob began to come
  const std::string& layout() const { return layout_; }

 private:
  using Clock = std::chrono::steady_clock;
  std::uint64_t bytes_here() const;

  const std::string source_;
  const std::string layout_;
  const Progress progress_;
  const std::uint64_t before_;
  std::uint64_t bytes_;
  bool begun_ = false;
  std::size_t said_ = 0;  // length of skopeo's log
  Clock::time_point moved_ = Clock::now();
  Clock::time_point counted_ = moved_;
  Clock::time_point told_ = moved_;
  Clock::time_point told_waiting_ = moved_;
};

}  // namespace boxcar
