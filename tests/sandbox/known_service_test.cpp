#include "sandbox/known_service.hpp"

#include <gtest/gtest.h>

namespace remora::sandbox {
namespace {

ContainerDefinition container(const std::string& json) {
  return parse_task_definition(R"({"family": "f", "containerDefinitions": [)" + json + "]}")
      ->containers[0];
}

TEST(FindService, KnowsServicesByTheShortNameOfTheImage) {
  const KnownService* redis = find_service("docker.io/library/redis:7-alpine");
  ASSERT_NE(redis, nullptr);
  EXPECT_EQ(redis->package, "redis-server");
  EXPECT_EQ(redis->check, "redisdb");
  EXPECT_EQ(find_service("redis-exporter:1"), nullptr);
  EXPECT_EQ(find_service("my/nginx@sha256:aa")->name, "nginx");
  EXPECT_EQ(find_service("nginx")->check, "");  // the agent brings no configuration for it
}

TEST(ServicePorts, AreTheMappedOnesAndThoseOfTheLabels) {
  const KnownService& nginx = *find_service("nginx");
  EXPECT_EQ(service_ports(container(R"({"name": "a", "image": "nginx"})"), nginx),
            std::vector<std::uint16_t>{80});
  EXPECT_EQ(service_ports(container(R"({"name": "a", "image": "nginx",
              "portMappings": [{"containerPort": 8080}, {"containerPort": 53, "protocol": "udp"}],
              "dockerLabels": {"com.datadoghq.ad.checks":
                "{\"nginx\": {\"instances\": [{\"nginx_status_url\": \"http://%%host%%:81/s\"}]}}",
                "other": "%%host%%:99"}})"),
                          nginx),
            (std::vector<std::uint16_t>{8080, 81}));
}

TEST(VersionIn, ReadsWhatTheProgramsPrint) {
  EXPECT_EQ(version_in("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64"),
            "7.0.15");
  EXPECT_EQ(version_in("nginx version: nginx/1.22.1 "), "1.22.1");
  EXPECT_EQ(version_in("usage"), "");
}

}  // namespace
}  // namespace remora::sandbox
