// Layers, layouts and archives made by hand, for the tests of this folder.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/process.h"
#include "base/sha256.h"
#include "fakes/temporary_directory.h"

// As in boxcar itself, libzstd is there without its headers.
extern "C" std::size_t ZSTD_compressBound(std::size_t size);
extern "C" std::size_t ZSTD_compress(void* to, std::size_t limit, const void* from, std::size_t size, int level);

namespace boxcar {

struct TarItem {
  char type = 'f';  // file, directory, symlink, hard link, char device, pipe
  std::string path;
  std::string content;  // or the target
  int mode = 0644;
  int uid = 0;
  int gid = 0;
  std::int64_t mtime = 1600000000;
  std::vector<std::pair<std::string, std::string>> xattrs = {};
};

enum class Squeeze { None, Gzip, Zstd };

// One "LENGTH KEY=VALUE\n" of a pax header; the length counts itself.
inline std::string pax_record(const std::string& key, const std::string& value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (std::to_string(length).size() + rest != length) ++length;
  return std::to_string(length) + " " + key + "=" + value + "\n";
}

inline std::string tar_header(const TarItem& item, char type, const std::string& name, const std::string& link,
                              std::size_t size) {
  std::string block(512, '\0');
  const auto text = [&](std::size_t at, std::size_t limit, const std::string& value) {
    block.replace(at, std::min(limit, value.size()), value, 0, limit);
  };
  const auto octal = [&](std::size_t at, std::size_t digits, std::uint64_t value) {
    for (std::size_t i = digits; i-- > 0; value /= 8) block[at + i] = static_cast<char>('0' + value % 8);
  };
  text(0, 100, name);
  octal(100, 7, static_cast<std::uint64_t>(item.mode));
  octal(108, 7, static_cast<std::uint64_t>(item.uid));
  octal(116, 7, static_cast<std::uint64_t>(item.gid));
  octal(124, 11, size);
  octal(136, 11, static_cast<std::uint64_t>(item.mtime));
  block[156] = type;
  text(157, 100, link);
  text(257, 8,
       std::string("ustar\0"
                   "00",
                   8));
  if (type == '3') octal(329, 7, 1), octal(337, 7, 3);  // /dev/null's numbers
  text(148, 8, "        ");
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  octal(148, 6, sum);
  block[154] = '\0';
  return block;
}

inline std::string padded(std::string bytes) {
  bytes.resize((bytes.size() + 511) / 512 * 512);
  return bytes;
}

inline std::string squeezed(const std::string& bytes, Squeeze how) {
  if (how == Squeeze::None) return bytes;
  if (how == Squeeze::Zstd) {
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1));
    return out;
  }
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// Written by hand, so that no library cleans up what is meant to be evil. Names and attributes stand in pax headers, or
// with `gnu` as GNU tar has them.
inline std::string make_tar(const std::vector<TarItem>& items, Squeeze squeeze = Squeeze::None, bool gnu = false) {
  std::string bytes;
  for (const TarItem& item : items) {
    const bool file = item.type == 'f';
    const std::string target = file ? "" : item.content;
    const char type = std::string(
        "0521"
        "36")[std::string("fdlhcp").find(item.type)];
    if (gnu) {
      if (item.path.size() > 100)
        bytes += tar_header(item, 'L', "././@LongLink", "", item.path.size() + 1) + padded(item.path + '\0');
    } else {
      std::string records = pax_record("path", item.path);
      if (!target.empty()) records += pax_record("linkpath", target);
      for (const auto& [name, value] : item.xattrs) records += pax_record("SCHILY.xattr." + name, value);
      bytes += tar_header(item, 'x', "pax", "", records.size()) + padded(records);
    }
    bytes += tar_header(item, type, item.path, target, file ? item.content.size() : 0);
    if (file) bytes += padded(item.content);
  }
  bytes.resize(bytes.size() + 1024);
  return squeezed(bytes, squeeze);
}

// Builds an image layer by layer and writes it as an OCI layout.
class LayoutMaker {
 public:
  using Json = nlohmann::json;
  Json config = {{"architecture", "amd64"},
                 {"os", "linux"},
                 {"config", Json::object()},
                 {"rootfs", {{"type", "layers"}, {"diff_ids", Json::array()}}}};
  Json layers = Json::array();

  explicit LayoutMaker(std::string directory) : directory_(std::move(directory)) {
    EXPECT_TRUE(make_directories(directory_ + "/blobs/sha256"));
  }

  LayoutMaker& layer(const std::vector<TarItem>& items, Squeeze squeeze = Squeeze::None) {
    const std::string blob = make_tar(items, squeeze);
    const std::string tar = squeeze == Squeeze::None ? blob : make_tar(items);
    layers.push_back(store("application/vnd.oci.image.layer.v1.tar", blob));
    config["rootfs"]["diff_ids"].push_back("sha256:" + sha256(tar).hex());
    return *this;
  }

  // Adds what was built so far to the index, under `name` when it isn't "".
  Json add(const std::string& name, const Json& platform = nullptr) {
    Json manifest = {{"schemaVersion", 2},
                     {"config", store("application/vnd.oci.image.config.v1+json", config.dump())},
                     {"layers", layers}};
    Json descriptor = store("application/vnd.oci.image.manifest.v1+json", manifest.dump());
    if (!name.empty()) descriptor["annotations"]["org.opencontainers.image.ref.name"] = name;
    if (!platform.is_null()) descriptor["platform"] = platform;
    manifests.push_back(descriptor);
    write();
    return descriptor;
  }

  void write() {
    EXPECT_TRUE(write_file(directory_ + "/index.json", Json{{"schemaVersion", 2}, {"manifests", manifests}}.dump()));
    EXPECT_TRUE(write_file(directory_ + "/oci-layout", R"({"imageLayoutVersion":"1.0.0"})"));
  }

  Json store(const std::string& type, const std::string& bytes) {
    EXPECT_TRUE(write_file(blob(sha256(bytes).hex()), bytes));
    return {{"mediaType", type}, {"digest", "sha256:" + sha256(bytes).hex()}, {"size", bytes.size()}};
  }
  std::string blob(const std::string& hex) const { return directory_ + "/blobs/sha256/" + hex; }
  // The file of a layer's blob.
  std::string layer_blob(std::size_t i) const { return blob(layers.at(i).at("digest").get<std::string>().substr(7)); }

  void clear() {  // to build another image in the same layout
    layers = Json::array();
    config["rootfs"]["diff_ids"] = Json::array();
  }

  Json manifests = Json::array();

 private:
  std::string directory_;
};

// Runs a program that must succeed; what it printed.
inline std::string must_run(std::vector<std::string> argv) {
  SpawnOptions options;
  options.argv = std::move(argv);
  const auto finished = run_program(options);
  if (!finished) {
    ADD_FAILURE() << finished.error().text();
    return "";
  }
  EXPECT_EQ(finished->exit.code, 0) << finished->err;
  return finished->out;
}

}  // namespace boxcar
