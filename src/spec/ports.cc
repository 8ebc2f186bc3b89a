#include "spec/ports.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace boxcar {

namespace {

// What is mounted for a port: its directory when only the file in it has a fixed place.
std::string_view mounted(const Port& port, bool input) {
  std::string_view path = port.path;
  if (path.ends_with('/')) return path.substr(0, path.size() - 1);
  if (!input && port.kind != PortKind::Directory) return path.substr(0, path.rfind('/'));
  return path;
}

bool lies_within(std::string_view inner, std::string_view outer) {
  return inner == outer || (inner.starts_with(outer) && inner.substr(outer.size()).starts_with('/'));
}

struct Place {
  const Port* port;
  std::string_view path;
  bool output_file;

  bool shares_with(const Place& other) const {
    return output_file && other.output_file && path == other.path && port->path != other.port->path;
  }
};

// What every container has there whatever its image holds; a mount in its place fails, or takes away what programs
// need.
constexpr std::array<std::string_view, 6> kSystem = {"/proc",      "/sys",          "/dev",
                                                     "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"};
// Of these only what lies deeper is free to be a port's.
constexpr std::array<std::string_view, 14> kPrograms = {
    "/bin",     "/sbin",     "/lib",     "/lib32",     "/lib64",     "/etc",           "/usr",
    "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64", "/usr/local", "/usr/local/bin", "/usr/local/lib"};

void check_system(const Place& place, std::string_view noun, const Tool& tool, Report& report) {
  const std::string subject = std::string(noun) + " " + in_quotes(place.port->name) + " at " + printable(place.path);
  for (const auto system : kSystem) {
    // A device or a directory among the devices can be a mount, and shared memory is a place for data.
    const bool taken = system == "/dev" ? place.path == system : lies_within(place.path, system);
    if (taken) {
      return report.error(place.port->at, subject + ": every container has " + std::string(system) +
                                              " of its own; give it another place");
    }
  }
  if (std::find(kPrograms.begin(), kPrograms.end(), place.path) != kPrograms.end()) {
    return report.warn(place.port->at, subject + " hides all that the image has there, programs and libraries too");
  }
  if (!tool.command.empty() && lies_within(tool.command.front(), place.path)) {
    report.warn(place.port->at, subject + " hides " + printable(tool.command.front()) +
                                    ", which 'command' starts, if it is the image's");
  }
}

// "/a//b/./c" as it is to be written. "": there is no such way.
std::string written_plainly(std::string_view path) {
  std::string plain;
  for (const auto part : split(path, '/')) {
    if (part == "..") return "";
    if (!part.empty() && part != ".") plain.append("/").append(part);
  }
  return path.starts_with('/') ? plain : "";
}

}  // namespace

std::optional<std::string> read_container_path(const Fields& fields, std::string_view key, PathEnd end) {
  auto path = fields.text(key);
  if (!path) return std::nullopt;
  const std::string plain = has_nul(*path) ? "" : written_plainly(*path);
  if (!plain.empty()) {
    if (*path == plain || (end == PathEnd::Slash && *path == plain + '/')) return path;
    if (end == PathEnd::SlashDropped && *path == plain + '/') return plain;
  }
  const std::string hint = plain.empty() ? "" : " (write " + printable(plain) + ")";
  fields.expected(key, *fields.find(key),
                  "a path in the container that begins with '/', is not '/' itself, and holds no '..', '.' or '//'",
                  hint);
  return std::nullopt;
}

void check_places(const Tool& tool, std::string_view noun, Report& report) {
  std::vector<Place> places;
  for (const auto& port : tool.inputs) places.push_back({&port, mounted(port, true), false});
  for (const auto& port : tool.outputs) places.push_back({&port, mounted(port, false), port.kind == PortKind::File});
  for (std::size_t i = 0; i < places.size(); ++i) {
    check_system(places[i], noun, tool, report);
    for (std::size_t j = 0; j < i; ++j) {
      if (!lies_within(places[i].path, places[j].path) && !lies_within(places[j].path, places[i].path)) continue;
      if (places[i].shares_with(places[j])) continue;
      report.error(places[i].port->at, std::string(noun) + " " + in_quotes(places[i].port->name) + " at " +
                                           std::string(places[i].path) + " and " + std::string(noun) + " " +
                                           in_quotes(places[j].port->name) + " at " + std::string(places[j].path) +
                                           " overlap; give each a directory of its own");
      break;
    }
  }
}

}  // namespace boxcar
