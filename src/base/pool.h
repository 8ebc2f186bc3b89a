// A bounded pool of threads for what blocks: hashing, unpacking, committing, transfers.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace boxcar {

class Pool {
 public:
  // Threads are started with the first job. Each has a working directory of its own (unshare(CLONE_FS)), so that a job
  // may chdir for a mount whose options would be too long otherwise.
  explicit Pool(unsigned threads = std::thread::hardware_concurrency());
  ~Pool();  // finishes what was submitted
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void submit(std::function<void()> job);  // from any thread
  // Runs job(0) … job(n-1), the caller's thread lending a hand, and returns when all are done. May be called from a
  // job of the same pool.
  void for_each(std::size_t n, const std::function<void(std::size_t)>& job);
  // Asks jobs that take long to give up: they look at cancelled() now and then, and answer with Cancelled.
  void cancel() { cancelled_ = true; }
  bool cancelled() const { return cancelled_; }
  void drain();  // waits until nothing is submitted or running; not from a job
  unsigned size() const { return size_; }

 private:
  void work();

  const unsigned size_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable idle_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  std::size_t busy_ = 0;
  bool closing_ = false;
  std::atomic<bool> cancelled_ = false;
};

}  // namespace boxcar
