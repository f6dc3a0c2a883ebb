// What hostile documents of the metadata endpoint cost: see "Waiting places" in
// docs/architecture.md.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "fakes/allocation_counter.hpp"
#include "remora/ecs/metadata.hpp"
#include "remora/ecs/stats.hpp"

namespace remora::ecs {
namespace {

constexpr std::size_t kLargest = 4u << 20;  // of a body

std::string many(std::string_view begin, std::string_view part) {
  std::string out(begin);
  while (out.size() + part.size() < kLargest) out += part;
  return out;
}

struct Row {
  const char* name;
  std::string body;
};

TEST(PeakMemory, AnswerOfTheMetadataEndpoint) {
  const Row rows[] = {
      {"lists", many("", "[")},
      {"objects", many("", "{\"a\":")},
      {"keys", many("{", "\"a\":1,")},
      {"one text", many("{\"Cluster\":\"", "x")},
      {"labels", many(R"({"Containers":[{"DockerId":"a","Name":"b","Labels":{)", R"("k":"v",)")},
      {"networks", many(R"({"Containers":[{"DockerId":"a","Networks":[)", R"({},)")},
      {"addresses",
       many(R"({"Containers":[{"DockerId":"a","Networks":[{"IPv4Addresses":[)", "\"1\",")},
      {"ports", many(R"({"Containers":[{"DockerId":"a","Ports":[)", R"({"HostPort":1},)")},
      {"tags of the task", many(R"({"TaskTags":{)", R"("k":"v",)")},
      {"faults", many(R"({"Containers":[)", R"({"DockerId":1,"Name":[]},)")},
  };
  for (const Row& row : rows) {
    const fakes::PeakMemory memory;
    (void)parse_task(row.body);
    (void)parse_task_stats(row.body);
    EXPECT_LT(memory.peak(), 24 << 20) << row.name;
  }
}

TEST(PeakMemory, ContainersOfATask) {
  std::string task = R"({"Cluster":"c","TaskARN":"t","Containers":[)", stats = "{";
  for (int i = 0; task.size() < kLargest - 200; ++i) {
    const std::string id = "i" + std::to_string(i);
    task += R"({"DockerId":")" + id + R"(","Name":")" + id + R"(","KnownStatus":"RUNNING"},)";
    stats += "\"" + id + R"(":{"cpu_stats":{},"networks":{"eth0":{"rx_bytes":1}}},)";
  }
  task.back() = ']';
  stats.back() = '}';
  const fakes::PeakMemory memory;
  const auto parsed = parse_task(task + "}");
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_LE(parsed->containers.size(), 1'000u);
  (void)parse_task_stats(stats);
  EXPECT_LT(memory.peak(), 16 << 20);
}

}  // namespace
}  // namespace remora::ecs
