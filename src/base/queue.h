// A queue from many threads to one: engine, pool and signal threads post, the runner's loop takes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace boxcar {

template <class T>
class Queue {
 public:
  void post(T item) {
    // Told under the lock: who takes the last item may destroy the queue as soon as the lock is free.
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    ready_.notify_one();
  }

  // Waits until there is something or `deadline` has passed; takes all of it at once.
  std::deque<T> take(std::optional<std::chrono::steady_clock::time_point> deadline = {}) {
    std::unique_lock lock(mutex_);
    const auto something = [&] { return !items_.empty(); };
    if (deadline) {
      ready_.wait_until(lock, *deadline, something);
    } else {
      ready_.wait(lock, something);
    }
    return std::exchange(items_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<T> items_;
};

}  // namespace boxcar
