// Control groups as containers see them: with and without a namespace of their own, v1 and v2.
#include "remora/core/memory_limit.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "fakes/temporary_directory.hpp"

namespace remora::core {
namespace {

namespace fs = std::filesystem;

class Roots {
 public:
  explicit Roots(const std::map<std::string, std::string>& files) {
    for (const auto& [path, text] : files) {
      const fs::path file = root_ / path;
      fs::create_directories(file.parent_path());
      std::ofstream(file) << text;
    }
  }
  Roots(const Roots&) = delete;
  Roots& operator=(const Roots&) = delete;
  [[nodiscard]] MemoryLimit limit() const {
    return memory_limit((root_ / "proc").string(), (root_ / "cgroup").string());
  }

 private:
  fakes::TemporaryDirectory directory_;
  const fs::path root_ = directory_.path();
};

struct Row {
  const char* name;
  std::map<std::string, std::string> files;
  std::uint64_t container;
};
class ContainerLimit : public testing::TestWithParam<Row> {};
TEST_P(ContainerLimit, IsTheSmallestThatIsVisible) {
  EXPECT_EQ(Roots(GetParam().files).limit().container, GetParam().container);
}

const std::string kMachine = "MemTotal:       8000000 kB\nMemFree: 1 kB\n";

INSTANTIATE_TEST_SUITE_P(
    Hosts, ContainerLimit,
    testing::Values(
        Row{"V2OwnNamespace",
            {{"proc/self/cgroup", "0::/\n"}, {"cgroup/memory.max", "67108864\n"}},
            67'108'864},
        Row{"V2None", {{"proc/self/cgroup", "0::/\n"}, {"cgroup/memory.max", "max\n"}}, 0},
        Row{"V2HostNamespaceOwnMount",
            {{"proc/self/cgroup", "0::/ecs/task/container\n"}, {"cgroup/memory.max", "67108864\n"}},
            67'108'864},
        Row{"V2TaskLimitAboveOurs",
            {{"proc/self/cgroup", "0::/ecs/task/container\n"},
             {"cgroup/ecs/task/container/memory.max", "max\n"},
             {"cgroup/ecs/task/memory.max", "536870912\n"},
             {"cgroup/ecs/memory.max", "1073741824\n"}},
            536'870'912},
        Row{"V2FromAnotherNamespace",
            {{"proc/self/cgroup", "0::/../../other\n"}, {"cgroup/memory.max", "67108864\n"}},
            67'108'864},
        Row{"V1",
            {{"proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/ecs/c\n1:name=systemd:/x\n"},
             {"cgroup/memory/memory.limit_in_bytes", "134217728\n"}},
            134'217'728},
        Row{"V1TaskLimitInTheStatistics",
            {{"proc/self/cgroup", "4:memory,hugetlb:/ecs/c\n"},
             {"cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"},
             {"cgroup/memory/memory.stat", "cache 1\nhierarchical_memory_limit 268435456\n"}},
            268'435'456},
        Row{"V1None",
            {{"proc/self/cgroup", "4:memory:/\n"},
             {"cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"}},
            0},
        Row{"LargerThanTheMachine",
            {{"proc/meminfo", kMachine},
             {"proc/self/cgroup", "0::/\n"},
             {"cgroup/memory.max", "10000000000\n"}},
            0},
        Row{"Garbage",
            {{"proc/self/cgroup", "0\n::\nmemory\n0::x\n"}, {"cgroup/memory.max", ""}},
            0},
        Row{"Nothing", {}, 0}),
    [](const auto& row) { return row.param.name; });

TEST(MachineMemory, IsTheTotal) {
  EXPECT_EQ(Roots({{"proc/meminfo", kMachine}}).limit().machine, 8'192'000'000u);
  EXPECT_EQ(Roots({}).limit().machine, 0u);
}

}  // namespace
}  // namespace remora::core
