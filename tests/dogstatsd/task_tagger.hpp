// A tagger that knows the task of a fixture, for tests of what depends on container tags.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "fakes/ecs_fixture.hpp"
#include "remora/ecs/metadata.hpp"
#include "remora/tagger/tagger.hpp"
#include "remora/telemetry/counters.hpp"

namespace remora::dogstatsd {

/// task_ec2_awsvpc.json: containers "web" (64 times b), the pause container (a) and "init" (c).
struct TaskTagger {
  explicit TaskTagger(bool with_metadata = true) {
    if (with_metadata) learn();
  }
  void learn() {
    auto task = ecs::parse_task(fakes::ecs_fixture("task_ec2_awsvpc.json"));
    ASSERT_TRUE(task);
    for (auto& container : task->containers) container.labels.erase("com.datadoghq.ad.tags");
    tagger.update(*task, task->launch_type);
  }
  void forget_containers() {
    auto task = ecs::parse_task(fakes::ecs_fixture("task_ec2_awsvpc.json"));
    ASSERT_TRUE(task);
    task->containers.clear();
    tagger.update(*task, task->launch_type);
  }
  static tagger::TaggerOptions options() {
    tagger::TaggerOptions out;
    out.static_tags = {"env:prod"};
    return out;
  }

  telemetry::Counters counters;
  tagger::Tagger tagger{options(), counters};
  const std::string web = std::string(64, 'b');
  const std::string init = std::string(64, 'c');
};

}  // namespace remora::dogstatsd
