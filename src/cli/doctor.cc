// boxcar doctor: what works here, what doesn't, and how to get what is missing.
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/fd.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "base/user_namespace.h"
#include "base/version.h"
#include "cli/checkup.h"
#include "cli/commands.h"
#include "cli/execute.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "image/image_store.h"

namespace boxcar {

namespace {

constexpr std::string_view kParts[] = {"embedded", "docker", "podman", "images", "disk", "registry", "configuration"};
constexpr std::size_t kEngines = 3;  // of them, the first

struct Check {
  std::string_view part;
  std::string_view name;
  Checked (*look)(Patient&);
  bool decides = false;  // whether that engine works
};

// In the order in which they are made: see checkup.h.
constexpr Check kChecks[] = {
    {"docker", "daemon", check_docker, true},
    {"podman", "daemon", check_podman, true},
    {"embedded", "namespaces", check_namespaces},
    {"embedded", "users", check_other_users},
    {"embedded", "ids", check_ids},
    {"embedded", "kernel", check_kernel},
    {"embedded", "overlayfs", check_overlay},
    {"embedded", "runtime", check_runtime, true},
    {"embedded", "cgroups", check_cgroups},
    {"images", "skopeo", check_skopeo},
    {"images", "libcurl", check_libcurl},
    {"disk", "store", check_store},
    {"disk", "images", check_images},
    {"registry", "answer", check_registry},
    {"configuration", "config.yml", check_configuration},
    {"configuration", "engine", check_chosen_engine},
};

struct Row {
  const Check* check;
  Diagnosis found;
};

std::string_view name_of(Health health) {
  return health == Health::Ok ? "ok" : health == Health::Warning ? "warning" : "missing";
}

std::vector<Row> make_checks(Patient& patient) {
  std::vector<Row> rows;
  for (const auto& check : kChecks) {
    if (interrupted()) break;
    auto found = check.look(patient);
    if (!found) continue;
    if (check.decides && found->health == Health::Ok) patient.engines.insert(std::string(check.part));
    rows.push_back({&check, *std::move(found)});
  }
  return rows;
}

// What was asked for by name, and can't be had.
bool lacks_what_was_asked(const std::vector<Row>& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const Row& row) {
    return (row.check->part == "registry" || row.check->part == "configuration") && row.found.health == Health::Missing;
  });
}

std::vector<std::string> working_engines(const Patient& patient) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kEngines; ++i) {
    if (patient.engines.contains(std::string(kParts[i]))) names.emplace_back(kParts[i]);
  }
  return names;
}

std::string text_of(const std::vector<Row>& rows, const Patient& patient, const Terminal& terminal) {
  constexpr std::size_t kStatus = 9;
  constexpr std::size_t kName = 12;
  const std::string arrow = terminal.unicode ? "→ " : "-> ";
  std::string text;
  for (const auto part : kParts) {
    bool first = true;
    for (const auto& [check, found] : rows) {
      if (check->part != part) continue;
      if (first) text += (text.empty() ? "" : "\n") + terminal.styled(Style::Bold, part) + "\n";
      first = false;
      Line line(terminal, 4096);
      line.add("  ").column(name_of(found.health), kStatus,
                            found.health == Health::Ok        ? Style::Green
                            : found.health == Health::Warning ? Style::Yellow
                                                              : Style::Red);
      line.column(check->name, kName).add(printable(found.says, 1000));
      text += line.text() + "\n";
      if (found.remedy.empty()) continue;
      text += std::string(2 + kStatus + kName, ' ') + arrow + printable(found.remedy, 1000) + "\n";
    }
  }
  const auto engines = working_engines(patient);
  text += engines.empty() ? "\nNo engine can run containers here.\n"
                          : "\nContainers can be run by: " + join(engines, ", ") + "\n";
  return text;
}

std::string json_of(const std::vector<Row>& rows, const Patient& patient) {
  nlohmann::ordered_json out;
  out["version"] = version();
  out["user"] = patient.user;
  for (std::size_t i = 0; i < kEngines; ++i) {
    out["engines"][std::string(kParts[i])] = patient.engines.contains(std::string(kParts[i]));
  }
  out["checks"] = nlohmann::ordered_json::array();
  for (const auto part : kParts) {
    for (const auto& [check, found] : rows) {
      if (check->part != part) continue;
      out["checks"].push_back({{"part", part},
                               {"name", check->name},
                               {"status", name_of(found.health)},
                               {"says", found.says},
                               {"remedy", found.remedy}});
    }
  }
  return out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string name_of_user(uid_t uid) {
  const passwd* entry = ::getpwuid(uid);
  return entry != nullptr ? entry->pw_name : std::to_string(uid);
}

}  // namespace

int run_doctor(const Args& args) {
  Options options("boxcar doctor",
                  "Looks whether containers can run here, by which engine, and says how to get what is missing.",
                  "boxcar doctor --registry registry.example.org");
  Patient patient;
  std::string store;
  bool json = false;
  options.value("--store", store, "Where results are to be kept (default: $BOXCAR_STORE, else ./.boxcar)", "DIR");
  options.value("--registry", patient.registry, "Ask this registry too whether it answers", "HOST");
  options.flag("--json", json, "One JSON document on stdout");
  if (const auto code = options.parse(args)) return *code;

  block_interrupts();
  patient.store = store_directory(store, ".boxcar");
  patient.images = ImageStore::default_directory();
  patient.uid = outside_uid();
  patient.user = name_of_user(patient.uid);
  patient.probe = make_probe(patient.store);
  const auto rows = make_checks(patient);
  if (patient.probe) std::ignore = remove_tree(*patient.probe);
  if (interrupted()) return say(interruption(), json);
  print(json ? json_of(rows, patient) : text_of(rows, patient, Terminal::of(1)));
  return patient.engines.empty() || lacks_what_was_asked(rows) ? kTrouble : kDone;
}

}  // namespace boxcar
