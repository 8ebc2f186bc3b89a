#include "base/pool.h"

#include <sched.h>

#include <atomic>
#include <memory>

namespace boxcar {

Pool::Pool(unsigned threads) : size_(threads == 0 ? 1 : threads) {}

Pool::~Pool() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  ready_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Pool::submit(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    if (threads_.size() < size_ && threads_.size() < jobs_.size() + busy_) threads_.emplace_back([this] { work(); });
  }
  ready_.notify_one();
}

void Pool::work() {
  ::unshare(CLONE_FS);
  std::unique_lock lock(mutex_);
  for (;;) {
    ready_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    ++busy_;
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    --busy_;
    if (jobs_.empty() && busy_ == 0) idle_.notify_all();
  }
}

void Pool::drain() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return jobs_.empty() && busy_ == 0; });
}

void Pool::for_each(std::size_t n, const std::function<void(std::size_t)>& job) {
  // Shared with the helpers, which may get their turn only when all is long done.
  struct Shared {
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> done{0};
  };
  const auto shared = std::make_shared<Shared>();
  const auto run = [shared, n, &job] {
    for (std::size_t i; (i = shared->next.fetch_add(1)) < n;) {
      job(i);
      if (shared->done.fetch_add(1) + 1 == n) shared->done.notify_all();
    }
  };
  for (std::size_t i = 1; i < std::min<std::size_t>(size_ + 1, n); ++i) submit(run);
  run();
  for (std::size_t done; (done = shared->done.load()) < n;) shared->done.wait(done);
}

}  // namespace boxcar
