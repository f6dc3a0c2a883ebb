#include "agent/hidden_labels.hpp"

#include <gtest/gtest.h>

namespace remora::agent {
namespace {

ecs::ContainerMetadata container(std::string id, std::string image,
                                 std::map<std::string, std::string> labels) {
  ecs::ContainerMetadata out;
  out.docker_id = std::move(id);
  out.image = std::move(image);
  out.known_status = "RUNNING";
  out.labels = std::move(labels);
  out.labels["com.amazonaws.ecs.container-name"] = "x";
  return out;
}

ecs::TaskMetadata task(std::map<std::string, std::string> redis_labels) {
  ecs::TaskMetadata out;
  out.own_docker_id = "agent";
  out.containers = {container("agent", "remora:1", {}),
                    container("redis", "registry.example.com/cache/redis:7", redis_labels)};
  return out;
}

TEST(HiddenLabels, AreExplainedWithTheFileThatHelps) {
  const std::string note =
      hidden_labels_note(task({}), ecs::LaunchType::managed_instances, "/etc/x/conf.d");
  EXPECT_NE(note.find("/etc/x/conf.d/<check>.d/conf.yaml"), std::string::npos) << note;
  EXPECT_NE(note.find("ad_identifiers"), std::string::npos) << note;
  EXPECT_TRUE(note.ends_with("one of redis")) << note;  // not our own image
}

TEST(HiddenLabels, AreNoneWhereOneCanBeSeenOrNothingHidesThem) {
  EXPECT_EQ(hidden_labels_note(task({{"team", "web"}}), ecs::LaunchType::managed_instances, "/c"),
            "");
  EXPECT_EQ(hidden_labels_note(task({}), ecs::LaunchType::fargate, "/c"), "");
  EXPECT_EQ(hidden_labels_note({}, ecs::LaunchType::managed_instances, "/c"), "");
}

}  // namespace
}  // namespace remora::agent
