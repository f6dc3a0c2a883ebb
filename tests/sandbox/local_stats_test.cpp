#include "sandbox/local_stats.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "fakes/fake_clock.hpp"
#include "remora/ecs/stats.hpp"

namespace remora::sandbox {
namespace {

namespace fs = std::filesystem;

TaskDefinition shop() {
  return *parse_task_definition(
      R"({"family": "shop", "containerDefinitions": [
          {"name": "datadog-agent", "image": "remora:dev"},
          {"name": "cache", "image": "docker.io/library/redis:7"},
          {"name": "app", "image": "my-app:1"}]})");
}

/// A /proc of our own: two redis processes, one of them a child called otherwise, and the agent.
struct OwnProc : testing::Test {
  OwnProc() : root(fs::temp_directory_path() / ("remora-proc-" + std::to_string(getpid()))) {
    fs::remove_all(root);
    process(100, 1, "redis-server", 50, 10);
    process(101, 100, "bio (close) x", 5, 5);
    process(200, 1, "agent", 7, 3);
    write("stat", "cpu  100 0 50 1000 5 0 5 0 0 0\ncpu0 1 2 3\n");
    write("meminfo", "MemTotal: 2048 kB\nMemFree: 1024 kB\nAnonPages: 512 kB\nCached: 256 kB\n");
    write("net/dev",
          "Inter-|   Receive\n face |bytes\n    lo: 9 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0\n"
          "  eth1: 1000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0\n ifb0: 0 0 0 0 0 0 0 0 0 0 0 0\n");
  }
  ~OwnProc() override { fs::remove_all(root); }

  void write(const std::string& name, const std::string& text) {
    fs::create_directories((root / name).parent_path());
    std::ofstream(root / name) << text;
  }
  void process(int pid, int parent, const std::string& command, int user, int system) {
    const std::string directory = std::to_string(pid);
    write(directory + "/stat", directory + " (" + command + ") S " + std::to_string(parent) +
                                   " 1 1 0 -1 0 11 0 2 0 " + std::to_string(user) + " " +
                                   std::to_string(system) + " 0 0 20 0 1 0 777 0 0\n");
    write(directory + "/statm", "100 10 4 1 0 5 0\n");
    write(directory + "/io",
          "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 4096\n"
          "write_bytes: 8192\ncancelled_write_bytes: 0\n");
  }
  ecs::ContainerStats of(const LocalStats& stats, std::size_t index) {
    const auto parsed = ecs::parse_task_stats("{\"id\":" + stats.stats(index) + "}");
    EXPECT_TRUE(parsed) << parsed.error().message();
    EXPECT_TRUE(parsed->warnings.empty());
    const ecs::ContainerStats* found = parsed->find("id");
    EXPECT_NE(found, nullptr);
    return found == nullptr ? ecs::ContainerStats() : *found;
  }

  fs::path root;
  TaskDefinition definition = shop();
  fakes::FakeClock clock;
  LocalStats stats{definition, {"a", "b", "c"}, clock, ProcFiles(root.string(), "/nonexistent")};
};

TEST_F(OwnProc, ContainerGetsTheProcessesThatResembleItsImageWithTheirChildren) {
  stats.sample();
  const ecs::ContainerStats cache = of(stats, 1);
  EXPECT_EQ(cache.cpu.total_ns, 70u * 10'000'000);  // ticks of 10 ms
  EXPECT_EQ(cache.cpu.user_ns, 55u * 10'000'000);
  EXPECT_EQ(cache.memory.usage, 2u * 10 * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
  EXPECT_EQ(cache.memory.get("pgfault"), 26u);
  EXPECT_EQ(cache.memory.limit, 2048u * 1024);
  EXPECT_EQ(cache.io_bytes.read, 2u * 4096);
  EXPECT_EQ(cache.io_operations.write, 2u * 4);
  ASSERT_EQ(cache.networks.size(), 1u);  // no loopback, no silent device
  EXPECT_EQ(cache.networks[0].name, "eth1");
  EXPECT_EQ(cache.networks[0].tx_dropped, 4u);
  EXPECT_EQ(stats.origin(1), "process 100 (redis-server) and 1 more");
}

TEST_F(OwnProc, AgentGetsItsOwnProcess) {
  stats.process_of(0, 200);
  stats.sample();
  EXPECT_EQ(of(stats, 0).cpu.total_ns, 10u * 10'000'000);
  EXPECT_EQ(stats.origin(0), "process 200 (agent)");
}

TEST_F(OwnProc, AServerOfTheSandboxIsNobodyElses) {
  process(300, 1, "redis-server", 2, 1);
  stats.process_of(2, 300);  // whatever "app" is called
  stats.sample();
  EXPECT_EQ(of(stats, 2).cpu.total_ns, 3u * 10'000'000);
  EXPECT_EQ(of(stats, 1).cpu.total_ns, 70u * 10'000'000);  // without process 300
}

TEST_F(OwnProc, ContainerWithoutAProcessGetsTheMachine) {
  stats.sample();
  EXPECT_EQ(stats.origin(2), "this machine's processes");
  const ecs::ContainerStats app = of(stats, 2);
  EXPECT_EQ(app.cpu.total_ns, 155u * 10'000'000);
  EXPECT_EQ(app.cpu.system_ns, 1160ull * 10'000'000);
  EXPECT_EQ(app.memory.usage, 1024u * 1024);
}

TEST_F(OwnProc, CountersDoNotGoBackWhenAProcessEnds) {
  stats.sample();
  fs::remove_all(root / "101");
  clock.advance(std::chrono::seconds(2));
  stats.sample();
  const ecs::ContainerStats cache = of(stats, 1);
  EXPECT_EQ(cache.cpu.total_ns, 70u * 10'000'000);
  EXPECT_EQ(cache.precpu.total_ns, 70u * 10'000'000);
  EXPECT_EQ(*cache.read - *cache.preread, std::chrono::seconds(2));
}

TEST(Resembles, MatchesWholeWordsOfNameOrImage) {
  const TaskDefinition definition = shop();
  EXPECT_TRUE(resembles("redis-server", definition.containers[1]));
  EXPECT_TRUE(resembles("cache", definition.containers[1]));
  EXPECT_FALSE(resembles("redistribute", definition.containers[1]));
  EXPECT_FALSE(resembles("apport", definition.containers[2]));
  EXPECT_TRUE(resembles("my-app", definition.containers[2]));
}

TEST(ProcFilesOfThisMachine, CpuTimeOfABusyChildGrows) {
  const pid_t child = fork();
  if (child == 0) {
    for (std::atomic<unsigned> i{0};; ++i) {
    }
  }
  const ProcFiles files;
  const auto cpu = [&]() -> std::uint64_t {
    for (Process& process : files.processes()) {
      if (process.pid != child) continue;
      EXPECT_TRUE(files.fill(process));
      EXPECT_GT(process.usage.memory, 0u);
      return process.usage.cpu_user_ns + process.usage.cpu_system_ns;
    }
    ADD_FAILURE() << "the child is not listed";
    return 1;
  };
  const std::uint64_t first = cpu();
  while (cpu() <= first) {
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_GT(files.system_cpu_ns(), 0u);
  EXPECT_GT(files.memory_total(), 0u);
}

}  // namespace
}  // namespace remora::sandbox
