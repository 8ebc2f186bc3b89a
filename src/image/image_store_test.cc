#include "image/image_store.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "fakes/stopwatch.h"
#include "image/images_for_tests.h"
#include "image/import_session.h"
#include "image/tree_writer.h"

namespace boxcar {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// What another boxcar does, as a process of its own: this program again, with this "test".
TEST(ImageStoreChild, DISABLED_Imports) {
  Pool pool(2);
  ImageStore store(getenv("BOXCAR_TEST_STORE"), pool);
  const auto images = store.import(getenv("BOXCAR_TEST_SOURCE"));
  ASSERT_TRUE(images) << images.error().text();
}

class ImageStoreTest : public testing::Test {
 protected:
  LayoutMaker layout(const std::string& name) { return LayoutMaker(directory_ / name); }
  std::string oci(const std::string& name) { return "oci:" + (directory_ / name); }
  ImageStore open() { return ImageStore(directory_ / "store", pool_); }

  std::shared_ptr<const Image> import(const std::string& source, const std::string& as = "") {
    const auto images = store_.import(source, as);
    EXPECT_TRUE(images) << images.error().text();
    return images && !images->empty() ? images->front() : std::make_shared<const Image>();
  }
  std::size_t entries(const std::string& folder) {
    std::size_t count = 0;
    if (!exists(directory_ / ("store/" + folder))) return 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory_ / ("store/" + folder)))
      ++count;
    return count;
  }
  Child import_in_another_process(const std::string& source) {
    SpawnOptions options;
    options.argv = {"/proc/self/exe", "--gtest_filter=ImageStoreChild.*", "--gtest_also_run_disabled_tests"};
    options.argv[0] = std::filesystem::read_symlink("/proc/self/exe").string();
    options.env = {{"BOXCAR_TEST_STORE=" + (directory_ / "store"), "BOXCAR_TEST_SOURCE=" + source,
                    "PATH=" + std::string(getenv("PATH"))}};
    auto child = spawn(options);
    EXPECT_TRUE(child);
    return *std::move(child);
  }
  // An image that takes a moment to unpack. Few files: to remove one that was synced may take milliseconds (ext4 with
  // discard).
  void big_layout(const std::string& name) {
    LayoutMaker maker = layout(name);
    for (int i = 0; i < 4; ++i) {
      std::vector<TarItem> items;
      for (int j = 0; j < kFiles; ++j) {
        std::string content;
        for (int k = 0; k < kFileSize / 8; ++k)
          content += std::to_string(10000000 + (i * 7919 + j * 104729 + k * 7907) % 89999999);
        items.push_back({'f', "l" + std::to_string(i) + "/f" + std::to_string(j), content});
      }
      maker.layer(items, Squeeze::Gzip);
    }
    maker.add("big:latest");
  }

  // An image of one layer. The two layers' digests begin with the same 12 digits, which took 2^25 tries.
  static TarItem alike_file(const std::string& who) {
    return {'f', "who", who + (who == "good" ? " 005a1cf4" : " 008abdde")};
  }
  void alike(const std::string& who) { layout(who).layer({alike_file(who)}).add(who + ":1"); }

  static constexpr int kFiles = 20;  // a layer
  static constexpr int kFileSize = 400000;

  TemporaryDirectory directory_;
  Pool pool_{2};
  ImageStore store_ = open();
};

