#include "sandbox/metadata_documents.hpp"

#include <gtest/gtest.h>

#include "remora/ecs/metadata.hpp"
#include "remora/ecs/stats.hpp"
#include "sandbox/metadata_endpoint.hpp"

namespace remora::sandbox {
namespace {

struct Served : testing::Test {
  Served()
      : definition(*parse_task_definition(
            R"({"family": "shop", "requiresCompatibilities": ["FARGATE"], "cpu": "512",
                "memory": "1024", "containerDefinitions": [
                {"name": "datadog-agent", "image": "remora:dev"},
                {"name": "redis", "image": "redis:7", "cpu": 128, "memory": 64,
                 "portMappings": [{"containerPort": 6379}],
                 "dockerLabels": {"com.datadoghq.tags.env": "dev"}}]})")),
        identity(make_identity(definition, 7, core::WallTime(std::chrono::seconds(1'700'000'000)))),
        endpoint(definition, identity,
                 [](std::size_t i) { return i == 0 ? R"({"name":"x"})" : ""; }) {}

  net::ServerResponse get(const std::string& path) {
    net::ServerRequest request;
    request.method = "GET";
    request.target = path;
    return endpoint.answer(request);
  }

  TaskDefinition definition;
  TaskIdentity identity;
  MetadataEndpoint endpoint;
};

TEST_F(Served, TaskReadsBackAsEcsWritesIt) {
  const auto task = ecs::parse_task(task_document(definition, identity));
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_TRUE(task->warnings.empty());
  EXPECT_EQ(task->family, "shop");
  EXPECT_EQ(task->launch_type, ecs::LaunchType::fargate);
  EXPECT_EQ(task->cpu_limit_vcpu, 0.5);
  EXPECT_EQ(task->memory_limit_mib, 1024u);
  EXPECT_EQ(task->cluster_name(), "sandbox");
  EXPECT_EQ(task->task_id(), identity.task_id);
  ASSERT_EQ(task->containers.size(), 2u);
  const ecs::ContainerMetadata& redis = task->containers[1];
  EXPECT_EQ(redis.name, "redis");
  EXPECT_EQ(redis.docker_id, identity.docker_ids[1]);
  EXPECT_TRUE(redis.running());
  EXPECT_EQ(redis.cpu_limit_units, 128.0);
  EXPECT_EQ(redis.memory_limit_mib, 64u);
  EXPECT_EQ(redis.started_at, identity.started_at);
  EXPECT_EQ(redis.ports[0].container_port, 6379);
  const std::map<std::string, std::string> labels{
      {"com.amazonaws.ecs.cluster", identity.cluster_arn},
      {"com.amazonaws.ecs.container-name", "redis"},
      {"com.amazonaws.ecs.task-arn", identity.task_arn},
      {"com.amazonaws.ecs.task-definition-family", "shop"},
      {"com.amazonaws.ecs.task-definition-version", "1"},
      {"com.datadoghq.tags.env", "dev"}};
  EXPECT_EQ(redis.labels, labels);
}

TEST_F(Served, IdsHaveTheFormOfManagedInstances) {
  EXPECT_EQ(identity.task_id.size(), 32u);
  EXPECT_EQ(identity.docker_ids[0].size(), 32u + 1 + 10);
  EXPECT_NE(identity.docker_ids[0], identity.docker_ids[1]);
}

TEST_F(Served, ContainersAreReachedWhereTheirServersAre) {
  EXPECT_TRUE(identity.own_ipv4.starts_with("127."));
  EXPECT_FALSE(identity.own_ipv4.starts_with("127.0."));  // what machines use themselves
  EXPECT_NE(make_identity(definition, 8, identity.started_at).own_ipv4, identity.own_ipv4);
  identity.ipv4[1] = identity.own_ipv4;  // the endpoint answers with what it is now
  const auto task = ecs::parse_task(get("/v4/" + identity.docker_ids[0] + "/task").body);
  ASSERT_TRUE(task) << task.error().message();
  const auto address = [&](std::size_t i) { return task->containers[i].networks[0].ipv4.at(0); };
  EXPECT_EQ(address(0), "127.0.0.1");
  EXPECT_EQ(address(1), identity.own_ipv4);
}

TEST_F(Served, ContainerWithoutStatsIsNull) {
  EXPECT_EQ(get("/v4/" + identity.docker_ids[0] + "/task/stats").body,
            "{\"" + identity.docker_ids[0] + "\":{\"name\":\"x\"},\"" + identity.docker_ids[1] +
                "\":null}");
}

TEST_F(Served, AnswersTheFivePathsAndNoOther) {
  const std::string base = "/v4/" + identity.docker_ids[1];
  EXPECT_NE(get(base).body.find("\"Name\":\"redis\""), std::string::npos);
  EXPECT_EQ(get(base + "/stats").body, "{}");
  EXPECT_EQ(get(base + "/task").body, get(base + "/taskWithTags").body);
  EXPECT_EQ(get(base + "/other").status, 404);
  EXPECT_EQ(get("/v4/unknown/task").status, 404);
  EXPECT_EQ(get("/").status, 404);
}

TEST(Rfc3339, WritesNanosecondsInUtc) {
  EXPECT_EQ(rfc3339(core::WallTime(std::chrono::milliseconds(1'700'000'000'042))),
            "2023-11-14T22:13:20.042000000Z");
}

}  // namespace
}  // namespace remora::sandbox
