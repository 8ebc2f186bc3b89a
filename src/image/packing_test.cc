// Images given away again.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "image/image_store.h"
#include "image/images_for_tests.h"

namespace boxcar {
namespace {

using Json = nlohmann::json;

class Packing : public testing::Test {
 protected:
  std::shared_ptr<const Image> import(const std::string& source) {
    const auto images = store_.import(source);
    EXPECT_TRUE(images) << images.error().text();
    return images && !images->empty() ? images->front() : std::make_shared<const Image>();
  }
  std::shared_ptr<const Image> make_image() {
    LayoutMaker maker(directory_ / "layout");
    maker.config["config"] = {{"Env", {"A=1"}}, {"Labels", {{"k", "v\u00e9"}}}};
    maker.config["history"] = {{{"created_by", "what boxcar does not read"}}};
    maker.layer({{'f', "a", std::string(100000, 'a')}}, Squeeze::Gzip)
        .layer({{'f', "b", "1"}, {'f', "b", "2"}})
        .layer({{'f', "a", std::string(100000, 'a')}}, Squeeze::Gzip)
        .add("bar/a:1");
    return import("oci:" + (directory_ / "layout"));
  }
  void expect_same(const Image& image, const std::string& source) {
    ImageStore other(directory_ / ("store" + std::to_string(++stores_)), pool_);
    const auto images = other.import(source);
    ASSERT_TRUE(images) << images.error().text();
    ASSERT_EQ(images->size(), 1U);
    const Image& again = *images->front();
    EXPECT_EQ(again.identity, image.identity);
    EXPECT_EQ(again.layers, image.layers);
    EXPECT_EQ(again.config, image.config);
    EXPECT_EQ(again.env, image.env);
    EXPECT_EQ(again.labels, image.labels);
    EXPECT_EQ(again.reference, image.reference);
    EXPECT_EQ(other.read_file(again, "b", 10).value_or("none"), "2");
  }
  std::string write(const ByteSource& source) {
    const std::string path = directory_ / "written.tar";
    std::string bytes;
    for (auto next = source(); next && !next->empty(); next = source()) bytes += *next;
    EXPECT_TRUE(write_file(path, bytes));
    return path;
  }
  std::string layer_directory(const Image& image, std::size_t i) {
    const std::string old = directory_ / ("store/layers/" + image.layers[i].short_hex());
    return exists(old) ? old : directory_ / ("store/layers/" + image.layers[i].hex());
  }
  std::size_t configs() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory_ / "store/configs"),
                                                  std::filesystem::directory_iterator()));
  }
  // As a boxcar of before left it.
  void make_old(const Image& image) {
    for (const Digest& layer : std::set(image.layers.begin(), image.layers.end())) {
      const std::string path = directory_ / ("store/layers/" + layer.hex());
      unlink((path + "/skeleton").c_str());
      Json info = Json::parse(read_file(path + "/layer.json").value());
      info.erase("tar");
      ASSERT_TRUE(write_file(path + "/layer.json", info.dump()));
      std::filesystem::rename(path, directory_ / ("store/layers/" + layer.short_hex()));
    }
  }

  TemporaryDirectory directory_;
  Pool pool_{2};
  ImageStore store_{directory_ / "store", pool_};
  int stores_ = 0;
};

TEST_F(Packing, ALayoutHoldsTheSameImage) {
  const auto image = make_image();
  ASSERT_TRUE(store_.write_layout(*image, directory_ / "out"));
  expect_same(*image, "oci:" + (directory_ / "out"));
  EXPECT_EQ(must_run({"sh", "-c", "cd $0 && cmp out/blobs/sha256/$1 layout/blobs/sha256/$1", directory_.path(),
                      image->config.hex()}),
            "");
  for (const Digest& layer : image->layers)
    EXPECT_EQ(sha256(read_file(directory_ / ("out/blobs/sha256/" + layer.hex())).value_or("")), layer);
  EXPECT_EQ(Json::parse(must_run({"skopeo", "inspect", "oci:" + (directory_ / "out")})).at("Layers").size(), 3U);
}

TEST_F(Packing, AnArchiveHoldsTheSameImage) {
  const auto image = make_image();
  const auto archive = store_.docker_archive(*image, "docker.io/bar/a:1");
  ASSERT_TRUE(archive) << archive.error().text();
  expect_same(*image, "docker-archive:" + write(*archive));
  must_run({"tar", "-tf", directory_ / "written.tar"});
  must_run({"skopeo", "inspect", "docker-archive:" + (directory_ / "written.tar")});
  const auto nameless = store_.docker_archive(*image, "");
  EXPECT_EQ(import("docker-archive:" + write(*nameless))->reference, "docker-archive:" + (directory_ / "written.tar"));
}

TEST_F(Packing, PushesToFiles) {
  const auto image = make_image();
  for (const char* to : {"oci:out", "oci-archive:out.oci", "docker-archive:out.tar"}) {
    std::string place = to;
    place.insert(place.find(':') + 1, directory_.path() + "/");
    const auto pushed = store_.push(*image, place);
    ASSERT_TRUE(pushed) << pushed.error().text();
    EXPECT_EQ(*pushed, place + ":docker.io/bar/a:1");
    expect_same(*image, place);
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory_ / "store/tmp"));
  EXPECT_EQ(store_.push(*image, "oci:").error().kind, ErrorKind::Invalid);
  EXPECT_EQ(store_.push(*image, "Not A Name").error().kind, ErrorKind::Invalid);
  const auto closed = store_.push(*image, "127.0.0.1:1/bar/a");
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().kind, ErrorKind::Unavailable) << closed.error().text();
  EXPECT_NE(closed.error().text().find("docker://127.0.0.1:1/bar/a:latest"), std::string::npos)
      << closed.error().text();
  const Image nameless = [&] {
    Image other = *image;
    other.reference = "oci:/some/where";
    return other;
  }();
  EXPECT_NE(store_.push(nameless, "").error().message.find("say where"), std::string::npos);
}

