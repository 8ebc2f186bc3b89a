#include "model/template.h"

#include <gtest/gtest.h>

namespace boxcar {
namespace {

std::string expanded(std::string_view text) {
  auto result = expand(text, [](std::string_view name) -> Result<std::string> {
    if (name == "bad") return fail(ErrorKind::NotFound, "no bad");
    return "<" + std::string(name) + ">";
  });
  return result ? *result : "error: " + result.error().message;
}

TEST(Template, Expands) {
  EXPECT_EQ(expanded("a ${inputs.x} b ${params.y}"), "a <inputs.x> b <params.y>");
  EXPECT_EQ(expanded(""), "");
  EXPECT_EQ(expanded("${a}${b}"), "<a><b>");
}

TEST(Template, DollarsThatAreNoReference) {
  EXPECT_EQ(expanded("$HOME costs 5$"), "$HOME costs 5$");
  EXPECT_EQ(expanded("$${x} $$$${x} $$"), "${x} $${x} $");
  EXPECT_EQ(expanded("$$${x}"), "$<x>");
}

TEST(Template, Errors) {
  EXPECT_EQ(expanded("a ${x"), "error: \"${x\" has no closing brace (write $${ for the text ${)");
  EXPECT_EQ(expanded("${}"), "error: \"${}\" names nothing (write $${ for the text ${)");
  EXPECT_EQ(expanded("${bad}"), "error: no bad");
}

TEST(Template, FindsReferences) {
  EXPECT_TRUE(has_references("x${y}"));
  EXPECT_TRUE(has_references("$$${y}"));
  EXPECT_FALSE(has_references("$${y} $y $"));
  EXPECT_EQ(references("${a} $${b} ${c}").value(), (std::vector<std::string>{"a", "c"}));
  EXPECT_FALSE(references("${a"));
}

}  // namespace
}  // namespace boxcar
