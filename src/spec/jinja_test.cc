#include "spec/jinja.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace boxcar {
namespace {

const JinjaVariables kVariables = {
    [](const std::string& name) { return name == "HOME" ? std::optional<std::string>("/home/me") : std::nullopt; },
    {{"tag", "1.2"}, {"empty", ""}, {"list", "a,b,c"}}};

// The text, or the findings.
std::string rendered(const std::string& text, const JinjaVariables& variables = kVariables) {
  Findings findings;
  const auto made = render_jinja({"t.json", text}, variables, findings);
  if (made) return made->text();
  std::string all;
  for (const auto& finding : findings.all()) all += (all.empty() ? "" : "\n") + finding.text();
  return all.empty() ? "no finding" : all;
}

struct Case {
  std::string text;
  std::string expected;
};

void expect_all(const std::vector<Case>& cases) {
  for (const auto& [text, expected] : cases) EXPECT_EQ(rendered(text), expected) << text;
}

// What Jinja 3.1 makes of these, with env.HOME and custom.tag as above.
TEST(Jinja, Values) {
  expect_all({{"plain {text} %} }}", "plain {text} %} }}"},
              {"{{ env.HOME }}/{{custom.tag}}", "/home/me/1.2"},
              {"{{ env['HOME'] }}{{ custom[\"tag\"] }}", "/home/me1.2"},
              {"{{ env.get('NONE', 'x') }}{{ env.get('HOME') }}", "x/home/me"},
              {"{{ 1 + 2 * 3 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 2 ** 3 }} {{ 7 / 2 }}", "7 3 -4 2 8 3.5"},
              {"{{ 'a' ~ 1 ~ true }} {{ 'a' + \"b\" }} {{ [1, 'x'] + [none] }}", "a1True ab [1, 'x', None]"},
              {"{{ {'a': 1}.a }} {{ [3, 4][-1] }} {{ {'a': [1]} }}", "1 4 {'a': [1]}"},
              {"{{ 'x' if custom.empty else 'y' }}{{ 'z' if false }}", "y"},
              {"{{ 1 < 2 and not 3 <= 2 }} {{ 'a' in 'cat' }} {{ 4 not in [1, 2] }}", "True True True"},
              {"a{# a {{ comment }} #}b{% raw %}{{ x }}{% endraw %}", "ab{{ x }}"},
              {"a {{- 1 -}} b {%- if true %} c{% endif -%} d", "a1b cd"},
              {"{{ \"\\\"q\\\"\\n\" }}", "\"q\"\n"},
              {"{%- raw -%} {{ x }} {%- endraw -%} y", "{{ x }}y"},
              {"{{ true == 1 }} {{ true == 'a' }} {{ [\"it's\", 'a\"b', \"c\\n\"] }}",
               "True False [\"it's\", 'a\"b', 'c\\n']"}});
}

TEST(Jinja, Filters) {
  expect_all(
      {{"{{ env.NONE | default('x') }}{{ env.HOME | default('x') }}", "x/home/me"},
       {"{{ custom.empty | default('x') }}|{{ custom.empty | d('x', true) }}", "|x"},
       {"{{ custom.missing.deeper | default('x') }}",
        "t.json:1:4: 'custom.missing' is undefined, give it with --custom missing=VALUE"},
       {"{{ 'aBc' | upper }} {{ 'aBc' | lower | capitalize }} {{ ' x ' | trim }}", "ABC Abc x"},
       {"{{ 'a-b' | replace('-', '_') }} {{ '12' | int + 1 }} {{ 'x' | int(7) }} {{ '1.5' | float }}", "a_b 13 7 1.5"},
       {"{{ custom.list.split(',') | join('; ') }} {{ [3, 1, 2] | sort | first }}", "a; b; c 1"},
       {"{{ ['a', 1, none, true] | tojson }} {{ 'a' | length }}", "[\"a\", 1, null, true] 1"},
       {"{{ custom.empty | default('x', boolean=true) }}{{ env.NONE | default(default_value='y') }}", "xy"},
       {"{{ 2.5 | round }} {{ 'abc' | reverse }} {{ ' a '.rstrip() }}|{{ '//a/'.lstrip('/') }}", "2.0 cba  a|a/"},
       {"{% for k, v in {'b': 1, 'A': 2} | dictsort %}{{ k }}{{ v }}{% endfor %}", "A2b1"},
       {"{{ 3 is number and 'a' is string and x is not defined }}", "True"},
       {"{{ 1 | defualt(2) }}", "t.json:1:6: there is no filter 'defualt' (did you mean 'default'?)"}});
}

TEST(Jinja, Statements) {
  expect_all({{"{% if custom.tag == '1.2' %}a{% elif true %}b{% else %}c{% endif %}", "a"},
              {"{% if custom.empty %}a{% elif custom.tag %}b{% else %}c{% endif %}", "b"},
              {"{% for x in custom.list.split(',') %}{{ loop.index }}{{ x }}{{ ', ' if not loop.last }}{% endfor %}",
               "1a, 2b, 3c"},
              {"{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }};{% endfor %}", "a=1;b=2;"},
              {"{% for x in [] %}a{% else %}none{% endfor %}", "none"},
              {"{% set x = 1 %}{% for y in [1, 2] %}{% set x = y %}{{ x }}{% endfor %}{{ x }}", "121"},
              {"{% for x in [1, 2] %}{% for x in ['a', 'b'] %}{{ x }}{{ loop.index }}{% endfor %}{{ x }}{{ loop.index "
               "}}{% endfor %}",
               "a1b211a1b222"}});
}

// tests/jinja_upstream.py holds the same cases against Jinja.
TEST(Jinja, AsUpstream) {
  std::ifstream file(BOXCAR_SOURCE_DIR "/tests/jinja_cases.json");
  const auto given = nlohmann::ordered_json::parse(file);
  JinjaVariables variables;
  variables.env = [&](const std::string& name) {
    const auto found = given["env"].find(name);
    return found == given["env"].end() ? std::nullopt : std::optional(found->get<std::string>());
  };
  for (const auto& [name, value] : given["custom"].items())
    variables.custom.emplace_back(name, value.get<std::string>());
  for (const auto& one : given["cases"]) {
    const auto text = one[0].get<std::string>();
    Findings findings;
    const auto made = render_jinja({"t.json", text}, variables, findings);
    const std::string said = findings.all().empty() ? "" : findings.all()[0].text();
    EXPECT_EQ(made ? nlohmann::ordered_json(made->text()) : nlohmann::ordered_json(), one[1]) << text << "\n" << said;
  }
}

TEST(Jinja, WhatIsWrongIsSaidWithItsPlace) {
  expect_all(
      {{"{\n  \"a\": \"{{ custom.tga }}\",\n  \"b\": \"{{ env.NONE }}\", {{ envv }}}",
        "t.json:2:12: 'custom.tga' is undefined (did you mean 'custom.tag'?)\n"
        "t.json:3:12: 'env.NONE' is undefined: there is no such environment variable\n"
        "t.json:3:29: 'envv' is undefined (did you mean 'env'?)"},
       {"{{ env }}", "t.json:1:4: 'env' is all of the environment: name a variable of it, env.NAME"},
       {"{{ 1 +", "t.json:1:7: expected a value, found the end of the tag"},
       {"{{ 1", "t.json:1:1: this tag has no end: '}}' is missing"},
       {"{{ 'x", "t.json:1:4: this string has no end"},
       {"{# x", "t.json:1:1: this comment has no end: \"#}\" is missing"},
       {"{% if true %}x", "t.json:1:14: this block has no end: '{% endif %}' is missing"},
       {"{% endif %}", "t.json:1:1: there is no statement 'endif' here"},
       {"{% include 'x' %}", "t.json:1:1: boxcar does not evaluate 'include' of Jinja: if, for, set and raw only"},
       {"{{ 99999999999999999999 }}", "t.json:1:4: the number 99999999999999999999 needs more than 64 bits"},
       {"{{ 1 == 1 == 1 }}", "t.json:1:11: boxcar does not evaluate comparisons in a row: join them with 'and'"},
       {"{% if custom.tga %}{% endif %}{{ 1 if not envv }}",
        "t.json:1:7: 'custom.tga' is undefined (did you mean 'custom.tag'?)\n"
        "t.json:1:43: 'envv' is undefined (did you mean 'env'?)"},
       {"{{ env and 1 }}", "t.json:1:4: 'env' is all of the environment: name a variable of it, env.NAME"},
       {"{{ custom.list.split(',')[5] }}", "t.json:1:26: 'item 5' is undefined: the list has 3 items"},
       {"{{ [1][custom.tag|length] }}", "t.json:1:7: 'item […]' is undefined: the list has 1 item"},
       {"{{ [1][-(env.HOME|length)] }}{{ [1, 2][-3] }}",
        "t.json:1:7: 'item […]' is undefined: the list has 1 item\n"
        "t.json:1:39: 'item -3' is undefined: the list has 2 items"},
       {"{{ {'a': 1}.b }}", "t.json:1:4: 'b' is undefined: the mapping has no such key"},
       {"{{ custom.items }}",
        "t.json:1:4: 'items' is a method of each mapping: a key of this name is had by ['items']"},
       {"{% for x in [1] %}{{ loop.revindex | default(1) }}{{ loop }}{% endfor %}",
        "t.json:1:22: boxcar knows of 'loop' index, index0, first, last and length only\n"
        "t.json:1:54: 'loop' is no value: name a part of it, such as loop.index"},
       {"{{ ('a' if false) + 'b' }}", "t.json:1:9: the 'if' gave nothing for this: it has no 'else'"},
       {"{{ 2 ** 64 }}{{ '12345678901234567890' | int }}{{ 12345678901234567000.0 | int }}",
        "t.json:1:6: the number needs more than 64 bits\n"
        "t.json:1:40: the number needs more than 64 bits\n"
        "t.json:1:74: the number needs more than 64 bits"},
       {"{{ (-9223372036854775807 - 1) | abs }}{{ -(-9223372036854775807 - 1) }}",
        "t.json:1:31: the number needs more than 64 bits\n"
        "t.json:1:42: the number needs more than 64 bits"},
       {"{{ 9007199254740993 / 1 }}", "t.json:1:21: '/' takes ints of up to 53 bits, else it is not exact"},
       {"{{ 'inf' | float }}{{ 'nan' | int }}",
        "t.json:1:10: boxcar has no numbers that are infinite, not a number, or too small for a float\n"
        "t.json:1:29: boxcar has no numbers that are infinite, not a number, or too small for a float"},
       {"{{ 1.5 | round(-1) }}", "t.json:1:8: boxcar rounds off no digits before the point of a float"},
       {"{{ {1: 2} }}", "t.json:1:5: boxcar takes a string alone for a key of a mapping, found a number"},
       {"{{ 1 in 'a1' }}", "t.json:1:6: expected a string, which alone is in a string, found a number"},
       {"{{ range(3) }}", "t.json:1:9: there are no functions here, only filters such as 'default'"},
       {"{{ 1 // 0 }}", "t.json:1:6: there is no division by 0"},
       {"{{ 9223372036854775807 + 1 }}", "t.json:1:24: the number needs more than 64 bits"},
       {"{{ '\\x41' }}",
        "t.json:1:5: boxcar knows \\n, \\r, \\t, \\\\, \\' and \\\" in a string of Jinja, no other escape"},
       {"{{ 'a' | replace(old='a', new='b') }}", "t.json:1:21: arguments with names are not understood here"},
       {"{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "t.json:1:1: boxcar does not evaluate 'macro' of Jinja: if, for, set and raw only"},
       {"{{ [1,2 }}", "t.json:1:9: expected ',', found '}'"}});
}

TEST(Jinja, WarnsOfWhatTheCallerGivesAndNothingTakes) {
  const auto warned = [](const std::string& text) {
    Findings findings;
    EXPECT_TRUE(render_jinja({"t.json", text}, kVariables, findings)) << text;
    std::string all;
    for (const auto& finding : findings.all()) all += finding.text() + "\n";
    return all;
  };
  EXPECT_EQ(warned("{{ custom.tag }}{{ custom['empty'] }}{{ custom.get('list') }}"), "");
  // Also where it does not come to be worked out.
  EXPECT_EQ(warned("{% if false %}{{ [custom.tag | default('x')] }}{% elif custom.empty is defined %}"
                   "{% else %}{% for x in custom.list %}{% endfor %}{% endif %}"),
            "");
  EXPECT_EQ(warned("{{ custom[env.HOME] | default('') }}"), "") << "it may be any of them";
  EXPECT_EQ(warned("{% for key in custom %}{% endfor %}"), "");
  EXPECT_EQ(warned("{{ custom.tag }}{{ custom.lits | default('') }}"),
            "t.json: warning: no expression takes 'custom.empty', which --custom gives\n"
            "t.json: warning: no expression takes 'custom.list', which --custom gives (did you mean 'lits'?)\n");
}

TEST(Jinja, IsBounded) {
  const std::string deep(10'000, '(');
  EXPECT_EQ(rendered("{{ " + deep + " }}"), "t.json:1:67: this is nested more than 64 levels deep");
  std::string blocks;
  for (int i = 0; i < 100; ++i) blocks += "{% if true %}";
  EXPECT_EQ(rendered(blocks), "t.json:1:833: this is nested more than 64 levels deep");
  std::string sum = "{{ 1";
  for (int i = 0; i < 5000; ++i) sum += "+1";
  EXPECT_EQ(rendered(sum + " }}"), "t.json:1:2005: this is too long a sum");
  const std::string l = "['a','b','c','d','e','f','g','h','i','j']";
  std::string loops;
  std::string ends;
  for (int i = 0; i < 6; ++i) {
    loops += "{% for x in " + l + " %}";
    ends += "{% endfor %}";
  }
  EXPECT_NE(rendered(loops + ends).find("the loops take more than 10,000 turns"), std::string::npos);
  // Many tags are no long chain.
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "{{ env.NONE | default('x') }}";
  EXPECT_EQ(rendered(many), std::string(2000, 'x'));
  // A long text in many turns, and long lists.
  const std::string large = "{% set x = '" + std::string(1 << 20, 'x') + "' %}";
  EXPECT_NE(rendered(large + "{% for a in ['b'] %}" + "{% for c in '" + std::string(5000, 'c') +
                     "' %}{% set y = x %}{% endfor %}{% endfor %}")
                .find("takes too much work"),
            std::string::npos);
  EXPECT_NE(rendered(large + "{{ x | unique | join }}{{ x.split('') }}").find("the list becomes longer than 100,000"),
            std::string::npos);
  EXPECT_NE(rendered(large + "{{ x | replace(x, '') }}").find("longer than 256 bytes"), std::string::npos);
  EXPECT_EQ(rendered("{{ ('" + std::string(50'000, 'a') + "' | unique | list) + ['b'] }}"), "['a', 'b']");
  // Values in each other.
  std::string nested = "{% set x = [] %}";
  for (int i = 0; i < 64; ++i) nested += "{% set x = {'a': x} | dictsort | last %}";
  EXPECT_NE(rendered(nested).find("the value is nested more than 64 levels deep"), std::string::npos);
  std::string doubled = "{% set x = 'xxxxxxxxxxxxxxxx' %}";
  for (int i = 0; i < 30; ++i) doubled += "{% set x = x ~ x %}";
  EXPECT_NE(rendered(doubled).find("the text becomes longer than 16 MiB"), std::string::npos);
}

TEST(Jinja, PlacesInTheTextAreThoseOfTheTemplate) {
  Findings findings;
  const std::string text = "{# é #}{\n \"é\": \"{{ custom.tag }}\", bad\n}";
  const auto made = render_jinja({"t.json", text}, kVariables, findings);
  ASSERT_TRUE(made);
  ASSERT_EQ(made->text(), "{\n \"é\": \"1.2\", bad\n}");
  EXPECT_EQ(made->origin({1, 1}), (Position{1, 8}));
  EXPECT_EQ(made->origin({2, 8}), (Position{2, 8}));    // where the tag stands
  EXPECT_EQ(made->origin({2, 9}), (Position{2, 8}));    // within what it wrote
  EXPECT_EQ(made->origin({2, 14}), (Position{2, 27}));  // bad
  EXPECT_EQ(made->origin({3, 1}), (Position{3, 1}));
}

}  // namespace
}  // namespace boxcar
