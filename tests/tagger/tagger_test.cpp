#include "remora/tagger/tagger.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>

#include "fakes/ecs_fixture.hpp"

namespace remora::tagger {
namespace {

using Strings = std::vector<std::string>;

ecs::TaskMetadata fixture(const std::string& name) {
  auto task = ecs::parse_task(fakes::ecs_fixture(name));
  EXPECT_TRUE(task);
  return task ? *task : ecs::TaskMetadata{};
}

Strings sorted(Strings tags) {
  std::sort(tags.begin(), tags.end());
  return tags;
}
Strings plus(Strings a, const Strings& b) {
  a.insert(a.end(), b.begin(), b.end());
  return sorted(std::move(a));
}

class TaggerTest : public testing::Test {
 protected:
  Tagger& make(TaggerOptions options, const ecs::TaskMetadata& task) {
    Tagger& tagger = taggers.emplace_back(std::move(options), counters);
    tagger.update(task, task.launch_type);
    return tagger;
  }
  telemetry::Counters counters;
  std::list<Tagger> taggers;
};

TEST_F(TaggerTest, ManagedInstances) {
  TaggerOptions options;
  options.static_tags = {"env:prod", "url:http://x:1"};
  const Tagger& tagger = make(options, fixture("task_managed_instances.json"));
  const Strings task = {
      "task_name:shop",   "task_family:shop",  "task_version:3",        "aws_account:111122223333",
      "region:us-west-2", "cluster_name:demo", "ecs_cluster_name:demo", "ecs_service:shop-svc",
      "env:prod",         "url:http://x:1"};
  const Strings arn = {
      "task_arn:arn:aws:ecs:us-west-2:111122223333:task/demo/0123456789abcdef0123456789abcdef"};
  EXPECT_EQ(*tagger.global_tags(Cardinality::low), sorted(task));
  EXPECT_EQ(*tagger.global_tags(Cardinality::orchestrator), plus(task, arn));
  EXPECT_EQ(*tagger.global_tags(Cardinality::high), plus(task, arn));

  const std::string id = "0123456789abcdef0123456789abcdef-1000000001";
  const Strings low = plus(
      task, {"ecs_container_name:redis", "image_name:redis", "short_image:redis", "image_tag:7",
             "docker_image:redis:7", "image_id:sha256:" + std::string(64, '4')});
  EXPECT_EQ(*tagger.container_tags(id, Cardinality::low), low);
  EXPECT_EQ(*tagger.container_tags(id, Cardinality::orchestrator), plus(low, arn));
  EXPECT_EQ(*tagger.container_tags(id, Cardinality::high),
            plus(plus(low, arn), {"container_name:redis", "container_id:" + id}));
  EXPECT_TRUE(tagger.complete());
}

// The agent sees no environment but its own: its service is not that of its neighbours.
TEST_F(TaggerTest, OwnServiceAndVersionAreOfTheOwnContainerAlone) {
  TaggerOptions options;
  options.static_tags = {"env:prod"};
  options.own_service = "watcher";
  options.own_version = "9";
  ecs::TaskMetadata task = fixture("task_ec2_awsvpc.json");
  const auto unified = [](const model::Tags& tags) {
    Strings found;
    for (const std::string& tag : *tags) {
      if (tag.starts_with("service:") || tag.starts_with("version:")) found.push_back(tag);
    }
    return found;
  };
  task.own_docker_id = std::string(64, 'a');
  Tagger& tagger = make(options, task);
  const auto low = [&](char c) {
    return unified(tagger.container_tags(std::string(64, c), Cardinality::low));
  };
  ASSERT_NE(task.find(task.own_docker_id), nullptr);
  EXPECT_EQ(low('a'), (Strings{"service:watcher", "version:9"}));
  EXPECT_EQ(low('b'), (Strings{"service:web", "version:2.4.1"}));
  EXPECT_EQ(unified(tagger.global_tags(Cardinality::high)), Strings{});

  task.own_docker_id = std::string(64, 'b');  // labels and environment both count
  tagger.update(task, task.launch_type);
  EXPECT_EQ(low('a'), Strings{});
  EXPECT_EQ(low('b'), (Strings{"service:watcher", "service:web", "version:2.4.1", "version:9"}));

  task.own_docker_id.clear();  // not found: nobody's
  tagger.update(task, task.launch_type);
  EXPECT_EQ(low('b'), (Strings{"service:web", "version:2.4.1"}));
}

TEST_F(TaggerTest, Fargate) {
  const Tagger& tagger = make({}, fixture("task_fargate.json"));
  const std::string id = "0f6e2b2d8f6a4f5f8d8e6a4b7c9d1e21-2745590001";
  EXPECT_EQ(*tagger.container_tags(id, Cardinality::high),
            sorted({"task_name:curl",
                    "task_family:curl",
                    "task_version:26",
                    "aws_account:111122223333",
                    "region:us-west-2",
                    "cluster_name:demo",
                    "ecs_cluster_name:demo",
                    "ecs_service:curl-svc",
                    "availability-zone:us-west-2d",
                    "availability_zone:us-west-2d",
                    "task_arn:arn:aws:ecs:us-west-2:111122223333:task/demo/"
                    "0f6e2b2d8f6a4f5f8d8e6a4b7c9d1e21",
                    "ecs_container_name:curl",
                    "container_name:curl",
                    "container_id:" + id,
                    "image_name:public.ecr.aws/docker/library/redis",
                    "short_image:redis",
                    "image_tag:7.2",
                    "docker_image:public.ecr.aws/docker/library/redis:7.2",
                    "image_id:sha256:" + std::string(64, '7'),
                    "service:curl"}));
}

TEST_F(TaggerTest, Ec2WithUserLabels) {
  TaggerOptions options;
  options.labels_as_tags = {{"owner-*", "owner"}, {"com.datadoghq.ad.tags", "+raw"}};
  const Tagger& tagger = make(options, fixture("task_ec2_awsvpc.json"));
  const std::string id(64, 'b');
  const std::string image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/web";
  const Strings low = sorted({"task_name:shop",
                              "task_family:shop",
                              "task_version:12",
                              "aws_account:111122223333",
                              "region:eu-west-1",
                              "cluster_name:shop",
                              "ecs_cluster_name:shop",
                              "ecs_service:shop-svc",
                              "ecs_container_name:web",
                              "image_name:" + image,
                              "short_image:web",
                              "image_tag:2.4.1",
                              "docker_image:" + image + ":2.4.1",
                              "image_id:sha256:" + std::string(64, 'e'),
                              "env:prod",
                              "service:web",
                              "version:2.4.1",
                              "git.commit.sha:0a1b2c3d",
                              "git.repository_url:https://example.com/shop/web",
                              "owner:payments"});
  EXPECT_EQ(*tagger.container_tags(id, Cardinality::low), low);
  EXPECT_EQ(*tagger.container_tags(id, Cardinality::high),
            plus(low, {"task_arn:arn:aws:ecs:eu-west-1:111122223333:task/shop/"
                       "5f0f4d0a6bd84c55a7a4d3f1a3c9e201",
                       "container_name:ecs-shop-12-web-bbbb", "container_id:" + id, "team:checkout",
                       R"(raw:["team:checkout","url:http://x","plain"])"}));
  EXPECT_EQ(counters.tags_rejected.value, 2u);
}

TEST_F(TaggerTest, BeforeTheFirstTaskThereAreStaticTagsOnly) {
  TaggerOptions options;
  options.static_tags = {"team:a", "plain", "empty:", ":x", "team:a"};
  const Tagger tagger(options, counters);
  EXPECT_EQ(*tagger.global_tags(Cardinality::high), Strings{"team:a"});
  EXPECT_EQ(*tagger.container_tags("unknown", Cardinality::low), Strings{"team:a"});
  EXPECT_FALSE(tagger.complete());
}

TEST_F(TaggerTest, AnUnknownOrEmptyIdGetsTheTagsOfTheTask) {
  const Tagger& tagger = make({}, fixture("task_ec2_bridge.json"));
  EXPECT_EQ(tagger.container_tags("nobody", Cardinality::high),
            tagger.global_tags(Cardinality::high));
  EXPECT_EQ(tagger.container_tags("", Cardinality::low), tagger.global_tags(Cardinality::low));
}

TEST_F(TaggerTest, AvailabilityZoneOutsideFargateIsAnOption) {
  const auto task = fixture("task_ec2_awsvpc.json");
  const auto has_zone = [](const Tagger& t) {
    const auto tags = t.global_tags(Cardinality::low);
    return std::count(tags->begin(), tags->end(), "availability-zone:eu-west-1b") == 1 &&
           std::count(tags->begin(), tags->end(), "availability_zone:eu-west-1b") == 1;
  };
  EXPECT_FALSE(has_zone(make({}, task)));
  TaggerOptions options;
  options.availability_zone_everywhere = true;
  EXPECT_TRUE(has_zone(make(options, task)));
}

TEST_F(TaggerTest, TheClusterNameTagCanBeSwitchedOff) {
  TaggerOptions options;
  options.disable_cluster_name_tag = true;
  const Tagger& tagger = make(options, fixture("task_fargate.json"));
  const auto tags = tagger.global_tags(Cardinality::low);
  EXPECT_EQ(std::count(tags->begin(), tags->end(), "cluster_name:demo"), 0);
  EXPECT_EQ(std::count(tags->begin(), tags->end(), "ecs_cluster_name:demo"), 1);
}

struct ResourceCase {
  bool collect, replace_colon;
  ecs::LaunchType type;
  Strings expected;
};
class ResourceTags : public TaggerTest, public testing::WithParamInterface<ResourceCase> {};

TEST_P(ResourceTags, FollowTheOptions) {
  ecs::TaskMetadata task;
  task.launch_type = GetParam().type;
  task.task_tags = {{"Cost:Center", "Retail"}, {"aws:ecs:x", "y"}, {"AWS:Up", "z"}};
  task.container_instance_tags = {{"Rack", "7"}};
  TaggerOptions options;
  options.collect_resource_tags = GetParam().collect;
  options.resource_tags_replace_colon = GetParam().replace_colon;
  EXPECT_EQ(*make(options, task).global_tags(Cardinality::low), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Options, ResourceTags,
    testing::Values(
        ResourceCase{false, false, ecs::LaunchType::ec2, {}},
        ResourceCase{true, false, ecs::LaunchType::fargate, {}},
        ResourceCase{true, false, ecs::LaunchType::ec2, {"cost:center:retail", "rack:7"}},
        ResourceCase{true, true, ecs::LaunchType::ec2, {"cost_center:retail", "rack:7"}}));

TEST_F(TaggerTest, ListsAreSharedUntilTheTaskChanges) {
  auto task = fixture("task_fargate.json");
  Tagger tagger({}, counters);
  tagger.update(task, ecs::LaunchType::fargate);
  const auto before = tagger.global_tags(Cardinality::low);
  task.ephemeral_utilized_mib = 999;
  tagger.update(task, ecs::LaunchType::fargate);
  EXPECT_EQ(tagger.global_tags(Cardinality::low), before);
  task.revision = "27";
  tagger.update(task, ecs::LaunchType::fargate);
  EXPECT_NE(tagger.global_tags(Cardinality::low), before);
}

TEST_F(TaggerTest, AContainerThatWentLosesItsTags) {
  auto task = fixture("task_fargate.json");
  Tagger tagger({}, counters);
  tagger.update(task, ecs::LaunchType::fargate);
  const std::string id = task.containers[0].docker_id;
  task.containers.erase(task.containers.begin());
  tagger.update(task, ecs::LaunchType::fargate);
  EXPECT_EQ(tagger.container_tags(id, Cardinality::high), tagger.global_tags(Cardinality::high));
}

TEST_F(TaggerTest, RejectedLabelTagsCountOncePerContainerAndLabel) {
  auto task = fixture("task_ec2_awsvpc.json");
  Tagger tagger({}, counters);
  tagger.update(task, ecs::LaunchType::ec2);
  task.containers[0].known_status = "RUNNING";
  tagger.update(task, ecs::LaunchType::ec2);
  EXPECT_EQ(counters.tags_rejected.value, 2u);  // "url:http://x" and "plain"
}

TEST_F(TaggerTest, CutsLongValuesAndTheNumberOfTags) {
  ecs::TaskMetadata task;
  ecs::ContainerMetadata c;
  c.docker_id = "1";
  c.name = "web";
  c.labels["long"] = std::string(9000, 'x');
  task.containers.push_back(c);
  TaggerOptions options;
  options.labels_as_tags = {{"*", "%%label%%"}};
  EXPECT_EQ((*make(options, task).container_tags("1", Cardinality::low)).back(),
            "long:" + std::string(8192, 'x'));
  EXPECT_EQ(counters.tags_rejected.value, 1u);

  for (int i = 0; i < 1200; ++i) task.containers[0].labels["k" + std::to_string(i)] = "v";
  EXPECT_EQ(make(options, task).container_tags("1", Cardinality::high)->size(), 1000u);
}

TEST_F(TaggerTest, StatusHoldsNoValues) {
  const Tagger& tagger = make({}, fixture("task_ec2_awsvpc.json"));
  const auto node = tagger.status();
  EXPECT_EQ(node.title, "Tagger");
  EXPECT_EQ(node.children.size(), 3u);
}

TEST(ParseCardinality, TakesAnyCase) {
  EXPECT_EQ(parse_cardinality("LOW"), Cardinality::low);
  EXPECT_EQ(parse_cardinality("Orchestrator"), Cardinality::orchestrator);
  EXPECT_EQ(parse_cardinality("high"), Cardinality::high);
  EXPECT_EQ(parse_cardinality("medium"), std::nullopt);
  EXPECT_EQ(parse_cardinality(""), std::nullopt);
}

}  // namespace
}  // namespace remora::tagger
