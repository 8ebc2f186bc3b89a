// docs/cache-key.md holds for every byte, and each field counts or does not, as it says.
#include <fstream>
#include <sstream>

#include "plan/test_support.h"

namespace boxcar {
namespace {

// The example of docs/cache-key.md.
Action example() {
  Image of_image;
  of_image.architecture = "amd64";
  of_image.layers = {sha256("layer")};
  of_image.identity = image_identity(of_image);
  Action action;
  action.image = std::make_shared<const Image>(of_image);
  action.argv = {"/kliko", "-v"};
  action.env = {"HOME=/root", "PATH=/usr/bin:/bin"};
  action.user = "1000:1000";
  action.working_dir = "/work";
  action.secrets = {"TOKEN"};
  action.parameters = R"({"sky": "/param_files/sky", "tel": "meerkat"})";
  action.parameters_path = "/parameters.json";
  action.inputs = {{"input", PortKind::Directory, "/input", false, {}, ""},
                   {"sky", PortKind::File, "/param_files/sky", true, sha256("sky"), "/home/me/sky.txt"}};
  action.outputs = {{"output", PortKind::Directory, "/output", true, "input"}};
  action.step = "simulate";
  return action;
}

std::string document() {
  std::ifstream file(BOXCAR_SOURCE_DIR "/docs/cache-key.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Written from the document alone.
Key key_by_the_document(const std::vector<KeyField>& fields) {
  std::string bytes = "boxcar-key-1\n";
  const auto add = [&](const std::string& text) {
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(i < 4 ? text.size() >> 8 * i & 0xFF : 0);
    bytes += text;
  };
  for (const auto& field : fields) {
    add(field.name);
    add(field.value);
  }
  return sha256(bytes);
}

TEST(Key, IsThatOfTheDocumentsExample) {
  const auto text = document();
  const auto action = example();
  std::string table;
  for (const auto& field : key_fields(action)) table += "| `" + field.name + "` | `" + field.value + "` |\n";
  EXPECT_NE(text.find(table), std::string::npos) << "the example's fields should be\n" << table;
  EXPECT_NE(text.find("`" + action_key(action).hex() + "`"), std::string::npos)
      << "the example's key should be " << action_key(action).hex();
  EXPECT_EQ(action_key(action), key_by_the_document(key_fields(action)));
}

TEST(Key, IsNotThatOfAnotherSplitOfTheSameBytes) {
  auto one = example();
  auto other = example();
  one.argv = {"ab", "c"};
  other.argv = {"a", "bc"};
  EXPECT_NE(action_key(one), action_key(other));
  one.argv = {"a", ""};
  other.argv = {"a"};
  EXPECT_NE(action_key(one), action_key(other));
  one.argv = other.argv = {};
  one.user = "x";
  one.working_dir = "y";
  other.user = "xy";
  other.working_dir = "";
  EXPECT_NE(action_key(one), action_key(other));
}

struct Change {
  const char* name;
  std::function<void(Action&)> apply;
};

std::ostream& operator<<(std::ostream& out, const Change& change) {
  return out << change.name;
}

std::function<void(Action&)> on_image(void (*change)(Image&)) {
  return [change](Action& action) {
    auto copy = *action.image;
    change(copy);
    action.image = std::make_shared<const Image>(copy);
  };
}

class Counts : public testing::TestWithParam<Change> {};

TEST_P(Counts, InTheKey) {
  auto changed = example();
  GetParam().apply(changed);
  EXPECT_NE(action_key(changed), action_key(example()));
  EXPECT_EQ(action_key(changed), key_by_the_document(key_fields(changed)));
  EXPECT_NE(first_difference(key_fields(example()), key_fields(changed)), "");
}

INSTANTIATE_TEST_SUITE_P(
    Key, Counts,
    testing::Values(Change{"image", on_image([](Image& image) { image.identity = sha256("other"); })},
                    Change{"platform", on_image([](Image& image) { image.architecture = "arm64"; })},
                    Change{"variant", on_image([](Image& image) { image.variant = "v8"; })},
                    Change{"argv", [](Action& a) { a.argv[1] = "-q"; }},
                    Change{"argv_more", [](Action& a) { a.argv.push_back(""); }},
                    Change{"argv_order", [](Action& a) { std::swap(a.argv[0], a.argv[1]); }},
                    Change{"env_value", [](Action& a) { a.env[0] = "HOME=/"; }},
                    Change{"env_name", [](Action& a) { a.env[0] = "HOMES=/root"; }},
                    Change{"env_less", [](Action& a) { a.env.pop_back(); }},
                    Change{"user", [](Action& a) { a.user = ""; }},
                    Change{"working_dir", [](Action& a) { a.working_dir = "/"; }},
                    Change{"network", [](Action& a) { a.network = false; }},
                    Change{"gpu", [](Action& a) { a.gpu = true; }},
                    Change{"secret", [](Action& a) { a.secrets = {"KEY"}; }},
                    Change{"secret_less", [](Action& a) { a.secrets.clear(); }},
                    Change{"parameters", [](Action& a) { a.parameters = "{}"; }},
                    Change{"parameters_path", [](Action& a) { a.parameters_path = "/p.json"; }},
                    Change{"input_port", [](Action& a) { a.inputs[0].port = "in"; }},
                    Change{"input_kind", [](Action& a) { a.inputs[0].kind = PortKind::File; }},
                    Change{"input_path", [](Action& a) { a.inputs[0].path = "/in"; }},
                    Change{"input_required", [](Action& a) { a.inputs[0].required = true; }},
                    Change{"input_fed", [](Action& a) { a.inputs[0].content = sha256("x"); }},
                    Change{"input_content", [](Action& a) { a.inputs[1].content = sha256("x"); }},
                    Change{"input_less", [](Action& a) { a.inputs.pop_back(); }},
                    Change{"output_port", [](Action& a) { a.outputs[0].port = "out"; }},
                    Change{"output_kind", [](Action& a) { a.outputs[0].kind = PortKind::File; }},
                    Change{"output_path", [](Action& a) { a.outputs[0].path = "/out"; }},
                    Change{"output_required", [](Action& a) { a.outputs[0].required = false; }},
                    Change{"output_works_on", [](Action& a) { a.outputs[0].works_on = ""; }},
                    Change{"output_direct", [](Action& a) { a.outputs[0].direct = "/of/the/caller"; }},
                    Change{"output_more",
                           [](Action& a) {
                             a.outputs.push_back({"z", PortKind::File, "/z", true, ""});
                           }}),
    [](const auto& each) { return each.param.name; });

class IsLeftOut : public testing::TestWithParam<Change> {};

TEST_P(IsLeftOut, OfTheKey) {
  auto changed = example();
  GetParam().apply(changed);
  EXPECT_EQ(action_key(changed), action_key(example()));
  EXPECT_EQ(first_difference(key_fields(example()), key_fields(changed)), "");
}

INSTANTIATE_TEST_SUITE_P(Key, IsLeftOut,
                         testing::Values(Change{"step", [](Action& a) { a.step = "other"; }},
                                         Change{"resources",
                                                [](Action& a) {
                                                  a.needs.limits.cpu = 7;
                                                  a.needs.requests.memory = 1 << 30;
                                                }},
                                         Change{"timeout", [](Action& a) { a.timeout = Seconds(1); }},
                                         Change{"source", [](Action& a) { a.inputs[1].source = "/elsewhere"; }},
                                         Change{"reference",
                                                on_image([](Image& image) { image.reference = "other:tag"; })},
                                         Change{"task_labels",
                                                [](Action& a) {
                                                  a.labels = {{"a", "b", {}}};
                                                }},
                                         Change{"labels", on_image([](Image& image) { image.labels["a"] = "b"; })},
                                         // What counts of these stands in the action itself.
                                         Change{"image_config", on_image([](Image& image) {
                                                  image.env = {"A=b"};
                                                  image.user = "other";
                                                  image.working_dir = "/other";
                                                  image.cmd = {"other"};
                                                  image.entrypoint = {"other"};
                                                })}),
                         [](const auto& each) { return each.param.name; });

TEST(Key, OfAHugeActionIsThatOfTheDocumentToo) {
  auto action = example();
  action.parameters.assign(std::size_t{5} << 20, 'x');
  EXPECT_EQ(action_key(action), key_by_the_document(key_fields(action)));
  EXPECT_EQ(action_key(example()), key_by_the_document(key_fields(example())));
}

}  // namespace
}  // namespace boxcar
