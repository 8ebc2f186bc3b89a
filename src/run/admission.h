// Admission: the steps that are to run, in their order, start only as far as what they request is free.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "model/tool.h"
#include "plan/plan.h"

namespace boxcar {

// What a step takes of the machine while its container runs. Whole numbers, so that what is given back is what was
// taken.
struct Demand {
  std::int64_t millicores = 0;
  std::uint64_t memory = 0;  // bytes
  std::int64_t gpus = 0;

  // What is requested; of what is not, the limit, but no more than there is: who only must not take more can be content
  // with less. GPUs are the exception, as on Kubernetes: a limit of them is a request.
  static Demand of(const Needs& needs, const Resources& machine);
};

// "requests 30Gi of memory, more than the 8Gi that there are here (--memory)", for a person, of every resource of which
// it is so; none: it fits into the machine when nothing else runs. What the machine doesn't say has no end.
std::optional<std::string> too_much(const Needs& needs, const Resources& machine);

// Steps start in their order; where one does not fit, those behind it that do may pass it, until so many have that it
// would wait for ever: then nothing behind it starts. Looks at a bounded number of steps however many wait. On the
// loop.
class Admission {
 public:
  static constexpr int kMostPasses = 16;
  static constexpr std::size_t kLooksAhead = 256;

  explicit Admission(const Resources& machine);

  void add(StepIndex step, const Demand& demand) { waiting_.push_back({step, demand}); }
  void add_first(StepIndex step, const Demand& demand) { waiting_.push_front({step, demand}); }
  void clear() { waiting_.clear(); }
  bool empty() const { return waiting_.empty(); }

  struct Waiting {
    StepIndex step = 0;
    Demand demand;
    int passed = 0;  // how many behind it started meanwhile
  };
  // The next that fits, no longer waiting; its demand is taken until release(). Call it while there are places.
  std::optional<Waiting> next();
  void started();  // what next() gave last did start, and so passed those before it
  void release(const Demand& demand);

 private:
  bool fits(const Demand& demand) const;

  Demand free_;
  std::deque<Waiting> waiting_;
  std::ptrdiff_t before_ = 0;  // how many stood before what next() gave last
};

}  // namespace boxcar
