#include "run/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/clock.h"
#include "base/text.h"

namespace boxcar {

namespace {

constexpr auto kNoEnd = std::numeric_limits<std::int64_t>::max() / 2;

std::int64_t thousandths(double cores) {
  return static_cast<std::int64_t>(std::ceil(std::min(cores, 1e12) * 1000 - 1e-6));
}

Demand capacity_of(const Resources& machine) {
  return {machine.cpu ? thousandths(*machine.cpu) : kNoEnd, machine.memory.value_or(kNoEnd),
          machine.gpus.value_or(Resources::kMostGpus)};
}

}  // namespace

Demand Demand::of(const Needs& needs, const Resources& machine) {
  const Demand most = capacity_of(machine);
  const Resources& requests = needs.requests;
  const Resources& limits = needs.limits;
  Demand demand;
  if (requests.cpu) {
    demand.millicores = thousandths(*requests.cpu);
  } else if (limits.cpu) {
    demand.millicores = std::min(thousandths(*limits.cpu), most.millicores);
  }
  demand.memory = requests.memory.value_or(std::min(limits.memory.value_or(0), most.memory));
  demand.gpus = gpus_of(needs);
  return demand;
}

std::optional<std::string> too_much(const Needs& needs, const Resources& machine) {
  const Resources& requests = needs.requests;
  std::vector<std::string> all;
  if (requests.cpu && machine.cpu && thousandths(*requests.cpu) > thousandths(*machine.cpu)) {
    all.push_back(fmt::format("{:g} core{}, more than the {:g} that there are here (--cores)", *requests.cpu,
                              *requests.cpu == 1 ? "" : "s", *machine.cpu));
  }
  if (requests.memory && machine.memory && *requests.memory > *machine.memory) {
    all.push_back(fmt::format("{} of memory, more than the {} that there are here (--memory)",
                              human_bytes(*requests.memory), human_bytes(*machine.memory)));
  }
  if (const int gpus = gpus_of(needs); machine.gpus && gpus > *machine.gpus) {
    all.push_back(fmt::format("{} GPU{}, and there {} here (--gpus)", gpus, gpus == 1 ? "" : "s",
                              *machine.gpus == 0   ? "is none"
                              : *machine.gpus == 1 ? "is one"
                                                   : fmt::format("are {}", *machine.gpus)));
  }
  if (all.empty()) return std::nullopt;
  return "requests " + join(all, "; ");
}

Admission::Admission(const Resources& machine) : free_(capacity_of(machine)) {}

std::optional<Admission::Waiting> Admission::next() {
  const auto first = waiting_.begin();
  const auto last = first + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kLooksAhead));
  for (auto each = first; each != last; ++each) {
    if (fits(each->demand)) {
      before_ = each - first;
      const Waiting found = *each;
      waiting_.erase(each);
      free_.millicores -= found.demand.millicores;
      free_.memory -= found.demand.memory;
      free_.gpus -= found.demand.gpus;
      return found;
    }
    if (each->passed >= kMostPasses) break;
  }
  return std::nullopt;
}

void Admission::started() {
  std::for_each(waiting_.begin(), waiting_.begin() + before_, [](Waiting& waiting) { ++waiting.passed; });
}

void Admission::release(const Demand& demand) {
  free_.millicores += demand.millicores;
  free_.memory += demand.memory;
  free_.gpus += demand.gpus;
}

bool Admission::fits(const Demand& demand) const {
  return demand.millicores <= free_.millicores && demand.memory <= free_.memory && demand.gpus <= free_.gpus;
}

}  // namespace boxcar
