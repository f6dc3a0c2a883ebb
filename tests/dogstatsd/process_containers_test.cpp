#include "remora/dogstatsd/process_containers.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "dogstatsd/test_client.hpp"
#include "fakes/fake_clock.hpp"

namespace remora::dogstatsd {
namespace {

const std::string kId = "4f2e1b0c9d8a7f6e5d4c3b2a19080706f5e4d3c2b1a09f8e7d6c5b4a39281706";
const std::string kOther = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string kTask = "158d1c8083dd49d6b527399fd6414f5c";

struct Line {
  const char* name;
  std::string text;
  std::string expected;
};

class ContainerIdOfCgroup : public testing::TestWithParam<Line> {};

TEST_P(ContainerIdOfCgroup, IsTheLastIdOfThePath) {
  EXPECT_EQ(container_id_of_cgroup(GetParam().text), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, ContainerIdOfCgroup,
    testing::Values(Line{"Docker", "12:memory:/docker/" + kId + "\n", kId},
                    Line{"SystemdScope", "0::/system.slice/docker-" + kId + ".scope\n", kId},
                    Line{"EcsOnEc2", "9:cpu,cpuacct:/ecs/" + kTask + '/' + kId, kId},
                    Line{"EcsOnFargate", "0::/ecs/" + kTask + '/' + kTask + "-2384537459",
                         kTask + "-2384537459"},
                    Line{"OfAnotherNamespace", "0::/../" + kId, kId},
                    Line{"OneInsideAnother", "0::/docker/" + kId + "/docker/" + kOther, kOther},
                    Line{"BelowItsContainer", "0::/docker/" + kId + "/init.scope", kId},
                    Line{"SecondLine", "2:name=systemd:/\n1:cpu:/docker/" + kId, kId},
                    Line{"ColonInThePath", "0::/a:b/" + kId, kId},
                    Line{"TaskAloneIsNoContainer", "0::/ecs/" + kTask, ""},
                    Line{"TooLong", "0::/docker/" + kId + "0", ""},
                    Line{"TooShort", "0::/docker/" + kId.substr(1), ""},
                    Line{"UpperCase", "0::/docker/X" + kId, ""}, Line{"OwnNamespace", "0::/\n", ""},
                    Line{"NotACgroupLine", "/docker/" + kId, ""}, Line{"Nothing", "", ""}),
    [](const auto& line) { return line.param.name; });

class ProcessContainersTest : public testing::Test {
 protected:
  void cgroup_of(pid_t pid, const std::string& text) {
    const std::string directory = root_.path("proc/" + std::to_string(pid));
    std::filesystem::create_directories(directory);
    std::ofstream(directory + "/cgroup") << text;
  }
  std::uint64_t make_cgroup(const std::string& path) {
    std::filesystem::create_directories(root_.path("cgroup/" + path));
    struct stat info {};
    EXPECT_EQ(::stat(root_.path("cgroup/" + path).c_str(), &info), 0);
    return info.st_ino;
  }

  TemporaryDirectory root_;
  fakes::FakeClock clock_;
  ProcessContainers containers_{clock_, root_.path("proc"), root_.path("cgroup")};
};

TEST_F(ProcessContainersTest, KeepsWhatItReadForTwoSeconds) {
  cgroup_of(42, "0::/docker/" + kId);
  EXPECT_EQ(containers_.of_process(42), kId);
  cgroup_of(42, "0::/docker/" + kOther);
  clock_.advance(std::chrono::milliseconds(1999));
  EXPECT_EQ(containers_.of_process(42), kId);
  clock_.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(containers_.of_process(42), kOther);
}

TEST_F(ProcessContainersTest, KeepsMissesAsLong) {
  EXPECT_EQ(containers_.of_process(43), "");
  cgroup_of(43, "0::/docker/" + kId);
  EXPECT_EQ(containers_.of_process(43), "");
  clock_.advance(std::chrono::seconds(2));
  EXPECT_EQ(containers_.of_process(43), kId);
}

TEST_F(ProcessContainersTest, AProcessWeCannotSeeHasNoContainer) {
  cgroup_of(0, "0::/docker/" + kId);
  EXPECT_EQ(containers_.of_process(0), "");
  EXPECT_EQ(containers_.of_process(-1), "");
}

TEST_F(ProcessContainersTest, ManyProcessesAreForgottenAgain) {
  cgroup_of(1, "0::/docker/" + kId);
  for (pid_t pid = 1; pid < 10'000; ++pid) (void)containers_.of_process(pid);
  EXPECT_EQ(containers_.of_process(1), kId);
}

TEST_F(ProcessContainersTest, FindsInodesInTheTree) {
  const auto one = make_cgroup("system.slice/docker-" + kId + ".scope");
  const auto below = make_cgroup("system.slice/docker-" + kId + ".scope/init.scope");
  const auto slice = make_cgroup("system.slice");
  EXPECT_EQ(containers_.of_inode(one), kId);
  EXPECT_EQ(containers_.of_inode(below), kId);
  EXPECT_EQ(containers_.of_inode(slice), "");
}

TEST_F(ProcessContainersTest, LooksForUnknownInodesEveryTwoSeconds) {
  EXPECT_EQ(containers_.of_inode(1), "");
  const auto late = make_cgroup("ecs/" + kTask + '/' + kOther);
  EXPECT_EQ(containers_.of_inode(late), "");
  clock_.advance(std::chrono::seconds(2));
  EXPECT_EQ(containers_.of_inode(late), kOther);
}

TEST_F(ProcessContainersTest, DoesNotWalkForEver) {
  std::string path;
  for (int i = 0; i < 12; ++i) path += "d/";
  const auto deep = make_cgroup(path + kId);
  std::filesystem::create_directory_symlink("..", root_.path("cgroup/loop"));
  EXPECT_EQ(containers_.of_inode(deep), "");
}

TEST(ProcessContainers, ReadsTheRealProc) {
  fakes::FakeClock clock;
  ProcessContainers containers(clock, "/proc", "/sys/fs/cgroup");
  std::ifstream file("/proc/self/cgroup");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(containers.of_process(::getpid()), container_id_of_cgroup(text));
}

}  // namespace
}  // namespace remora::dogstatsd
