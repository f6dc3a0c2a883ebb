#include "remora/autodiscovery/labels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace remora::autodiscovery {
namespace {

using Strings = std::vector<std::string>;
using Labels = std::map<std::string, std::string>;
using testing::HasSubstr;

// Labels under the usual prefix.
ContainerTemplates parse(const Labels& labels) {
  Labels full;
  for (const auto& [name, value] : labels) full[std::string(kLabelPrefix) + name] = value;
  return parse_labels(full, "web", "abc");
}

// "check instance init_config" of each.
Strings shown(const ContainerTemplates& parsed) {
  Strings out;
  for (const Template& one : parsed.templates) {
    std::string line = one.check;
    for (const auto& instance : one.instances) line += " " + instance.json_text();
    line += " init=" + one.init_config.json_text();
    if (!one.logs.is_null()) line += " logs=" + one.logs.json_text();
    out.push_back(line);
  }
  return out;
}

// "severity label: message -> correction" with the prefix cut off.
Strings faults(const ContainerTemplates& parsed) {
  Strings out;
  for (const Fault& fault : parsed.faults.kept()) {
    EXPECT_EQ(fault.container, "web");
    EXPECT_EQ(fault.container_id, "abc");
    std::string place = fault.place;
    if (place.starts_with(kLabelPrefix)) place = place.substr(kLabelPrefix.size());
    std::string line =
        (fault.severity == Severity::error ? "error " : "warning ") + place + ": " + fault.message;
    if (!fault.correction.empty()) line += " -> " + fault.correction;
    out.push_back(line);
  }
  return out;
}

struct Good {
  const char* name;
  Labels labels;
  Strings templates;
};
class GoodLabels : public testing::TestWithParam<Good> {};
TEST_P(GoodLabels, GiveTemplatesAndNoFault) {
  const auto parsed = parse(GetParam().labels);
  EXPECT_EQ(shown(parsed), GetParam().templates);
  EXPECT_EQ(faults(parsed), Strings{});
}

INSTANTIATE_TEST_SUITE_P(
    Forms, GoodLabels,
    testing::Values(
        // The three labels of the page for ECS Fargate.
        Good{"V1",
             {{"check_names", R"(["redisdb"])"},
              {"init_configs", "[{}]"},
              {"instances", R"([{"host":"%%host%%","port":6379}])"}},
             {R"(redisdb {"host":"%%host%%","port":6379} init={})"}},
        Good{"V1TwoChecks",
             {{"check_names", R"(["nginx","http_check"])"},
              {"init_configs", R"([{"a":1},[{"b":2}]])"},
              {"instances", R"([{"u":1},{"v":2}])"}},
             {R"(nginx {"u":1} init={"a":1})", R"(http_check {"v":2} init={"b":2})"}},
        Good{"V1SeveralInstancesOfOneCheck",
             {{"check_names", R"(["redisdb"])"},
              {"init_configs", "[{}]"},
              {"instances", R"([[{"port":1},{"port":2}]])"}},
             {R"(redisdb {"port":1} init={})", R"(redisdb {"port":2} init={})"}},
        Good{"V1NullInitConfig",
             {{"check_names", R"(["redisdb"])"}, {"init_configs", "[null]"}, {"instances", "[{}]"}},
             {"redisdb {} init={}"}},
        Good{"V2",
             {{"checks", R"({"redisdb":{"init_config":{"x":1},"instances":[{"p":1},{"p":2}]}})"}},
             {R"(redisdb {"p":1} {"p":2} init={"x":1})"}},
        Good{"V2NoInitConfig",
             {{"checks", R"({"redisdb":{"instances":[{"host":"%%host%%"}]}})"}},
             {R"(redisdb {"host":"%%host%%"} init={})"}},
        Good{"V2NullInitConfig",
             {{"checks", R"({"a":{"init_config":null,"instances":[{}]}})"}},
             {"a {} init={}"}},
        Good{"V2Name",
             {{"checks", R"({"first":{"name":"nginx","instances":[{}]}})"}},
             {"nginx {} init={}"}},
        Good{"V2Logs",
             {{"checks", R"({"nginx":{"instances":[{}],"logs":[{"source":"n"}]}})"}},
             {R"(nginx {} init={} logs=[{"source":"n"}])"}},
        Good{"Logs",
             {{"logs", R"([{"source":"nginx","service":"web"}])"}},
             {R"( init={} logs=[{"source":"nginx","service":"web"}])"}},
        Good{"OtherLabels", {{"tags", R"(["team:a"])"}, {"other", "["}}, {}}, Good{"None", {}, {}}),
    [](const auto& c) { return c.param.name; });

struct Bad {
  const char* name;
  Labels labels;
  Strings templates;
  Strings faults;
};
void PrintTo(const Bad& c, std::ostream* out) { *out << c.name; }

class FaultyLabels : public testing::TestWithParam<Bad> {};
TEST_P(FaultyLabels, AreNamedAndRefused) {
  const auto parsed = parse(GetParam().labels);
  EXPECT_EQ(shown(parsed), GetParam().templates);
  EXPECT_EQ(faults(parsed), GetParam().faults);
}

const std::string kNone = "; no check of this container's labels runs";
const Labels kRest{{"init_configs", "[{}]"}, {"instances", "[{}]"}};
Labels with(Labels labels, const Labels& more = kRest) {
  labels.insert(more.begin(), more.end());
  return labels;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, FaultyLabels,
    testing::Values(
        Bad{"NamesBareWordInAList",
            with({{"check_names", "[mysql]"}}),
            {},
            {"error check_names: is not valid JSON: syntax error at byte 2" + kNone +
             " -> [\"mysql\"]"}},
        Bad{"NamesBareWord",
            with({{"check_names", "redisdb"}}),
            {},
            {"error check_names: is not valid JSON: syntax error at byte 1" + kNone +
             " -> [\"redisdb\"]"}},
        Bad{"NamesSingleQuotes",
            with({{"check_names", "['redisdb']"}}),
            {},
            {"error check_names: is not valid JSON: syntax error at byte 2" + kNone +
             " -> [\"redisdb\"]"}},
        Bad{"NamesEmpty", with({{"check_names", ""}}), {}, {"error check_names: is empty" + kNone}},
        Bad{"NamesObject",
            with({{"check_names", "{}"}}),
            {},
            {"error check_names: is an object, not a list of texts" + kNone}},
        Bad{"NamesNumber",
            with({{"check_names", "[\"a\",5]"}}),
            {},
            {"error check_names: element 1 is 5, not a text" + kNone}},
        Bad{"NamesNoName",
            with({{"check_names", "[\"a b\"]"}}),
            {},
            {"error check_names: \"a b\" is not the name of a check"}},
        Bad{"InitMissing",
            {{"check_names", R"(["a","b"])"}, {"instances", "[{},{}]"}},
            {},
            {"error init_configs: missing init_configs key" + kNone +
             " -> com.datadoghq.ad.init_configs = [{},{}]"}},
        Bad{"InstancesMissing",
            {{"check_names", R"(["a"])"}, {"init_configs", "[{}]"}},
            {},
            {"error instances: missing instances key" + kNone +
             " -> com.datadoghq.ad.instances = "
             R"([{"host":"%%host%%","<OPTION>":"<VALUE>"}])"}},
        Bad{"BothBroken",
            {{"check_names", R"(["a"])"}, {"init_configs", "[}"}, {"instances", ""}},
            {},
            {"error init_configs: is not valid JSON: syntax error at byte 2" + kNone,
             "error instances: is empty" + kNone}},
        Bad{"InstancesTrailingComma",
            with({{"check_names", R"(["a"])"}, {"instances", "[{\"x\":1},]"}}),
            {},
            {"error instances: is not valid JSON: syntax error at byte 10" + kNone +
             " -> [{\"x\":1}]"}},
        Bad{"InstancesUnquotedVariable",
            with({{"check_names", R"(["a"])"}, {"instances", "[{\"port\":%%port%%}]"}}),
            {},
            {"error instances: is not valid JSON: syntax error at byte 10" + kNone +
             " -> [{\"port\":\"%%port%%\"}]"}},
        Bad{"TypographicQuotes",
            with({{"check_names", "[\u201cnginx\u201d]"}}),
            {},
            {"error check_names: is not valid JSON: syntax error at byte 2" + kNone +
             " -> [\"nginx\"]"}},
        Bad{"InstancesElementText",
            with({{"check_names", R"(["a"])"}, {"instances", "[\"h\"]"}}),
            {},
            {"error instances: element 0 is a text, not an object" + kNone}},
        Bad{"InstancesInnerNumber",
            with({{"check_names", R"(["a"])"}, {"instances", "[[7]]"}}),
            {},
            {"error instances: element 0 of element 0 is 7, not an object"}},
        Bad{"InstancesNull",
            with({{"check_names", R"(["a"])"}, {"instances", "[null]"}}),
            {},
            {"error instances: element 0 is null, not an object" + kNone}},
        Bad{"Lengths",
            {{"check_names", R"(["a","b"])"}, {"init_configs", "[{},{}]"}, {"instances", "[{}]"}},
            {},
            {"error instances: the lists differ in length: check_names 2, init_configs 2, "
             "instances 1" +
             kNone}},
        Bad{"LengthsEmptyInit",
            with({{"check_names", R"(["a"])"}, {"init_configs", "[]"}}),
            {},
            {"error init_configs: the lists differ in length: check_names 1, init_configs 0, "
             "instances 1" +
             kNone + " -> [{}]"}},
        Bad{"LengthsSeveralInstances",
            with({{"check_names", R"(["a"])"}, {"instances", R"([{"p":1},{"p":2}])"}}),
            {},
            {"error instances: the lists differ in length: check_names 1, init_configs 1, "
             "instances 2" +
             kNone + R"( -> [[{"p":1},{"p":2}]])"}},
        Bad{"InitElementOfTwo",
            with({{"check_names", R"(["a"])"}, {"init_configs", "[[{},{}]]"}}),
            {},
            {"error init_configs: element 0 is a list of 2 where exactly one object belongs" +
             kNone + " -> [{}]"}},
        Bad{"InitElementOfNone",
            with({{"check_names", R"(["a"])"}, {"init_configs", "[[]]"}}),
            {},
            {"error init_configs: element 0 is a list of 0 where exactly one object belongs" +
             kNone + " -> [{}]"}},
        Bad{"V2NotJson",
            {{"checks", "{'redisdb': {'instances': [{'port': 1}]}}"}},
            {},
            {"error checks: is not valid JSON: syntax error at byte 2; none of its checks runs -> "
             R"({"redisdb":{"instances":[{"port":1}]}})"}},
        Bad{"V2List",
            {{"checks", R"([{"nginx":{"instances":[{}]}}])"}},
            {},
            {"error checks: is a list, not an object; none of its checks runs -> "
             R"({"nginx":{"instances":[{}]}})"}},
        Bad{"V2InstanceNotAnObject",
            {{"checks", R"({"good":{"instances":[{}]},"bad":{"instances":[true]}})"}},
            {"good {} init={}"},
            {"error checks: element 0 of instances of bad is true, not an object"}},
        Bad{"V2CheckNotAnObject",
            {{"checks", R"({"bad":5,"good":{"instances":[{}]}})"}},
            {"good {} init={}"},
            {"error checks: \"bad\" is 5, not an object with init_config and instances; it does "
             "not "
             "run"}},
        Bad{"V2InitConfigPlainText",
            {{"checks",
              R"({"bad":{"init_config":"x","instances":[{}]},"good":{"instances":[{}]}})"}},
            {"good {} init={}"},
            {"error checks: init_config of bad is a text, not an object"}},
        Bad{"V2NameThatIsNone",
            {{"checks", R"({"a b":{"instances":[{}]},"good":{"instances":[{}]}})"}},
            {"good {} init={}"},
            {"error checks: \"a b\" is not the name of a check"}},
        Bad{"InstancesNoBreakBlank",
            with({{"check_names", R"(["a"])"}, {"instances", "[{\"host\":\u00a0 \"%%host%%\"}]"}}),
            {},
            {"error instances: is not valid JSON: syntax error at byte 10" + kNone +
             R"( -> [{"host":"%%host%%"}])"}},
        Bad{"InstancesZeroWidthBlank",
            with({{"check_names", R"(["a"])"}, {"instances", "\u200b[{\"host\":\"h\"\u2060}]"}}),
            {},
            {"error instances: is not valid JSON: syntax error at byte 1" + kNone +
             R"( -> [{"host":"h"}])"}},
        // Between the quotes a blank may be meant.
        Bad{"InstancesBlankInsideAText",
            with({{"check_names", R"(["a"])"}, {"instances", "[{\"n\":\u00a0\"x\u00a0y\"}]"}}),
            {},
            {"error instances: is not valid JSON: syntax error at byte 7" + kNone +
             " -> [{\"n\":\"x\u00a0y\"}]"}},
        Bad{"InstancesFromAWebPage",
            with({{"check_names", R"(["a"])"},
                  {"instances", "[{\u201chost\u201d:\u00a0\u2018%%host%%\u2019,}]"}}),
            {},
            {"error instances: is not valid JSON: syntax error at byte 3" + kNone +
             R"( -> [{"host":"%%host%%"}])"}},
        // No text is better than a wrong one.
        Bad{"InstancesWithStrayQuotes",
            with({{"check_names", R"(["a"])"}, {"instances", R"([{"host": x"h","port":1}])"}}),
            {},
            {"error instances: is not valid JSON: syntax error at byte 11" + kNone}},
        Bad{"V2BeatsV1EvenBroken",
            with({{"checks", "{"}, {"check_names", R"(["a"])"}}),
            {},
            {"warning check_names: is not read beside com.datadoghq.ad.checks, which replaces it",
             "error checks: is not valid JSON: syntax error at byte 2; none of its checks runs"}},
        Bad{"LogsNotAList",
            {{"logs", "true"}, {"checks", R"({"a":{"instances":[{}]}})"}},
            {"a {} init={}"},
            {"error logs: logs is true, not a list of objects"}},
        Bad{"LogsBroken",
            {{"logs", "[{"}, {"checks", R"({"a":{"instances":[{}]}})"}},
            {"a {} init={}"},
            {"error logs: is not valid JSON: syntax error at byte 3; no logs are configured by "
             "it"}},
        Bad{"V2LogsNotAList",
            {{"checks", R"({"a":{"instances":[{}],"logs":"x"}})"}},
            {"a {} init={}"},
            {"error checks: logs of a is a text, not a list of objects"}}),
    [](const auto& c) { return c.param.name; });

INSTANTIATE_TEST_SUITE_P(
    ReadAsMeant, FaultyLabels,
    testing::Values(
        Bad{"V1EncodedTwice",
            {{"check_names", R"("[\"redisdb\"]")"},
             {"init_configs", R"("[{}]")"},
             {"instances", R"("[{\"host\":\"h\"}]")"}},
            {R"(redisdb {"host":"h"} init={})"},
            {"warning check_names: is JSON inside JSON text; it was unwrapped: encode it once -> "
             "[\"redisdb\"]",
             "warning init_configs: is JSON inside JSON text; it was unwrapped: encode it once -> "
             "[{}]",
             "warning instances: is JSON inside JSON text; it was unwrapped: encode it once -> "
             R"([{"host":"h"}])"}},
        Bad{"V2EncodedTwiceWithoutQuotes",
            {{"checks", R"({\"redisdb\":{\"instances\":[{}]}})"}},
            {"redisdb {} init={}"},
            {"warning checks: is JSON inside JSON text; it was unwrapped: encode it once -> "
             R"({"redisdb":{"instances":[{}]}})"}},
        Bad{"ListInsideAList",
            with({{"check_names", R"(["[\"redisdb\"]"])"}}),
            {"redisdb {} init={}"},
            {"warning check_names: is a list inside JSON text; it was unwrapped: encode it once -> "
             "[\"redisdb\"]"}},
        Bad{"InstanceAsText",
            with({{"check_names", R"(["a"])"}, {"instances", R"(["{\"p\":1}"])"}}),
            {R"(a {"p":1} init={})"},
            {R"(warning instances: element 0 is an object written as text: encode it once -> [{"p":1}])"}},
        Bad{"ObjectsForLists",
            {{"check_names", R"("redisdb")"}, {"init_configs", "{}"}, {"instances", R"({"p":1})"}},
            {R"(redisdb {"p":1} init={})"},
            {"warning check_names: is a text where a list of texts belongs; it is read as the only "
             "name -> [\"redisdb\"]",
             "warning init_configs: is an object where a list belongs; it is read as the only "
             "element -> [{}]",
             "warning instances: is an object where a list belongs; it is read as the only element "
             R"(-> [{"p":1}])"}},
        Bad{"V2InstancesObject",
            {{"checks", R"({"a":{"init_config":[{}],"instances":{"p":1}}})"}},
            {R"(a {"p":1} init={})"},
            {"warning checks: init_config of a is a list where an object belongs -> {}",
             "warning checks: instances of a is an object where a list of objects belongs; it is "
             R"(read as the only one -> [{"p":1}])"}},
        Bad{"LogsObject",
            {{"logs", R"({"source":"x"})"}},
            {R"( init={} logs=[{"source":"x"}])"},
            {"warning logs: logs is an object where a list of objects belongs; it is read as the "
             R"(only one -> [{"source":"x"}])"}},
        Bad{"Redis",
            with({{"check_names", R"(["redis"])"}}),
            {"redisdb {} init={}"},
            {"warning check_names: the check of redis is called redisdb; it is run under that name "
             "-> \"redisdb\""}},
        Bad{"Elasticsearch",
            {{"checks", R"({"elasticsearch":{"instances":[{}]}})"}},
            {"elastic {} init={}"},
            {"warning checks: the check of elasticsearch is called elastic; it is run under that "
             "name -> \"elastic\""}},
        Bad{"Memcached",
            with({{"check_names", R"(["memcached"])"}}),
            {"mcache {} init={}"},
            {"warning check_names: the check of memcached is called mcache; it is run under that "
             "name -> \"mcache\""}},
        Bad{"OneNameOfTwoIsNone",
            {{"check_names", R"(["a b","nginx"])"},
             {"init_configs", "[{},{}]"},
             {"instances", "[{},{}]"}},
            {"nginx {} init={}"},
            {"error check_names: \"a b\" is not the name of a check"}},
        Bad{"V2NoInstances",
            {{"checks", R"({"redisdb":{"host":"h"},"b":{"instances":[{}]}})"}},
            {"b {} init={}"},
            {"warning checks: \"host\" of redisdb is not read: an option of the check belongs into "
             "its instances",
             "warning checks: \"redisdb\" has no instances: nothing runs -> "
             R"({"redisdb":{"host":"h","instances":[{"host":"%%host%%","<OPTION>":"<VALUE>"}]},)"
             R"("b":{"instances":[{}]}})"}},
        Bad{"V2InitConfigAsText",
            {{"checks",
              R"({"a":{"init_config":"{\"x\":1}","instances":[{}]},"b":{"instances":[{}]}})"}},
            {R"(a {} init={"x":1})", "b {} init={}"},
            {"warning checks: init_config of a is an object written as text: encode it once -> "
             R"({"x":1})"}},
        Bad{"V2SeveralInstancesAsText",
            {{"checks", R"({"a":{"instances":["{\"p\":1}","{\"p\":2}"]}})"}},
            {R"(a {"p":1} {"p":2} init={})"},
            {"warning checks: instances of a holds an object written as text: encode it once -> "
             R"([{"p":1},{"p":2}])",
             "warning checks: instances of a holds an object written as text: encode it once"}},
        Bad{"V2TwoWithoutInstances",
            {{"checks", R"({"a":{},"b":{"init_config":{}}})"}},
            {},
            {R"(warning checks: "a", "b" have no instances: none runs -> )"
             R"({"a":{"instances":[{"host":"%%host%%","<OPTION>":"<VALUE>"}]},)"
             R"("b":{"init_config":{},"instances":[{"host":"%%host%%","<OPTION>":"<VALUE>"}]}})"}},
        Bad{"NameWithABlankThatNobodySees",
            with({{"check_names", "[\"redisdb\u200b\"]"}}),
            {"redisdb {} init={}"},
            {"warning check_names: blanks around the name of the check redisdb"}},
        Bad{"NamesMissing",
            kRest,
            {},
            {"warning instances: is not read: the label com.datadoghq.ad.check_names is missing -> "
             "com.datadoghq.ad.check_names = [\"<name of the check>\"]"}},
        Bad{"TagsNotJson",
            {{"tags", "['team:a']"}},
            {},
            {"error tags: is not valid JSON: syntax error at byte 2; it adds no tags -> "
             "[\"team:a\"]"}},
        Bad{"TagsEncodedTwice",
            {{"tags", R"("[\"team:a\"]")"}},
            {},
            {"error tags: is JSON inside JSON text; it adds no tags -> [\"team:a\"]"}},
        Bad{"TagsObject",
            {{"tags", R"({"team":"a"})"}},
            {},
            {"error tags: is an object, not a list; it adds no tags"}},
        Bad{"TagsThatAreNone",
            {{"tags", R"(["team:a","url:http://x","plain",5,":x","x:"])"}},
            {},
            {"warning tags: 5 of 6 entries are not \"key:value\" with exactly one colon; they are "
             "left out"}},
        Bad{"NearMiss",
            {{"check_name", "x"}},
            {},
            {"warning check_name: is not a label of Datadog's -> com.datadoghq.ad.check_names"}},
        Bad{"NearMissWithItsValue",
            {{"instance", R"([{"pass":"x"}])"}},
            {},
            {"warning instance: is not a label of Datadog's -> com.datadoghq.ad.instances = "
             R"([{"pass":"<PASS>"}])"}},
        Bad{"OtherCase",
            {{"Check_Names", R"(["redisdb"])"}},
            {},
            {"warning Check_Names: is not read: the names of labels are case-sensitive -> "
             R"(com.datadoghq.ad.check_names = ["redisdb"])"}},
        Bad{"Hyphen",
            {{"check-names", R"(["redisdb"])"}},
            {},
            {"warning check-names: is not a label of Datadog's -> "
             R"(com.datadoghq.ad.check_names = ["redisdb"])"}},
        Bad{"ShellVariableAsHost",
            {{"checks", R"({"redisdb":{"instances":[{"host":"$REDIS_HOST","port":1}]}})"}},
            {R"(redisdb {"host":"$REDIS_HOST","port":1} init={})"},
            {"warning checks: host of redisdb is written like a variable of a shell ($REDIS_HOST), "
             "which nothing replaces: %%env_REDIS_HOST%% is a variable of the agent's container, "
             "%%host%% the address of this one -> %%env_REDIS_HOST%%"}},
        Bad{"ShellVariablesInUrlAndPassword",
            {{"checks", R"({"a":{"instances":[{"url":"http://${HOST}:80/","password":"$hunter2",)"
                        R"("n":"a$B","cost":"$5"}]}})"}},
            {R"(a {"url":"http://${HOST}:80/","password":"$hunter2","n":"a$B","cost":"$5"} init={})"},
            {"warning checks: url of a is written like a variable of a shell ($HOST), which "
             "nothing "
             "replaces: %%env_HOST%% is a variable of the agent's container, %%host%% the address "
             "of this one -> %%env_HOST%%",
             "warning checks: password of a is written like a variable of a shell, which nothing "
             "replaces: %%env_NAME%% is a variable of the agent's container -> %%env_NAME%%"}}),
    [](const auto& c) { return c.param.name; });

struct Wrong {
  const char *name, *label, *meant;
};
class MisnamedLabels : public testing::TestWithParam<Wrong> {};
TEST_P(MisnamedLabels, PointToTheLabelThatWasMeant) {
  const auto parsed = parse_labels({{GetParam().label, "[]"}}, "web", "abc");
  if (std::string_view(GetParam().meant).empty()) {
    EXPECT_EQ(faults(parsed), Strings{});
    return;
  }
  ASSERT_EQ(parsed.faults.count(), 1u);
  const Fault& fault = parsed.faults.kept()[0];
  EXPECT_EQ(fault.correction, std::string(GetParam().meant) + " = []");
  EXPECT_NE(to_string(fault).find(std::string(", label ") + GetParam().label), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(
    Names, MisnamedLabels,
    testing::Values(
        Wrong{"Annotation", "ad.datadoghq.com/web.check_names", "com.datadoghq.ad.check_names"},
        Wrong{"AnnotationOfAContainerWithDots", "ad.datadoghq.com/a.b.instances",
              "com.datadoghq.ad.instances"},
        Wrong{"AnnotationV2", "ad.datadoghq.com/redis.checks", "com.datadoghq.ad.checks"},
        Wrong{"AnnotationLogs", "ad.datadoghq.com/redis.logs", "com.datadoghq.ad.logs"},
        Wrong{"AnnotationTags", "ad.datadoghq.com/tags", "com.datadoghq.ad.tags"},
        Wrong{"AnnotationCheckId", "ad.datadoghq.com/redis.check.id", "com.datadoghq.ad.check.id"},
        Wrong{"TagOfKubernetes", "tags.datadoghq.com/env", "com.datadoghq.tags.env"},
        Wrong{"TagOfKubernetesContainer", "tags.datadoghq.com/web.service",
              "com.datadoghq.tags.service"},
        Wrong{"CaseOfThePrefix", "com.DataDogHQ.ad.checks", "com.datadoghq.ad.checks"},
        Wrong{"CaseOfATag", "com.datadoghq.tags.Version", "com.datadoghq.tags.version"},
        Wrong{"Company", "com.datadog.ad.checks", "com.datadoghq.ad.checks"},
        Wrong{"Letters", "com.datadoghq.ad.instnaces", "com.datadoghq.ad.instances"},
        Wrong{"Right", "com.datadoghq.tags.env", ""},
        Wrong{"AnotherOfDatadog", "com.datadoghq.something.else", ""},
        Wrong{"AnotherAnnotation", "ad.datadoghq.com/endpoints.resolve", ""},
        Wrong{"OfOthers", "com.example.ad.checks", ""}),
    [](const auto& wrong) { return wrong.param.name; });

// In a template `${Host}` is a parameter; `$HOST` is a mistake there too.
TEST(Labels, OpenReferencesAreNoShellVariables) {
  LabelOptions options;
  options.open_references = true;
  const auto parsed = parse_labels(
      {{"com.datadoghq.ad.checks", R"({"a":{"instances":[{"host":"${Host}"},{"host":"$HOST"}]}})"}},
      "web", "abc", options);
  EXPECT_EQ(parsed.faults.count(), 1u);
}

TEST(Labels, AnEmptyListOfNamesKeepsFilesAway) {
  for (const char* names : {"[]", "[\"\"]"}) {
    const auto parsed = parse(with({{"check_names", names}}));
    EXPECT_TRUE(parsed.no_file_templates) << names;
    EXPECT_TRUE(parsed.templates.empty()) << names;
    EXPECT_TRUE(parsed.faults.empty()) << names;
  }
  EXPECT_FALSE(parse(with({{"check_names", R"(["a"])"}})).no_file_templates);
  EXPECT_FALSE(parse(with({{"check_names", "["}})).no_file_templates);
}

TEST(Labels, CheckIdReplacesTheImage) {
  EXPECT_EQ(parse({{"check.id", " custom "}}).check_id, "custom");
  const auto legacy = parse_labels({{"com.datadoghq.sd.check.id", "old"}}, "web", "abc");
  EXPECT_EQ(legacy.check_id, "old");
  ASSERT_EQ(legacy.faults.kept().size(), 1u);
  EXPECT_EQ(to_string(legacy.faults.kept()[0]),
            "container \"web\", label com.datadoghq.sd.check.id: is an old name; it is read "
            "(write: com.datadoghq.ad.check.id)");
  EXPECT_EQ(parse_labels({{"check.id", "bare"}}, "web", "abc").check_id, "");
}

TEST(Labels, OtherLegacyNamesAreNotRead) {
  const auto parsed = parse_labels({{"com.datadoghq.sd.check_names", R"(["a"])"}}, "web", "abc");
  EXPECT_TRUE(parsed.templates.empty());
  EXPECT_EQ(faults(parsed),
            Strings{"warning com.datadoghq.sd.check_names: is an old name that is no longer read "
                    "-> com.datadoghq.ad.check_names"});
}

struct TagOptions {
  const char* name;
  Labels labels;
  bool ignore;
  std::optional<tagger::Cardinality> cardinality;
  Strings faults;
};
class TagOptionLabels : public testing::TestWithParam<TagOptions> {};
TEST_P(TagOptionLabels, AreReadWithEitherForm) {
  const auto parsed = parse(GetParam().labels);
  ASSERT_EQ(parsed.templates.size(), 1u);
  EXPECT_EQ(parsed.templates[0].ignore_tags, GetParam().ignore);
  EXPECT_EQ(parsed.templates[0].cardinality, GetParam().cardinality);
  EXPECT_EQ(faults(parsed), GetParam().faults);
}
const Labels kV1 = with({{"check_names", R"(["a"])"}});
Labels v2(const std::string& options) {
  return {{"checks", R"({"a":{"instances":[{}],)" + options + "}}"}};
}
INSTANTIATE_TEST_SUITE_P(
    Forms, TagOptionLabels,
    testing::Values(
        TagOptions{"Neither", kV1, false, {}, {}},
        TagOptions{"V1True", with({{"ignore_autodiscovery_tags", "true"}}, kV1), true, {}, {}},
        TagOptions{"V1Short", with({{"ignore_autodiscovery_tags", "t"}}, kV1), true, {}, {}},
        TagOptions{"V1Yes",
                   with({{"ignore_autodiscovery_tags", "yes"}}, kV1),
                   false,
                   {},
                   {"warning ignore_autodiscovery_tags: ignore_autodiscovery_tags is neither true "
                    "nor false: taken as false -> true"}},
        TagOptions{"V1High",
                   with({{"check_tag_cardinality", "high"}}, kV1),
                   false,
                   tagger::Cardinality::high,
                   {}},
        TagOptions{"V1Unknown",
                   with({{"check_tag_cardinality", "all"}}, kV1),
                   false,
                   {},
                   {"warning check_tag_cardinality: check_tag_cardinality \"all\" is unknown: "
                    "DD_CHECKS_TAG_CARDINALITY applies -> low, orchestrator or high"}},
        TagOptions{"V2",
                   v2(R"("ignore_autodiscovery_tags":true,"check_tag_cardinality":"low")"),
                   true,
                   tagger::Cardinality::low,
                   {}},
        TagOptions{"V2Text", v2(R"("ignore_autodiscovery_tags":"true")"), true, {}, {}},
        TagOptions{"V2Orchestrator",
                   v2(R"("check_tag_cardinality":"orchestrator")"),
                   false,
                   tagger::Cardinality::orchestrator,
                   {}},
        TagOptions{"V2Unknown",
                   v2(R"("check_tag_cardinality":[])"),
                   false,
                   {},
                   {"warning checks: check_tag_cardinality \"a list\" is unknown: "
                    "DD_CHECKS_TAG_CARDINALITY applies -> low, orchestrator or high"}}),
    [](const auto& c) { return c.param.name; });

TEST(Labels, SecretsReachNeitherMessagesNorCorrections) {
  const std::string secret = "hunter2";
  for (const Labels& labels :
       {with({{"check_names", R"(["a"])"}, {"instances", "[{'host':'h','password':'hunter2'},]"}}),
        with({{"check_names", R"(["a"])"}, {"instances", R"({"Auth_Token":"hunter2"})"}}),
        with({{"check_names", R"(["a"])"},
              {"instances", R"([{"url":"http://u:hunter2@h/"},{"api_key":"hunter2"}])"}}),
        with({{"check_names", R"(["a"])"}, {"instances", R"(["hunter2"])"}}),
        Labels{{"checks", R"({\"a\":{\"instances\":[{\"headers\":{\"X\":\"hunter2\"}}]}})"}},
        Labels{{"checks", R"({"a":{"instances":{"pass":"hunter2"}}})"}},
        Labels{{"checks", R"([{"a":{"instances":[{"password":"hunter2"}]}}])"}},
        Labels{{"checks", R"({"password: hunter2":3})"}}}) {
    const auto parsed = parse(labels);
    EXPECT_FALSE(parsed.faults.empty());
    for (const std::string& fault : faults(parsed)) {
      EXPECT_EQ(fault.find(secret), std::string::npos) << fault;
    }
  }
}

// What is pasted must not hold asterisks: a password of asterisks is refused only at run time.
TEST(Labels, CorrectionsHoldPlaceholdersForSecrets) {
  const auto parsed = parse(
      with({{"check_names", R"(["a"])"},
            {"instances",
             R"([{"host":"h","password":"hunter2","url":"http://u:hunter2@h/","key":"%%env_KEY%%",)"
             R"("auth_token":"%%env_TOKEN%%","headers":{"X-Api-Key":"hunter2","n":[1]},)"
             R"("tags":["k:0123456789abcdef0123456789abcdef"],},])"}}));
  ASSERT_EQ(parsed.faults.count(), 1u);
  EXPECT_EQ(parsed.faults.kept()[0].correction,
            R"([{"host":"h","password":"<PASSWORD>","url":"http://u:<SECRET>@h/",)"
            R"("key":"%%env_KEY%%","auth_token":"%%env_TOKEN%%",)"
            R"("headers":{"X-Api-Key":"<X_API_KEY>","n":["<N>"]},"tags":["k:<SECRET>"]}])");
}

TEST(Labels, AThousandInstancesAreTheLimit) {
  std::string instances = R"([[{"p":0})";
  for (int i = 1; i < 1003; ++i) instances += ",{\"p\":" + std::to_string(i) + "}";
  const auto parsed = parse(
      {{"check_names", R"(["a"])"}, {"init_configs", "[{}]"}, {"instances", instances + "]]"}});
  EXPECT_EQ(parsed.templates.size(), 1000u);
  EXPECT_EQ(faults(parsed), Strings{"error *: more than 1000 instances: 3 were left out"});
}

TEST(Labels, HostileTextsAreRefusedInOneLine) {
  for (const std::string& text :
       {std::string(1000, '['), std::string("[\"\xff\"]"), std::string(1024 * 1024 + 1, ' ') + "x",
        "[" + std::string(200'000, '1') + "]"}) {
    const auto parsed = parse({{"check_names", R"(["a"])"},
                               {"init_configs", "[{}]"},
                               {"instances", text},
                               {"logs", R"([{"source":"x"}])"}});
    ASSERT_EQ(parsed.faults.count(), 1u);
    EXPECT_LT(faults(parsed)[0].size(), 250u);
    EXPECT_EQ(parsed.templates.size(), 1u) << "the good label beside it";
  }
}

TEST(Labels, CorrectionsStayShort) {
  const std::string instances = "[{\"x\":\"" + std::string(3000, 'x') + "\"},]";
  const auto parsed = parse(with({{"check_names", R"(["a"])"}, {"instances", instances}}));
  ASSERT_EQ(parsed.faults.count(), 1u);
  EXPECT_EQ(parsed.faults.kept()[0].correction, "");
}

TEST(FaultList, KeepsTwoHundredAndCountsAll) {
  FaultList list;
  for (int i = 0; i < 250; ++i)
    list.add({i % 2 == 0 ? Severity::error : Severity::warning, "", "", "", "", ""});
  EXPECT_EQ(list.kept().size(), 200u);
  EXPECT_EQ(list.count(), 250u);
  EXPECT_EQ(list.errors(), 125u);
  FaultList sum;
  sum.add(list);
  sum.add(list);
  EXPECT_EQ(sum.kept().size(), 200u);
  EXPECT_EQ(sum.count(), 500u);
}

}  // namespace
}  // namespace remora::autodiscovery