TEST_F(ImageStoreTest, MakesNothingUntilTheFirstImport) {
  EXPECT_EQ(store_.resolve("bar/a", PullPolicy::Never).error().kind, ErrorKind::NotFound);
  EXPECT_TRUE(store_.list()->empty());
  EXPECT_EQ(store_.prune()->bytes, 0U);
  EXPECT_EQ(store_.remove("bar/a").error().kind, ErrorKind::NotFound);
  EXPECT_EQ(store_.resolve("Bar/a", PullPolicy::Missing).error().kind, ErrorKind::Invalid);
  EXPECT_FALSE(exists(directory_ / "store"));
  const auto failed = store_.import(oci("nowhere"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::NotFound);
}

TEST_F(ImageStoreTest, ImportsResolvesAndLists) {
  auto maker = layout("layout");
  maker.config["config"] = {{"Env", {"A=1"}},       {"User", "7"},  {"WorkingDir", "/w"},
                            {"Entrypoint", {"/e"}}, {"Cmd", {"c"}}, {"Labels", {{"k", "v"}}}};
  maker.layer({{'f', "etc/a", "1"}}).layer({{'f', "etc/b", "22"}}, Squeeze::Zstd).add("bar/a");
  const auto image = import(oci("layout"));
  EXPECT_EQ(image->reference, "docker.io/bar/a:latest");

  ImageStore later = open();
  const auto found = later.resolve("bar/a", PullPolicy::Never);
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ((*found)->reference, "docker.io/bar/a:latest");
  EXPECT_EQ((*found)->identity, image->identity);
  EXPECT_EQ((*found)->layers, image->layers);
  EXPECT_EQ((*found)->env, std::vector<std::string>{"A=1"});
  EXPECT_EQ((*found)->user, "7");
  EXPECT_EQ((*found)->working_dir, "/w");
  EXPECT_EQ((*found)->entrypoint, std::vector<std::string>{"/e"});
  EXPECT_EQ((*found)->cmd, std::vector<std::string>{"c"});
  EXPECT_EQ((*found)->labels.at("k"), "v");
  EXPECT_EQ(later.read_file(**found, "/etc/b", 100).value_or("none"), "22");
  const auto directories = later.layer_directories(**found).value();
  ASSERT_EQ(directories.size(), 2U);
  EXPECT_EQ(read_file(directories[0] + "/etc/b").value_or("none"), "22") << "topmost first";
  EXPECT_EQ(directories[1], directory_ / ("store/layers/" + image->layers[0].hex() + "/tree"));

  const auto listing = later.list();
  ASSERT_EQ(listing->size(), 1U);
  EXPECT_EQ(listing->at(0).reference, "docker.io/bar/a:latest");
  EXPECT_EQ(listing->at(0).bytes, 3U);
  EXPECT_GT(listing->at(0).imported, 0);
  EXPECT_EQ(entries("tmp"), 0U);
  struct stat info {};
  ASSERT_EQ(stat((directory_ / "store").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U) << "setuid programs in it are nobody else's";
}

TEST_F(ImageStoreTest, ImagesOfOneIdentityKeepTheirOwnConfiguration) {
  auto maker = layout("layout");
  maker.layer({{'f', "a", "1"}});
  maker.config["config"]["Env"] = {"V=1"};
  maker.add("one:1");
  maker.config["config"]["Env"] = {"V=2"};
  maker.add("docker.io/library/two:1");
  const auto images = store_.import(oci("layout"));
  ASSERT_EQ(images->size(), 2U);
  EXPECT_EQ(images->at(0)->identity, images->at(1)->identity);
  EXPECT_EQ((*open().resolve("two:1", PullPolicy::Never))->env, std::vector<std::string>{"V=2"});
  import(oci("layout") + ":one:1", "one:x");
  EXPECT_EQ((*open().resolve("one:x", PullPolicy::Never))->env, std::vector<std::string>{"V=1"});
  EXPECT_EQ(entries("layers"), 1U);
}

TEST_F(ImageStoreTest, NamesOnImport) {
  auto maker = layout("simms");
  maker.layer({{'f', "a", "1"}}).add("1.0");
  EXPECT_EQ(import(oci("simms"))->reference, "docker.io/library/simms:1.0");
  EXPECT_EQ(import(oci("simms"), "kliko/simms")->reference, "docker.io/kliko/simms:latest");
  EXPECT_EQ(store_.import(oci("simms"), "Not A Name").error().kind, ErrorKind::Invalid);
  EXPECT_EQ(import(directory_ / "simms", "by-path")->reference, "docker.io/library/by-path:latest");
  EXPECT_EQ(store_.import("by-name").error().kind, ErrorKind::Invalid);
  maker.add("2.0");
  const auto both = store_.import(oci("simms"), "simms");
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().kind, ErrorKind::Invalid);
  EXPECT_NE(both.error().message.find("simms:1.0, docker.io/library/simms:2.0"), std::string::npos)
      << both.error().message;
  EXPECT_EQ(store_.import(oci("simms"))->size(), 2U);
}

TEST_F(ImageStoreTest, AFileThatChangedIsReadAgain) {
  layout("l").layer({{'f', "a", "1"}}).add("");
  const auto first = store_.resolve(oci("l"), PullPolicy::Missing);
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ((*first)->reference, oci("l"));
  EXPECT_EQ((*store_.resolve(oci("l"), PullPolicy::Never))->identity, (*first)->identity);
  EXPECT_EQ(open().list()->at(0).reference, "") << "no name, no listing under one";
  auto maker = layout("l2");
  maker.layer({{'f', "a", "2"}}).add("");
  must_run({"sh", "-c", "rm -r $0/l; mv $0/l2 $0/l", directory_.path()});
  const auto second = store_.resolve(oci("l"), PullPolicy::Missing);
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_NE((*second)->identity, (*first)->identity);
}

TEST_F(ImageStoreTest, AKnownNameIsResolvedAtOnce) {
  auto maker = layout("layout");
  for (int i = 0; i < 100; ++i) maker.layer({{'f', "f" + std::to_string(i), "x"}});
  maker.add("bar/a");
  import(oci("layout"));
  std::vector<double> times;
  for (int i = 0; i < 20; ++i) {
    ImageStore fresh = open();
    const auto start = Clock::now();
    ASSERT_TRUE(fresh.resolve("bar/a", PullPolicy::Missing));
    times.push_back(seconds_since(start));
  }
  // The best of them: what else the machine does is not the store's doing.
  EXPECT_LT(*std::min_element(times.begin(), times.end()), 0.001 * test::kSlowdown);
}

TEST_F(ImageStoreTest, AHundredLayersMakeOneTree) {
  auto maker = layout("layout");
  for (int i = 0; i < 100; ++i) {
    maker.layer({{'f', "same", std::to_string(i)},
                 {'f', "f" + std::to_string(i), std::to_string(i)},
                 {'f', ".wh.f" + std::to_string(i - 2), ""}},
                i % 2 ? Squeeze::Gzip : Squeeze::None);
  }
  maker.add("many");
  const auto image = import(oci("layout"));
  EXPECT_EQ(store_.layer_directories(*image)->size(), 100U);
  EXPECT_EQ(store_.read_file(*image, "same", 10).value_or("none"), "99");
  EXPECT_EQ(store_.read_file(*image, "f98", 10).value_or("none"), "98");
  EXPECT_EQ(store_.read_file(*image, "f97", 10).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(store_.read_file(*image, "f0", 10).error().kind, ErrorKind::NotFound);
}

TEST_F(ImageStoreTest, ALayerThatComesTwiceIsMountedOnce) {
  auto maker = layout("layout");
  maker.layer({{'f', "a", "1"}}).layer({{'f', "a", "2"}}).layer({{'f', "a", "1"}}).add("twice");
  const auto image = import(oci("layout"));
  EXPECT_EQ(image->layers.size(), 3U);
  EXPECT_EQ(store_.layer_directories(*image)->size(), 2U);
  EXPECT_EQ(store_.read_file(*image, "a", 10).value_or("none"), "1");
}

TEST_F(ImageStoreTest, AnOpaqueRootHidesAllBelow) {
  layout("layout").layer({{'f', "old", "1"}}).layer({{'f', ".wh..wh..opq", ""}, {'f', "new", "2"}}).add("opaque");
  const auto image = import(oci("layout"));
  EXPECT_EQ(store_.layer_directories(*image)->size(), 1U);
  EXPECT_EQ(store_.read_file(*image, "old", 10).error().kind, ErrorKind::NotFound);
}

TEST_F(ImageStoreTest, AnImageWithoutLayersHasAnEmptyDirectory) {
  layout("layout").add("scratch");
  const auto directories = store_.layer_directories(*import(oci("layout"))).value();
  ASSERT_EQ(directories.size(), 1U);
  EXPECT_TRUE(std::filesystem::is_empty(directories[0]));
}

TEST_F(ImageStoreTest, ABadLayerLeavesNothingBehind) {
  const auto expect_refused = [&](const std::string& name, const std::string& what) {
    const auto images = store_.import(oci(name));
    ASSERT_FALSE(images) << name;
    EXPECT_EQ(images.error().kind, ErrorKind::Invalid) << images.error().text();
    EXPECT_NE(images.error().text().find(what), std::string::npos) << images.error().text();
    EXPECT_EQ(entries("layers"), 0U);
    EXPECT_EQ(entries("names"), 0U);
    EXPECT_EQ(entries("tmp"), 0U);
  };
  const std::vector<TarItem> good = {{'f', "a", std::string(200000, 'x')}};
  auto evil = layout("evil");
  evil.layer({{'f', "ok", ""}, {'f', "../../../../../../../../../tmp/boxcar-evil", "evil"}}).add("evil");
  expect_refused("evil", "importing docker.io/library/evil:evil: layer sha256:" +
                             evil.config["rootfs"]["diff_ids"][0].get<std::string>().substr(7, 12) +
                             ": entry '../../../../../../../../../tmp/boxcar-evil': it leads out of the image");
  EXPECT_FALSE(exists("/tmp/boxcar-evil"));

  auto truncated = layout("truncated");
  truncated.layer(good, Squeeze::Gzip).add("truncated");
  ASSERT_EQ(truncate(truncated.layer_blob(0).c_str(), 100), 0);
  expect_refused("truncated", "cannot decompress");

  auto changed = layout("changed");
  changed.layer(good).add("changed");
  std::string bytes = read_file(changed.layer_blob(0)).value();
  bytes[2000] = 'y';
  ASSERT_TRUE(write_file(changed.layer_blob(0), bytes));
  expect_refused("changed", "its manifest says sha256:" + changed.layers[0]["digest"].get<std::string>().substr(7));

  auto wrong = layout("wrong");
  wrong.layer(good);
  wrong.config["rootfs"]["diff_ids"][0] = "sha256:" + sha256("other").hex();
  wrong.add("wrong");
  expect_refused("wrong", "the image's configuration says sha256:" + sha256("other").hex());

  auto twice = layout("twice");
  twice.layer(good, Squeeze::Gzip);
  twice.layers[0] = twice.store("application/vnd.oci.image.layer.v1.tar+gzip",
                                squeezed(make_tar(good, Squeeze::Gzip), Squeeze::Gzip));
  twice.add("twice");
  expect_refused("twice", "is compressed more than once");

  auto missing = layout("missing");
  missing.layer(good).add("missing");
  ASSERT_EQ(unlink(missing.layer_blob(0).c_str()), 0);
  const auto images = store_.import(oci("missing"));
  ASSERT_FALSE(images);
  EXPECT_NE(images.error().text().find("is missing"), std::string::npos) << images.error().text();
}

TEST_F(ImageStoreTest, ADamagedLayerIsUnpackedAnew) {
  layout("layout").layer({{'f', "a", "1"}}).add("bar/a");
  const auto image = import(oci("layout"));
  const std::string layer = directory_ / ("store/layers/" + image->layers[0].hex());
  ASSERT_TRUE(write_file(layer + "/layer.json", "{}"));
  import(oci("layout"));
  EXPECT_EQ(open().read_file(*image, "a", 10).value_or("none"), "1");
  ASSERT_TRUE(remove_tree(layer));
  EXPECT_EQ(open().resolve("bar/a", PullPolicy::Never).error().kind, ErrorKind::NotFound);
  import(oci("layout"));
  EXPECT_TRUE(open().resolve("bar/a", PullPolicy::Never));
}

TEST_F(ImageStoreTest, NoLayerIsTakenForAnotherThatBeginsAlike) {
  for (const char* name : {"good", "evil"}) alike(name);
  auto both = layout("both");
  both.layer({alike_file("good")}).layer({alike_file("evil")}).add("both:1");
  const auto good = import(oci("good"));
  EXPECT_EQ(store_.resolve("evil:1", PullPolicy::Never).error().kind, ErrorKind::NotFound);
  const auto evil = import(oci("evil"));
  ASSERT_EQ(good->layers[0].short_hex(), evil->layers[0].short_hex());
  ASSERT_NE(good->layers[0], evil->layers[0]);
  for (const auto& image : {good, evil})
    EXPECT_EQ(store_.read_file(*image, "who", 100)->substr(0, 4), image == good ? "good" : "evil");
  EXPECT_EQ(store_.layer_directories(*import(oci("both")))->size(), 2U);
  EXPECT_EQ(entries("layers"), 2U);
  ImageStore other(directory_ / "other", pool_);
  EXPECT_TRUE(other.import(oci("both"))) << "both at once";
}

TEST_F(ImageStoreTest, LayersThatAnEarlierBoxcarNamedByTwelveDigitsCount) {
  for (const char* name : {"good", "evil"}) alike(name);
  std::string old;
  {
    const auto image = open().import(oci("good"))->front();
    old = directory_ / ("store/layers/" + image->layers[0].short_hex());
    std::filesystem::rename(directory_ / ("store/layers/" + image->layers[0].hex()), old);
  }
  const auto who = [&](const std::string& name) {
    ImageStore store = open();
    const auto image = store.resolve(name, PullPolicy::Never);
    return image ? store.read_file(**image, "who", 100).value_or("none").substr(0, 4) : image.error().text();
  };
  EXPECT_EQ(who("good:1"), "good");
  ASSERT_TRUE(open().import(oci("good")));
  EXPECT_EQ(entries("layers"), 1U) << "not unpacked again";
  ASSERT_TRUE(open().import(oci("evil")));
  EXPECT_EQ(who("good:1"), "good");
  EXPECT_EQ(who("evil:1"), "evil");
  EXPECT_EQ(entries("layers"), 2U);
  EXPECT_EQ(store_.prune()->bytes, 0U);
  ASSERT_TRUE(store_.remove("evil:1"));
  EXPECT_EQ(who("good:1"), "good");
  ASSERT_TRUE(write_file(old + "/layer.json", "{}"));
  EXPECT_NE(who("good:1"), "good") << "nothing says what it is";
  ASSERT_TRUE(store_.remove("good:1"));
  EXPECT_EQ(entries("layers"), 0U);
}

// The range in /etc/subuid is another one now.
TEST_F(ImageStoreTest, SaysThatAnImageWasUnpackedForOtherIds) {
  layout("a").layer({{'f', "file", "a"}}).add("test/a:1");
  import(oci("a"));
  const std::string layers = directory_ / "store/layers";
  ASSERT_EQ(rename(layers.c_str(), (layers + ".0123456789ab").c_str()), 0);
  const auto there = open().resolve("test/a:1", PullPolicy::Never);
  ASSERT_FALSE(there);
  EXPECT_EQ(there.error().kind, ErrorKind::NotFound);
  EXPECT_NE(there.error().text().find("unpacked for other subordinate ids than this user has now"), std::string::npos)
      << there.error().text();
}

TEST_F(ImageStoreTest, RemovesByNameAndByIdentity) {
  auto maker = layout("layout");
  maker.layer({{'f', "base", "1"}}).add("test/one");
  maker.layer({{'f', "more", "2"}}).add("test/two");
  std::string identity;
  {
    ImageStore other = open();
    ASSERT_TRUE(other.import(oci("layout") + ":test/one"));
    ASSERT_TRUE(other.import(oci("layout") + ":test/one", "uno"));
    identity = other.import(oci("layout") + ":test/two")->at(0)->identity.hex();
  }
  EXPECT_EQ(entries("layers"), 2U);
  EXPECT_TRUE(store_.remove("test/one"));
  EXPECT_EQ(store_.remove("test/one").error().kind, ErrorKind::NotFound);
  EXPECT_TRUE(open().resolve("uno", PullPolicy::Never)) << "the other name still holds it";
  const auto removed = store_.remove(identity.substr(0, 6));
  EXPECT_TRUE(removed) << removed.error().text();
  EXPECT_EQ(open().resolve("test/two", PullPolicy::Never).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(entries("layers"), 1U) << "the shared layer stays";
  EXPECT_TRUE(store_.remove("uno"));
  EXPECT_EQ(entries("layers"), 0U);
  EXPECT_TRUE(store_.list()->empty());
}

TEST_F(ImageStoreTest, WhatIsInUseStays) {
  layout("l1").layer({{'f', "a", "1"}}).add("a:latest");
  layout("l2").layer({{'f', "a", "22"}}).add("a:latest");
  ASSERT_TRUE(open().import(oci("l1")));
  auto running = std::make_unique<ImageStore>(directory_ / "store", pool_);
  const auto image = running->resolve("a", PullPolicy::Never);
  ASSERT_TRUE(image);
  ASSERT_TRUE(open().import(oci("l2")));  // takes the name; the old image has none now
  const std::string tree = running->layer_directories(**image)->at(0);
  EXPECT_EQ(store_.list()->size(), 2U);
  EXPECT_EQ(store_.prune()->bytes, 0U);
  EXPECT_EQ(store_.remove((*image)->identity.hex()).error().kind, ErrorKind::Denied);
  EXPECT_TRUE(exists(tree));
  running.reset();
  EXPECT_EQ(store_.prune(true)->bytes, 1U) << "bytes of its file";
  EXPECT_TRUE(exists(tree)) << "nothing is removed when only asked";
  EXPECT_EQ(store_.prune()->bytes, 1U);
  EXPECT_FALSE(exists(tree));
  EXPECT_EQ(store_.list()->size(), 1U);
}

TEST_F(ImageStoreTest, PruneWaitsForNoImport) {
  layout("l").layer({{'f', "a", "1"}}).add("a:latest");
  big_layout("big");
  import(oci("l"));
  const Child child = import_in_another_process(oci("big"));
  while (entries("tmp") == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto pruned = store_.prune();
  EXPECT_TRUE(pruned || pruned.error().kind == ErrorKind::Unavailable);
  EXPECT_EQ(wait_for(child)->code, 0) << "the import comes to its end all the same";
  EXPECT_TRUE(open().resolve("big", PullPolicy::Never));
}

TEST_F(ImageStoreTest, TwoProcessesUnpackALayerOnce) {
  big_layout("big");
  const Child one = import_in_another_process(oci("big"));
  const Child two = import_in_another_process(oci("big"));
  EXPECT_EQ(wait_for(one)->code, 0);
  EXPECT_EQ(wait_for(two)->code, 0);
  EXPECT_EQ(entries("layers"), 4U);
  EXPECT_EQ(entries("tmp"), 0U);
  const auto image = open().resolve("big", PullPolicy::Never);
  ASSERT_TRUE(image);
  EXPECT_EQ(open().read_file(**image, "l3/f19", kFileSize)->size(), std::size_t{kFileSize});
}

TEST_F(ImageStoreTest, ThreadsShareAStore) {
  big_layout("big");
  Pool threads(4);
  std::atomic<int> good = 0;
  threads.for_each(4, [&](std::size_t i) {
    ImageStore own = open();
    good += (i % 2 ? store_ : own).import(oci("big")).has_value();
  });
  EXPECT_EQ(good, 4);
  EXPECT_EQ(entries("layers"), 4U);
}

TEST_F(ImageStoreTest, AKilledImportLeavesNothingThatCounts) {
  big_layout("big");
  int killed = 0;
  for (int delay = 4; delay < 400 && killed < 8; delay += delay / 2) {
    const Child child = import_in_another_process(oci("big"));
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    ASSERT_EQ(kill(child.pid, SIGKILL), 0);
    killed += wait_for(child)->signal == SIGKILL;
    ImageStore after = open();
    if (const auto image = after.resolve("big", PullPolicy::Never)) {
      EXPECT_EQ(after.read_file(**image, "l3/f19", kFileSize)->size(), std::size_t{kFileSize})
          << "what is there is whole";
    }
    const auto listing = after.list();
    for (const auto& one : *listing) EXPECT_EQ(one.bytes, std::uint64_t{4} * kFiles * kFileSize);
  }
  EXPECT_GT(killed, 2);
  import(oci("big"));
  EXPECT_EQ(entries("tmp"), 0U) << "leftovers are removed by the next import";
  EXPECT_EQ(entries("layers"), 4U);
  const auto image = open().resolve("big", PullPolicy::Never);
  ASSERT_TRUE(image);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(must_run({"sh", "-c", "ls $0/l* | wc -l", open().layer_directories(**image)->at(3 - i)}),
              std::to_string(kFiles) + "\n");
  }
}

TEST_F(ImageStoreTest, WhatAKilledImportLeftGoesAlsoWhenItDiesLate) {
  big_layout("big");
  const Child child = import_in_another_process(oci("big"));
  while (entries("tmp") == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  {
    const auto session = ImportSession::begin(directory_ / "store");
    ASSERT_TRUE(session);
    ASSERT_EQ(kill(child.pid, SIGKILL), 0);
    EXPECT_EQ(wait_for(child)->signal, SIGKILL);
    ASSERT_TRUE(make_directories(directory_ / "store/names"));
    ASSERT_TRUE(write_file(directory_ / "store/names/a.json.a1b2c3", "half"));
    EXPECT_EQ(entries("tmp"), 2U);
  }
  EXPECT_EQ(entries("tmp"), 0U);
  EXPECT_EQ(entries("names"), 0U);
}

TEST_F(ImageStoreTest, TakesWhatTheShellToolMakes) {
  must_run({"sh", "-c",
            "mkdir -p $0/root/bin && cp /bin/busybox $0/root/bin/sh && chmod 4755 $0/root/bin/sh && tar -C /bin -cf "
            "$0/base.tar busybox",
            directory_.path()});
  must_run({std::string(BOXCAR_SOURCE_DIR) + "/tests/make_image.sh", directory_ / "made", "test/made",
            directory_ / "root", "base=" + (directory_ / "base.tar"), "env=Q=a \"b\" \\ c", "user=1:2", "workdir=/w",
            "entrypoint=/bin/sh", "cmd=-c", "cmd=exit 0", "label=a.b=c=d"});
  const auto image = import(directory_ / "made");
  EXPECT_EQ(image->reference, "docker.io/test/made:latest");
  EXPECT_EQ(image->layers.size(), 2U);
  EXPECT_EQ(image->env, std::vector<std::string>{"Q=a \"b\" \\ c"});
  EXPECT_EQ(image->user, "1:2");
  EXPECT_EQ(image->working_dir, "/w");
  EXPECT_EQ(image->entrypoint, std::vector<std::string>{"/bin/sh"});
  EXPECT_EQ(image->cmd, (std::vector<std::string>{"-c", "exit 0"}));
  EXPECT_EQ(image->labels.at("a.b"), "c=d");
  EXPECT_TRUE(store_.read_file(*image, "/bin/sh", 10 << 20));
  EXPECT_TRUE(store_.read_file(*image, "/busybox", 10 << 20));
}

}  // namespace
}  // namespace boxcar
