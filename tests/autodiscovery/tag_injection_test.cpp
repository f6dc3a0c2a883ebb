#include "remora/autodiscovery/tag_injection.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace remora::autodiscovery {
namespace {

using model::Map;
using model::Value;
using Strings = std::vector<std::string>;

struct Case {
  const char* name;
  Map instance;
  model::TagList injected;
  std::string expected;
  Strings problems;
};
class InjectedTags : public testing::TestWithParam<Case> {};
TEST_P(InjectedTags, AreMergedIntoTheInstance) {
  Strings problems;
  EXPECT_EQ(with_injected_tags(GetParam().instance, GetParam().injected, problems).json_text(),
            GetParam().expected);
  EXPECT_EQ(problems, GetParam().problems);
}
INSTANTIATE_TEST_SUITE_P(
    Instances, InjectedTags,
    testing::Values(
        Case{"NoneOfItsOwn", Map{{"p", 1}}, {"b:2", "a:1"}, R"({"p":1,"tags":["a:1","b:2"]})", {}},
        Case{"Union",
             Map{{"tags", Value::List{"z", "b:2"}}},
             {"b:2", "a:1"},
             R"({"tags":["a:1","b:2","z"]})",
             {}},
        Case{"NothingAtAll", Map{{"p", 1}}, {}, R"({"p":1})", {}},
        Case{"OwnOnly", Map{{"tags", Value::List{"b", "a", "b"}}}, {}, R"({"tags":["a","b"]})", {}},
        Case{"Null", Map{{"tags", nullptr}}, {"a"}, R"({"tags":["a"]})", {}},
        Case{"NotATextInside",
             Map{{"tags", Value::List{5, "x", nullptr}}},
             {"a"},
             R"({"tags":["a","x"]})",
             {"`tags[0]` is a number, not a text; it is left out",
              "`tags[2]` is null, not a text; it is left out"}},
        Case{"NotAList",
             Map{{"tags", "x,y"}},
             {"a"},
             R"({"tags":["a"]})",
             {"`tags` is a text, not a list; it is left out"}}),
    [](const auto& c) { return c.param.name; });

struct KnownTask {
  KnownTask() {
    ecs::TaskMetadata task;
    task.task_arn = "arn:aws:ecs:eu-west-1:123456789012:task/c/abc";
    task.cluster = "c";
    task.family = "shop";
    ecs::ContainerMetadata redis;
    redis.docker_id = "id1";
    redis.name = "redis";
    redis.image = "redis:7";
    redis.known_status = "RUNNING";
    task.containers = {redis};
    tagger.update(task, ecs::LaunchType::fargate);
  }
  static CheckConfig config(std::string container) {
    CheckConfig out;
    out.instance = Map{{"tags", Value::List{"own:1"}}};
    out.container_id = std::move(container);
    return out;
  }
  telemetry::Counters counters;
  tagger::Tagger tagger{tagger::TaggerOptions{}, counters};
};

bool has(const model::Tags& tags, std::string_view tag) {
  return std::find(tags->begin(), tags->end(), tag) != tags->end();
}

TEST(TaggedInstance, HasTheTagsOfItsContainerAtTheCardinalityAskedFor) {
  const KnownTask known;
  CheckConfig config = KnownTask::config("id1");
  const model::Tags low = injected_tags(config, known.tagger, tagger::Cardinality::low);
  EXPECT_TRUE(has(low, "short_image:redis"));
  EXPECT_FALSE(has(low, "container_name:redis"));
  config.cardinality = tagger::Cardinality::high;  // of the label check_tag_cardinality
  const model::Tags high = injected_tags(config, known.tagger, tagger::Cardinality::low);
  EXPECT_TRUE(has(high, "container_id:id1"));
  Strings problems;
  const Value::List tags = *tagged_instance(config, high, problems).find("tags")->list();
  EXPECT_EQ(tags.size(), high->size() + 1);
}

TEST(TaggedInstance, HasTheTagsOfTheTaskWhereItHasNoContainer) {
  const KnownTask known;
  const CheckConfig config = KnownTask::config("");
  const model::Tags tags = injected_tags(config, known.tagger, tagger::Cardinality::low);
  EXPECT_TRUE(has(tags, "task_family:shop"));
  EXPECT_FALSE(has(tags, "short_image:redis"));
}

TEST(TaggedInstance, StaysAsWrittenWhereTagsAreNotWanted) {
  const KnownTask known;
  CheckConfig config = KnownTask::config("id1");
  config.ignore_tags = true;
  const model::Tags tags = injected_tags(config, known.tagger, tagger::Cardinality::high);
  EXPECT_TRUE(tags->empty());
  Strings problems;
  EXPECT_EQ(tagged_instance(config, tags, problems), config.instance);
}

}  // namespace
}  // namespace remora::autodiscovery
