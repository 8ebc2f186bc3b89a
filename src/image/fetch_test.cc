// Images from a real registry and a real Podman store.
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>

#include "base/base64.h"
#include "image/image_store.h"
#include "image/images_for_tests.h"
#include "image/skopeo.h"
#include "image/skopeo_log.h"

namespace boxcar {
namespace {

int free_port() {
  const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin_port);
}

bool answers(int port) {
  const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

class Registry : public testing::Test {
 protected:
  explicit Registry(bool closed = false) {
    // No test asks a Docker or Podman that happens to be on the machine.
    setenv("DOCKER_HOST", ("unix://" + (directory_ / "no-docker.sock")).c_str(), 1);
    port_ = free_port();
    const std::string config = directory_ / "registry.yml";
    const std::string passwords = directory_ / "htpasswd";
    if (closed) must_run({"htpasswd", "-cbB", passwords, "ann", "secret"});
    EXPECT_TRUE(write_file(config, "version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: " +
                                       (directory_ / "registry") +
                                       "}}\nhttp: {addr: '127.0.0.1:" + std::to_string(port_) + "'}\n" +
                                       (closed ? "auth: {htpasswd: {realm: test, path: " + passwords + "}}\n" : "")));
    SpawnOptions options;
    options.argv = {"docker-registry", "serve", config};
    auto started = spawn(options);
    EXPECT_TRUE(started);
    child_ = *std::move(started);
    for (int i = 0; i < 1000 && !answers(port_); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ~Registry() override {
    kill(child_.pid, SIGKILL);
    (void)wait_for(child_);
    unsetenv("DOCKER_HOST");
  }

  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  void push(const std::string& reference, const std::string& name) {
    must_run({"skopeo", "copy", "--quiet", "--dest-tls-verify=false", "--dest-creds", "ann:secret",
              "oci:" + (directory_ / "layout") + ":" + reference, "docker://" + host() + "/" + name});
  }

  TemporaryDirectory directory_;
  LayoutMaker maker_{directory_ / "layout"};
  int port_ = 0;
  Child child_;
  Pool pool_{2};
};

// Wants a user and a password.
class ClosedRegistry : public Registry {
 protected:
  ClosedRegistry() : Registry(true) {}
};

TEST_F(Registry, IsAskedWhenNobodyElseHasTheImage) {
  maker_.config["config"] = {{"Env", {"A=1"}}};
  maker_.layer({{'f', "base", std::string(100000, 'b')}}, Squeeze::Gzip)
      .layer({{'f', "a", "1"}}, Squeeze::Gzip)
      .add("x:1");
  push("x:1", "bar/a:1");
  ImageStore store(directory_ / "store", pool_);
  const std::string name = host() + "/bar/a:1";
  EXPECT_EQ(store.resolve(name, PullPolicy::Never).error().kind, ErrorKind::NotFound);
  std::vector<std::string> progress;
  const auto image =
      store.resolve(name, PullPolicy::Missing, [&](const std::string& line) { progress.push_back(line); });
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ((*image)->reference, name);
  EXPECT_EQ((*image)->env, std::vector<std::string>{"A=1"});
  EXPECT_EQ(store.read_file(**image, "a", 10).value_or("none"), "1");
  EXPECT_THAT(progress, testing::Contains("fetching docker://" + name));
  EXPECT_THAT(progress, testing::Contains(testing::HasSubstr("unpacking layer 2 of 2")));

  // By digest, and by the prefix.
  const std::string digest =
      nlohmann::json::parse(must_run({"skopeo", "inspect", "--tls-verify=false", "docker://" + name}))["Digest"];
  const auto by_digest = store.resolve(host() + "/bar/a@" + digest, PullPolicy::Missing);
  ASSERT_TRUE(by_digest) << by_digest.error().text();
  EXPECT_EQ((*by_digest)->identity, (*image)->identity);
  EXPECT_TRUE(store.import("docker://" + name, "mine"));
  EXPECT_TRUE(store.resolve("mine", PullPolicy::Never));

  // A new image of the same name: taken when asked to always; the layer they share is not fetched again.
  maker_.clear();
  maker_.layer({{'f', "base", std::string(100000, 'b')}}, Squeeze::Gzip)
      .layer({{'f', "a", "22"}}, Squeeze::Gzip)
      .add("x:2");
  push("x:2", "bar/a:1");
  must_run({"sh", "-c",
            "echo damaged > $(find $0/registry -path '*" + maker_.layers[0]["digest"].get<std::string>().substr(7) +
                "/data')",
            directory_.path()});
  ImageStore again(directory_ / "store", pool_);
  EXPECT_EQ((*again.resolve(name, PullPolicy::Missing))->identity, (*image)->identity);
  const auto newer = again.resolve(name, PullPolicy::Always);
  ASSERT_TRUE(newer) << newer.error().text();
  EXPECT_EQ(again.read_file(**newer, "a", 10).value_or("none"), "22");
  EXPECT_EQ(again.read_file(**newer, "base", 1000000)->size(), 100000U);
}

TEST_F(Registry, TheErrorNamesEveryPlace) {
  ImageStore store(directory_ / "store", pool_);
  const auto none = store.resolve(host() + "/no/such", PullPolicy::Missing);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::NotFound) << none.error().text();
  const std::string text = none.error().text();
  for (const char* part : {"no image 127.0.0.1:", "/no/such:latest", "the local store: not there",
                           "Docker: no Docker answers at", "Podman: ", "the registry: "}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in: " << text;
  }
  const auto closed = store.resolve("127.0.0.1:" + std::to_string(free_port()) + "/a", PullPolicy::Missing);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().kind, ErrorKind::Unavailable) << closed.error().text();
  EXPECT_NE(closed.error().text().find("connection refused"), std::string::npos) << closed.error().text();
}

TEST(SkopeoErrorTest, SaysWhichHostCouldNotBeReachedAndWhy) {
  const auto said = [](const std::string& message) {
    return skopeo_error("time=\"now\" level=fatal msg=\"" + message + "\"\n", "docker://a.org/x:1", {});
  };
  const std::string asked = R"(pinging container registry a.org: Get \"https://a.org/v2/\": )";
  const Error unknown = said(asked + "dial tcp: lookup a.org on 10.0.0.2:53: no such host");
  EXPECT_EQ(unknown.message, "a.org could not be reached: no such host");
  EXPECT_EQ(unknown.kind, ErrorKind::Unavailable);
  EXPECT_EQ(said(R"(Error parsing image name \"docker://a.org/x:1\": )" + asked + "dial tcp 10.0.0.9:443: i/o timeout")
                .message,
            "a.org could not be reached: i/o timeout");
  EXPECT_EQ(said(R"(reading blob: Get \"http://b.org:80/c\": dial tcp [::1]:80: connect: connection refused)").message,
            "b.org:80 could not be reached: connection refused");
  const std::string mirrored =
      "(Mirrors also failed: [m.org/x:1: " + asked + "dial tcp 10.0.0.9:443: i/o timeout]): a.org/x:1: EOF";
  EXPECT_EQ(said(mirrored).message.substr(0, 20), mirrored.substr(0, 20)) << "several hosts, each with its reason";
  for (const std::string other :
       {"proxyconnect tcp: dial tcp 10.0.0.9:3128: connect: connection refused", "net/http: TLS handshake timeout"}) {
    EXPECT_THAT(said(asked + other).message, testing::EndsWith(other)) << "reached, or not asked itself";
  }
}

TEST_F(Registry, ALayerThatIsNotWhatTheConfigurationSaysIsRefused) {
  maker_.layer({{'f', "a", std::string(100000, 'x')}});
  maker_.config["rootfs"]["diff_ids"][0] = "sha256:" + sha256("other").hex();
  maker_.add("x:1");
  push("x:1", "bar/a");
  ImageStore store(directory_ / "store", pool_);
  const auto refused = store.resolve(host() + "/bar/a", PullPolicy::Missing);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Invalid);
  EXPECT_NE(refused.error().text().find("unpacked it has the digest"), std::string::npos) << refused.error().text();
  EXPECT_TRUE(store.list()->empty());
  EXPECT_EQ(must_run({"sh", "-c", "ls $0/store/layers $0/store/partial | grep -v :; true", directory_.path()}), "\n")
      << "nothing is kept";
}

TEST_F(Registry, AnImageIsReadAsFarAsItIsNeeded) {
  const std::string big(3000000, 'x');
  maker_.layer({{'f', "low", "1"}})
      .layer({{'f', "middle", big}})
      .layer({{'f', "link", "lower"}})
      .layer({
          {'l', "up", "middle"},
          {'f', "top", "2"},
      });
  maker_.add("x:1");
  push("x:1", "bar/a");
  ImageStore store(directory_ / "store", pool_);
  const auto layers = [&] { return must_run({"sh", "-c", "ls $0/store/layers | wc -l", directory_.path()}); };
  const auto image = store.glimpse(host() + "/bar/a", PullPolicy::Missing);
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ((*image)->layers.size(), 4U);
  EXPECT_EQ(store.read_file(**image, "/top", 10).value_or("none"), "2");
  EXPECT_TRUE(store.list()->empty());
  EXPECT_EQ(store.resolve(host() + "/bar/a", PullPolicy::Never).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(store.prune().error().kind, ErrorKind::Unavailable) << "what is being read stays";
  // A symlink into a lower layer, and what is nowhere: as if it were all here.
  EXPECT_EQ(store.read_file(**image, "up", big.size()).value_or("none"), big);
  EXPECT_EQ(store.read_file(**image, "/nowhere", 10).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(layers(), "4\n");
  // Then a pull has little to fetch, and the image is one of the store's.
  EXPECT_TRUE(store.resolve(host() + "/bar/a", PullPolicy::Missing));
  EXPECT_EQ(store.list()->size(), 1U);
}

TEST_F(ClosedRegistry, TakesTheCallersCredentials) {
  maker_.layer({{'f', "a", "1"}}).add("x:1");
  push("x:1", "bar/a");
  ImageStore store(directory_ / "store", pool_);
  const std::string name = host() + "/bar/a";
  const auto resolve = [&](const Credentials& given) { return store.resolve(name, PullPolicy::Missing, {}, given); };
  const auto none = store.resolve(name, PullPolicy::Missing);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::Denied);
  const auto wrong = resolve({"", "ann", "wrong"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::Denied);
  EXPECT_NE(wrong.error().text().find("does not take the credentials for it, those given with the image"),
            std::string::npos)
      << wrong.error().text();
  const auto elsewhere = resolve({"https://elsewhere.example/v1/", "ann", "secret"});
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().kind, ErrorKind::Denied);
  EXPECT_NE(elsewhere.error().text().find(
                host() + " wants a login, and the one that was given with the image is for elsewhere.example;"),
            std::string::npos)
      << elsewhere.error().text();
  EXPECT_TRUE(store.glimpse(name, PullPolicy::Missing, {}, Credentials{"", "ann", "secret"}));
  EXPECT_TRUE(resolve({host(), "ann", "secret"}));
}

TEST_F(ClosedRegistry, TheCallersCredentialsComeFirstAndAreNotKept) {
  maker_.layer({{'f', "a", "1"}}).add("x:1");
  push("x:1", "bar/a");
  const auto auths = [&](const std::string& file, const std::vector<std::string>& places) {
    nlohmann::json config;
    for (const auto& place : places) config["auths"][place]["auth"] = base64_encode("ann:wrong");
    EXPECT_TRUE(write_file(directory_ / file, config.dump()));
    return config.dump();
  };
  ASSERT_TRUE(make_directories(directory_ / "docker"));
  const std::string logins = auths("auth.json", {host(), host() + "/bar", host() + "/bar/a", "elsewhere.example"});
  const std::string docker = auths("docker/config.json", {"https://" + host() + "/v1/"});
  setenv("REGISTRY_AUTH_FILE", (directory_ / "auth.json").c_str(), 1);
  setenv("DOCKER_CONFIG", (directory_ / "docker").c_str(), 1);
  std::string said;
  const auto tell = [&](const std::string& line) { said += line + "\n"; };
  for (const std::string& registry : {std::string(), host(), "https://" + host() + "/v2/"}) {
    ImageStore store(directory_ / "store", pool_);
    EXPECT_TRUE(store.glimpse(host() + "/bar/a", PullPolicy::Always, tell, Credentials{registry, "ann", "secret"}));
    const auto image =
        store.resolve(host() + "/bar/a", PullPolicy::Always, tell, Credentials{registry, "ann", "secret"});
    EXPECT_TRUE(image) << registry << ": " << image.error().text();
  }
  ImageStore store(directory_ / "other", pool_);
  const auto without = store.resolve(host() + "/bar/a", PullPolicy::Always, tell);
  ASSERT_FALSE(without) << "they were for that one call";
  EXPECT_EQ(without.error().kind, ErrorKind::Denied);
  for (const std::string& password : {std::string("secret"), base64_encode("ann:secret")}) {
    EXPECT_EQ(said.find(password), std::string::npos) << said;
    EXPECT_EQ(must_run({"sh", "-c", "grep -rl $1 $0/store $0/other; true", directory_.path(), password}), "");
  }
  EXPECT_EQ(read_file(directory_ / "auth.json").value_or("gone"), logins);
  EXPECT_EQ(read_file(directory_ / "docker/config.json").value_or("gone"), docker);
  unsetenv("REGISTRY_AUTH_FILE");
  unsetenv("DOCKER_CONFIG");
}

TEST(Podman, HasWhatBuildahBuilt) {
  TemporaryDirectory directory;
  setenv("DOCKER_HOST", ("unix://" + (directory / "no-docker.sock")).c_str(), 1);
  // A store of its own, in every way that skopeo, buildah and podman look for one.
  ASSERT_TRUE(write_file(directory / "storage.conf", "[storage]\ndriver = \"vfs\"\ngraphroot = \"" +
                                                         (directory / "graph") + "\"\nrunroot = \"" +
                                                         (directory / "run") + "\"\n"));
  setenv("CONTAINERS_STORAGE_CONF", (directory / "storage.conf").c_str(), 1);
  const std::string container = must_run({"buildah", "from", "--name", "boxcar-test", "scratch"});
  ASSERT_TRUE(write_file(directory / "kliko.yml", "schema_version: 3\n"));
  must_run({"buildah", "copy", "boxcar-test", directory / "kliko.yml", "/kliko.yml"});
  must_run({"buildah", "config", "--env", "A=1", "boxcar-test"});
  must_run({"buildah", "commit", "--quiet", "boxcar-test", "kliko/built"});
  Pool pool(2);
  ImageStore store(directory / "store", pool);
  const auto image = store.resolve("kliko/built", PullPolicy::Missing);
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ((*image)->reference, "docker.io/kliko/built:latest");
  EXPECT_THAT((*image)->env, testing::Contains("A=1"));
  EXPECT_EQ(store.read_file(**image, "kliko.yml", 100).value_or("none"), "schema_version: 3\n");
  EXPECT_TRUE(store.import("containers-storage:localhost/kliko/built", "other"));
  must_run({"buildah", "rm", "boxcar-test"});
  must_run({"buildah", "rmi", "--all", "--force"});
  unsetenv("CONTAINERS_STORAGE_CONF");
  unsetenv("DOCKER_HOST");
}

}  // namespace
}  // namespace boxcar
