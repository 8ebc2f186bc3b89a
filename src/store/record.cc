#include "store/record.h"

#include <bit>

#include "base/fd.h"
#include "store/encoding.h"
#include "store/layout.h"

namespace boxcar {

std::string Record::port_path(std::size_t port) const {
  const auto& of = result.ports[port];
  std::string folder = port_folder(of.port);
  return of.kind == PortKind::File ? join_path(folder, file_names[port]) : folder;
}

std::string Record::encode(std::string_view encoded_entries) const {
  Encoder out;
  out.digest(result.image);
  out.number(std::bit_cast<std::uint64_t>(result.seconds));
  out.number(result.peak_memory);
  out.signed_number(result.finished);
  out.number(bytes);
  out.number(files);
  out.number(inode);
  out.signed_number(mtime);
  out.number(result.ports.size());
  for (std::size_t i = 0; i < result.ports.size(); ++i) {
    const auto& port = result.ports[i];
    out.text(port.port);
    out.number(static_cast<std::uint64_t>(port.kind));
    out.number(port.present ? 1 : 0);
    out.digest(port.content);
    out.text(file_names[i]);
  }
  const bool aside = stand_aside(encoded_entries);
  out.number(aside ? 1 : 0);
  if (aside) {
    out.number(checksum(encoded_entries));
  } else {
    out.bytes(encoded_entries);
  }
  return out.take();
}

bool Record::decode(const Key& key, std::string_view data) {
  Decoder in(data);
  result.key = key;
  result.image = in.digest();
  result.seconds = std::bit_cast<double>(in.number());
  result.peak_memory = in.number();
  result.finished = in.signed_number();
  bytes = in.number();
  files = in.number();
  inode = in.number();
  mtime = in.signed_number();
  const auto ports = in.number();
  if (ports > data.size()) return false;
  result.ports.resize(ports);
  file_names.resize(ports);
  for (std::size_t i = 0; i < ports; ++i) {
    auto& port = result.ports[i];
    port.port = in.text();
    port.kind = static_cast<PortKind>(in.number());
    port.present = in.number() != 0;
    port.content = in.digest();
    file_names[i] = in.text();
  }
  entries_aside = in.number() != 0;
  if (entries_aside) {
    entries_checksum = in.number();
  } else {
    entries = in.rest();
  }
  return in.ok();
}

}  // namespace boxcar
