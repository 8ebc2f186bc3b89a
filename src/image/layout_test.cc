#include "image/layout.h"

#include "image/images_for_tests.h"

namespace boxcar {
namespace {

using Json = nlohmann::json;

class Layout : public testing::Test {
 protected:
  Result<std::vector<FoundImage>> read(const std::string& wanted = "", const std::string& called = "") {
    return read_oci_layout(Members::of_directory(directory_.path()), wanted, called);
  }
  std::string trouble(const std::string& wanted = "") {
    const auto result = read(wanted);
    EXPECT_FALSE(result);
    return result ? "" : result.error().text();
  }
  void replace_index(const Json& manifests) { maker_.manifests = manifests, maker_.write(); }

  TemporaryDirectory directory_;
  LayoutMaker maker_{directory_.path()};
};

TEST_F(Layout, GivesWhatTheConfigurationSays) {
  maker_.config["config"] = {{"Env", {"A=1", "B=x=y"}}, {"User", "1000:1000"}, {"WorkingDir", "/w"},
                             {"Entrypoint", {"/e"}},    {"Cmd", {"c", "d"}},   {"Labels", {{"k", "v"}}}};
  maker_.layer({{'f', "a", "1"}}).layer({{'f', "b", "2"}}, Squeeze::Gzip).add("bar/a:1");
  const auto result = read();
  ASSERT_TRUE(result) << result.error().text();
  const FoundImage& found = result->at(0);
  EXPECT_EQ(found.names, std::vector<std::string>{"docker.io/bar/a:1"});
  EXPECT_EQ(found.image.platform(), "linux/amd64");
  EXPECT_EQ(found.image.env, (std::vector<std::string>{"A=1", "B=x=y"}));
  EXPECT_EQ(found.image.user, "1000:1000");
  EXPECT_EQ(found.image.working_dir, "/w");
  EXPECT_EQ(found.image.entrypoint, std::vector<std::string>{"/e"});
  EXPECT_EQ(found.image.cmd, (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(found.image.labels.at("k"), "v");
  EXPECT_EQ(found.image.identity, image_identity(found.image));
  ASSERT_EQ(found.image.layers.size(), 2U);
  EXPECT_EQ(found.image.layers[1], sha256(make_tar({{'f', "b", "2"}})));
  EXPECT_EQ(found.blobs[1].path, maker_.layer_blob(1));
  EXPECT_EQ(found.blobs[1].digest, sha256(make_tar({{'f', "b", "2"}}, Squeeze::Gzip)));
}

TEST_F(Layout, TakesNullForNothing) {
  maker_.config["config"] = {{"Env", nullptr}, {"Cmd", nullptr}, {"Labels", nullptr}, {"User", nullptr}};
  maker_.add("a:1");
  EXPECT_TRUE(read()) << read().error().text();
}

TEST_F(Layout, ATagAloneIsPutToTheNameOfTheLayout) {
  maker_.layer({{'f', "a", "1"}}).add("1.0");
  EXPECT_EQ(read("", "simms")->at(0).names, std::vector<std::string>{"docker.io/library/simms:1.0"});
  EXPECT_TRUE(read("", "")->at(0).names.empty());
  EXPECT_EQ(read("1.0", "Not A Name")->at(0).names.size(), 0U);
}

TEST_F(Layout, ChoosesThisMachinesPlatform) {
  const std::string ours = machine_architecture();
  const std::string other = ours == "arm64" ? "amd64" : "arm64";
  maker_.config["architecture"] = other;
  Json other_manifest = maker_.layer({{'f', "a", "other"}}).add("", {{"os", "linux"}, {"architecture", other}});
  maker_.clear();
  maker_.config["architecture"] = ours;
  Json our_manifest = maker_.layer({{'f', "a", "ours"}}).add("", {{"os", "linux"}, {"architecture", ours}});
  const Digest layer = sha256(make_tar({{'f', "a", "ours"}}));
  ASSERT_EQ(read()->size(), 1U) << "several platforms are one image";
  EXPECT_EQ(read()->at(0).image.layers.at(0), layer);

  // The same in an index of its own, with an attestation beside.
  const Json attestation = {{"digest", our_manifest["digest"]},
                            {"platform", {{"os", "unknown"}, {"architecture", "unknown"}}}};
  Json nested = maker_.store("application/vnd.oci.image.index.v1+json",
                             Json{{"manifests", {attestation, other_manifest, our_manifest}}}.dump());
  nested["annotations"] = {{"io.containerd.image.name", "quay.io/a/b:1"}, {"org.opencontainers.image.ref.name", "1"}};
  replace_index(Json::array({nested}));
  EXPECT_EQ(read()->at(0).image.layers.at(0), layer);
  EXPECT_EQ(read()->at(0).names, std::vector<std::string>{"quay.io/a/b:1"});

  replace_index(Json::array({other_manifest}));
  const auto none = read();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::NotFound);
  EXPECT_NE(none.error().message.find("linux/" + ours + ", but for linux/" + other), std::string::npos)
      << none.error().message;
}

TEST_F(Layout, GivesAllImagesOrTheOneThatIsWanted) {
  maker_.layer({{'f', "a", "1"}}).add("one:1");
  maker_.layer({{'f', "b", "2"}}).add("docker.io/library/two:2");
  EXPECT_EQ(read()->size(), 2U);
  EXPECT_EQ(read("two:2")->at(0).image.layers.size(), 2U);
  EXPECT_EQ(read("one:1")->at(0).image.layers.size(), 1U);
  EXPECT_NE(trouble("three").find("but one:1, docker.io/library/two:2"), std::string::npos) << trouble("three");
}

TEST_F(Layout, FaultyDocumentsAreNamed) {
  EXPECT_NE(trouble().find("index.json"), std::string::npos);
  ASSERT_TRUE(write_file(directory_ / "index.json", "{\"manifests\": ["));
  EXPECT_NE(trouble().find("index.json of " + directory_.path() + " is faulty"), std::string::npos) << trouble();
  for (const char* text : {"[]", "{}", "{\"manifests\": {\"a\": 1}}", "{\"manifests\": [{\"digest\": 1}]}",
                           "{\"manifests\": [{\"digest\": \"md5:1\"}]}"}) {
    ASSERT_TRUE(write_file(directory_ / "index.json", text));
    EXPECT_EQ(read().error().kind, ErrorKind::Invalid) << text;
  }
  maker_.layer({{'f', "a", "1"}});
  const Json good = maker_.config;
  maker_.config["rootfs"]["diff_ids"].push_back("sha256:" + sha256("x").hex());
  maker_.add("a:1");
  EXPECT_NE(trouble().find("1 layers, its configuration 2"), std::string::npos) << trouble();
  const Json bad_configs[] = {Json::array(),
                              {{"architecture", "amd64"}},
                              {{"rootfs", {{"diff_ids", {"sha256:zz"}}}}},
                              {{"rootfs", {{"diff_ids", {1}}}}}};
  for (const Json& bad : bad_configs) {
    maker_.config = bad;
    maker_.manifests = Json::array();
    maker_.add("a:1");
    EXPECT_EQ(read().error().kind, ErrorKind::Invalid) << bad;
  }
  maker_.config = good;
  maker_.manifests = Json::array();
  const std::string manifest = maker_.blob(maker_.add("a:1")["digest"].get<std::string>().substr(7));
  ASSERT_TRUE(read());
  ASSERT_TRUE(write_file(manifest, read_file(manifest).value() + " "));
  EXPECT_NE(trouble().find("is not what its digest says"), std::string::npos) << trouble();
}

TEST_F(Layout, AnIndexInItselfEnds) {
  // Digests don't allow a true circle; deep nesting is refused all the same.
  maker_.layer({{'f', "a", "1"}});
  Json inner = maker_.add("");
  for (int i = 0; i < 10; ++i)
    inner = maker_.store("application/vnd.oci.image.index.v1+json", Json{{"manifests", Json::array({inner})}}.dump());
  replace_index(Json::array({inner}));
  EXPECT_NE(trouble().find("too many"), std::string::npos) << trouble();
}

class DockerArchive : public Layout {
 protected:
  // What `docker save` writes, by skopeo.
  std::string save(const std::vector<std::pair<std::string, std::string>>& images) {
    const std::string file = directory_ / "saved.tar";
    for (const auto& [reference, name] : images) {
      must_run({"skopeo", "copy", "--quiet", "oci:" + directory_.path() + ":" + reference,
                "docker-archive:" + file + ":" + name});
    }
    return file;
  }
};

TEST_F(DockerArchive, IsReadInPlace) {
  maker_.config["config"] = {{"Env", {"A=1"}}};
  maker_.layer({{'f', "a", std::string(70000, 'x')}}, Squeeze::Gzip).layer({{'f', "b", "2"}}).add("one");
  const std::string file = save({{"one", "bar/one:1"}});
  for (const bool squeezed_archive : {false, true}) {
    if (squeezed_archive) must_run({"gzip", "-1", file});
    const auto members = Members::of_archive(squeezed_archive ? file + ".gz" : file, directory_.path());
    ASSERT_TRUE(members) << members.error().text();
    const auto found = read_docker_archive(*members, "");
    ASSERT_TRUE(found) << found.error().text();
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(found->at(0).names, std::vector<std::string>{"docker.io/bar/one:1"});
    EXPECT_EQ(found->at(0).image.env, std::vector<std::string>{"A=1"});
    EXPECT_EQ(found->at(0).image.identity, read()->at(0).image.identity) << "one identity, however it came";
    for (std::size_t i = 0; i < 2; ++i) {
      auto stream = BlobStream::open(found->at(0).blobs.at(i));
      const auto verified = (*stream)->verify(found->at(0).image.layers.at(i));
      EXPECT_TRUE(verified) << verified.error().text();
    }
    EXPECT_TRUE(read_docker_archive(*members, "bar/one:1"));
    EXPECT_TRUE(read_docker_archive(*members, "@0"));
    const auto none = read_docker_archive(*members, "bar/two");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().kind, ErrorKind::NotFound);
    EXPECT_NE(none.error().message.find("bar/one:1"), std::string::npos) << none.error().message;
  }
}

TEST_F(DockerArchive, OfSeveralImagesWithSharedLayers) {
  const std::string tar1 = make_tar({{'f', "a", "1"}});
  const std::string tar2 = make_tar({{'f', "b", "2"}});
  const auto config = [](std::initializer_list<std::string> tars) {
    Json diff_ids = Json::array();
    for (const std::string& tar : tars) diff_ids.push_back("sha256:" + sha256(tar).hex());
    return Json{{"architecture", "amd64"}, {"os", "linux"}, {"rootfs", {{"diff_ids", diff_ids}}}}.dump();
  };
  const Json manifest = {{{"Config", "one.json"}, {"RepoTags", {"one:1", "uno:1"}}, {"Layers", {"1/layer.tar"}}},
                         {{"Config", "two.json"}, {"RepoTags", nullptr}, {"Layers", {"3/layer.tar", "2/layer.tar"}}}};
  ASSERT_TRUE(write_file(directory_ / "saved.tar", make_tar({{'f', "1/layer.tar", tar1},
                                                             {'f', "2/layer.tar", tar2},
                                                             {'l', "3/layer.tar", "../1/layer.tar"},
                                                             {'f', "one.json", config({tar1})},
                                                             {'f', "two.json", config({tar1, tar2})},
                                                             {'f', "manifest.json", manifest.dump()}})));
  const auto members = Members::of_archive(directory_ / "saved.tar", directory_.path());
  ASSERT_TRUE(members) << members.error().text();
  const auto found = read_docker_archive(*members, "");
  ASSERT_TRUE(found) << found.error().text();
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ(found->at(0).names, (std::vector<std::string>{"docker.io/library/one:1", "docker.io/library/uno:1"}));
  EXPECT_EQ(read_docker_archive(*members, "uno:1")->at(0).names, std::vector<std::string>{"docker.io/library/uno:1"});
  EXPECT_EQ(found->at(1).blobs.at(0).offset, found->at(0).blobs.at(0).offset) << "the symlink is followed";
  auto stream = BlobStream::open(found->at(1).blobs.at(1));
  EXPECT_TRUE((*stream)->verify(sha256(tar2)));
}

TEST_F(DockerArchive, FaultyOnesAreRefused) {
  const auto trouble = [&](const std::string& bytes) {
    EXPECT_TRUE(write_file(directory_ / "bad.tar", bytes));
    const auto members = Members::of_archive(directory_ / "bad.tar", directory_.path());
    if (!members) return members.error().text();
    const auto found = read_docker_archive(*members, "");
    return found ? std::string("none") : found.error().text();
  };
  EXPECT_NE(trouble(make_tar({{'f', "a", ""}})).find("no manifest.json"), std::string::npos);
  EXPECT_NE(trouble(make_tar({{'f', "manifest.json", "[{\"Config\": \"c\", \"Layers\": [\"l\"]}]"}})).find("no c in"),
            std::string::npos);
  EXPECT_NE(trouble(make_tar({{'f', "manifest.json", "[{}]"}})).find("faulty"), std::string::npos);
  EXPECT_NE(trouble(make_tar({{'f', "manifest.json", std::string(100000, ' ')}}).substr(0, 9000)).find("bad.tar"),
            std::string::npos);
  EXPECT_NE(trouble("no tar, but text that goes on").find("not a readable tar"), std::string::npos);
  EXPECT_NE(trouble(make_tar({{'l', "a", "b"}, {'l', "b", "a"}, {'l', "manifest.json", "a"}})).find("no manifest.json"),
            std::string::npos);
}

TEST_F(Layout, ALargeDocumentIsReadNoNumberOfTimes) {
  maker_.config["config"]["Labels"] = {{"much", std::string(3 << 20, 'x')}};
  const Json descriptor = maker_.add("a:1");
  EXPECT_TRUE(read()) << read().error().text();
  for (int i = 0; i < 10000; ++i) {
    maker_.manifests.push_back(descriptor);
    maker_.manifests.back()["annotations"]["org.opencontainers.image.ref.name"] = "a:" + std::to_string(i);
  }
  maker_.write();
  EXPECT_EQ(trouble(), directory_.path() + " names too many images, or too large ones");
  EXPECT_EQ(read("a:7777")->size(), 1U);
  maker_.clear();
  maker_.config["config"]["Labels"] = {{"much", std::string(5 << 20, 'x')}};
  maker_.add("b:1");
  EXPECT_NE(trouble("b:1").find("larger than a document of an image may be"), std::string::npos) << trouble("b:1");
}

}  // namespace
}  // namespace boxcar
