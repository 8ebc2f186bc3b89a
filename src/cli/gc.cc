// boxcar gc
#include <fmt/core.h>

#include <algorithm>

#include "base/user_namespace.h"
#include "cli/commands.h"
#include "cli/execute.h"
#include "cli/print.h"
#include "record/run_store.h"
#include "store/store.h"

namespace boxcar {

namespace {

std::string results_of(std::size_t number) {
  return fmt::format("{} result{}", number, number == 1 ? "" : "s");
}

}  // namespace

int run_gc(const Args& args) {
  Options options(
      "boxcar gc",
      "Removes results: those not used for a time, the least recently used beyond a size, or those that no recorded\n"
      "run reaches. What a live run reads stays.",
      "boxcar gc --older-than 30d --max-size 100Gi --dry-run");
  std::string directory;
  std::string age;
  std::string size;
  bool unreachable = false;
  GcOptions gc;
  options.value("--store", directory, "The store (default: $BOXCAR_STORE, ./.boxcar or ./.kliko)", "DIR");
  options.value("--older-than", age, "Results last used longer ago than this (12h, 30d)", "TIME");
  options.value("--max-size", size, "Then the least recently used, until no more than this is left (500Mi, 100Gi)",
                "SIZE");
  options.flag("--unreachable", unreachable, "Results of no recorded run");
  options.flag("--verify", gc.verify, "Compare the content of every result with its digest; damaged ones go");
  options.flag("-n,--dry-run", gc.dry_run, "Only say what would be removed");
  if (const auto code = options.parse(args)) return *code;

  // Seconds are too easily meant to be days.
  if (!age.empty() && age.find_first_not_of("0123456789.") == std::string::npos)
    return say(Error{ErrorKind::Invalid, "--older-than: '" + age + "' has no unit; write " + age + "d for days", {}});
  if (!age.empty() && !(gc.older_than = parse_duration(age))) {
    return say(
        Error{ErrorKind::Invalid, "--older-than: '" + age + "' is not a time of at most 36500d; write 12h or 30d", {}});
  }
  if (!size.empty()) {
    const auto bytes = parse_quantity(size);
    if (!bytes)
      return say(Error{ErrorKind::Invalid, "--max-size: '" + size + "' is not a size; write 500Mi or 100Gi", {}});
    gc.max_bytes = static_cast<std::uint64_t>(*bytes);
  }
  directory = store_directory(directory, exists(".boxcar") || !exists(".kliko") ? ".boxcar" : ".kliko");
  if (const auto there = Store::find(directory); !there) return say(there.error());
  if (unreachable) {
    auto record = RunStore::open(RunStore::default_path());
    if (!record) return say(record.error());
    auto keys = (*record)->keys(directory);
    if (!keys) return say(keys.error());
    gc.reachable = *std::move(keys);
  }
  std::ignore = enter_user_namespace();  // to remove what containers of other ids left
  Pool pool;
  auto store = Store::open(directory, pool);
  if (!store) return say(store.error());
  const auto report = (*store)->gc(gc);
  if (!report) return say(report.error());
  std::uint64_t bytes = 0;
  std::size_t results = 0;
  for (const auto& removed : report->removed) {
    print_to(stdout, "{} {} ({}, {})\n", gc.dry_run ? "would remove" : "removed", removed.path,
             human_bytes(removed.bytes), removed.why);
    bytes += removed.bytes;
    results += removed.result ? 1 : 0;
  }
  const std::size_t others = report->removed.size() - results;
  if (gc.verify) {
    const auto damaged = std::count_if(report->removed.begin(), report->removed.end(), [](const auto& removed) {
      return removed.result && removed.why.starts_with("damaged");
    });
    print_to(stdout, "compared {} with their digests: {}\n", results_of(report->kept + results),
             damaged == 0 ? "none is damaged" : results_of(static_cast<std::size_t>(damaged)) + " damaged");
  }
  print_to(stdout, "{} {}{}, {}; {} {}, {}\n", gc.dry_run ? "would remove" : "removed", results_of(results),
           others == 0 ? "" : fmt::format(" and {} old logs, lists and workspaces", others), human_bytes(bytes),
           results_of(report->kept), report->kept == 1 ? "stays" : "stay", human_bytes(report->kept_bytes));
  const bool asked = !age.empty() || !size.empty() || unreachable || gc.verify;
  if (!asked) print_to(stdout, "which results go is said by --older-than, --max-size or --unreachable\n");
  return 0;
}

}  // namespace boxcar
