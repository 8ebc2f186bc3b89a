// For what a test asks of the time its own work takes.
#pragma once

#include <ctime>

namespace boxcar::test {

// With a sanitizer all takes several times longer: multiply limits by this.
#if !defined(__has_feature)
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) || \
    __has_feature(thread_sanitizer)
constexpr double kSlowdown = 20;
#else
constexpr double kSlowdown = 1;
#endif

// The processor's time of this process since it was made: what else the machine does lengthens it little. It counts
// neither waiting nor children.
class Stopwatch {
 public:
  double seconds() const { return now() - begin_; }

 private:
  static double now() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
  }

  double begin_ = now();
};

}  // namespace boxcar::test