TEST_F(Packing, RealImages) {
  must_run({"sh", "-c",
            "mkdir -p $0/root/bin && cp /bin/busybox $0/root/bin/ && chroot $0/root /bin/busybox --install -s /bin",
            directory_.path()});
  must_run({std::string(BOXCAR_SOURCE_DIR) + "/tests/make_image.sh", directory_ / "busybox", "test/busybox",
            directory_ / "root", "env=A=1"});
  const auto image = import(directory_ / "busybox");
  ASSERT_TRUE(store_.write_layout(*image, directory_ / "out"));
  EXPECT_EQ(must_run({"sh", "-c", "cd $0 && cmp out/blobs/sha256/$1 busybox/blobs/sha256/$1", directory_.path(),
                      image->layers[0].hex()}),
            "");
}

TEST_F(Packing, AnAlteredLayerIsRefused) {
  const auto image = make_image();
  must_run({"sh", "-c", "sleep 0.02; printf x >>$0; printf 3 >$1", layer_directory(*image, 0) + "/tree/a",
            layer_directory(*image, 1) + "/tree/b"});
  const auto layout = store_.write_layout(*image, directory_ / "out");
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().kind, ErrorKind::Invalid);
  EXPECT_THAT(layout.error().text(),
              testing::MatchesRegex("layer sha256:" + image->layers[1].short_hex() +
                                    ": it was altered since it was unpacked: .*; tree/b was changed"));
  EXPECT_FALSE(store_.push(*image, "oci:" + (directory_ / "pushed")));
  EXPECT_FALSE(exists(directory_ / "pushed"));
  const auto archive = store_.docker_archive(*image, "");
  ASSERT_TRUE(archive);
  auto next = (*archive)();
  while (next && !next->empty()) next = (*archive)();
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().text(), layout.error().text());
}

TEST_F(Packing, WhatAnEarlierBoxcarImportedIsPulledAgainFirst) {
  const auto image = make_image();
  const std::string info = read_file(layer_directory(*image, 0) + "/layer.json").value();
  make_old(*image);
  for (const auto& error : {store_.write_layout(*image, directory_ / "out").error(),
                            store_.docker_archive(*image, "").error(), store_.push(*image, "").error()}) {
    EXPECT_EQ(error.kind, ErrorKind::NotFound);
    EXPECT_NE(error.text().find("imported by an earlier boxcar"), std::string::npos) << error.text();
    EXPECT_NE(error.text().find("pull or import it again"), std::string::npos) << error.text();
  }
  // The trees stay, as a container may be running on them.
  struct stat before {};
  struct stat after {};
  ASSERT_EQ(stat((layer_directory(*image, 0) + "/tree").c_str(), &before), 0);
  import("oci:" + (directory_ / "layout"));
  ASSERT_EQ(stat((layer_directory(*image, 0) + "/tree").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(read_file(layer_directory(*image, 0) + "/layer.json").value(), info);
  must_run({"rm", "-r", directory_ / "out"});
  ASSERT_TRUE(store_.write_layout(*image, directory_ / "out"));
  expect_same(*image, "oci:" + (directory_ / "out"));

  Image old = *image;
  old.config = {};
  EXPECT_NE(store_.push(old, "").error().text().find("pull or import it again"), std::string::npos);
}

TEST_F(Packing, ConfigurationsGoWithTheirImages) {
  LayoutMaker maker(directory_ / "layout");
  maker.layer({{'f', "a", "1"}});
  for (const char* name : {"one:1", "two:1", "three:1"}) {
    maker.config["config"]["Env"] = {name};
    maker.add(name);
  }
  maker.clear();
  maker.layer({{'f', "a", "2"}}).add("four:1");
  {
    ImageStore other(directory_ / "store", pool_);
    ASSERT_TRUE(other.import("oci:" + (directory_ / "layout")));
  }
  EXPECT_EQ(configs(), 4U);
  const auto two = store_.resolve("two:1", PullPolicy::Never);
  ASSERT_TRUE(two);
  ASSERT_TRUE(store_.write_layout(**two, directory_ / "out"));
  EXPECT_NE(read_file(directory_ / ("out/blobs/sha256/" + (*two)->config.hex())).value_or("").find("two:1"),
            std::string::npos);
  ASSERT_TRUE(store_.remove("four:1"));
  EXPECT_EQ(configs(), 3U);
  ASSERT_TRUE(store_.remove("one:1"));
  ASSERT_TRUE(store_.prune());
  EXPECT_EQ(configs(), 2U) << "of two names that are one image";
  ASSERT_TRUE(write_file(directory_ / ("store/configs/" + (*two)->config.hex() + ".json"), "{}"));
  EXPECT_EQ(store_.docker_archive(**two, "").error().kind, ErrorKind::Invalid);
}

}  // namespace
}  // namespace boxcar
