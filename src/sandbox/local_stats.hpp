// Stats of containers that do not run here, from processes that do.
//
// A container whose process is known gets that: the agent, and the servers the sandbox started.
// Another one gets the processes whose command resembles its name or image (redis -> redis-server),
// with their children; without one it gets this machine as a whole, and the output says so.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "remora/core/clock.hpp"
#include "sandbox/proc_files.hpp"
#include "sandbox/stats_source.hpp"
#include "sandbox/task_definition.hpp"

namespace remora::sandbox {

/// One sample of one container.
struct LocalSample {
  core::WallTime read;
  Usage usage;
  std::uint64_t system_cpu_ns = 0;
  std::uint64_t memory_limit = 0;
  std::uint32_t online_cpus = 1;
  std::vector<Interface> interfaces;
};

/// The Docker Engine's ContainerStats JSON for it, with cgroup v2 keys. `previous` fills preread
/// and precpu_stats; without one they are Docker's zeros.
[[nodiscard]] std::string docker_stats_json(const LocalSample& current,
                                            const std::optional<LocalSample>& previous,
                                            const std::string& name, const std::string& id);

/// True when a process called `command` is probably what the container runs.
[[nodiscard]] bool resembles(std::string_view command, const ContainerDefinition& container);

/// Threading: the loop. Lifetime: `definition` and `clock` outlive it.
class LocalStats final : public StatsSource {
 public:
  LocalStats(const TaskDefinition& definition, std::vector<std::string> docker_ids,
             const core::Clock& clock, ProcFiles files = ProcFiles());

  /// What container `index` runs: this process and its children, and no other container has them.
  void process_of(std::size_t index, int pid) { processes_[index] = pid; }
  /// Takes one sample of every container.
  void sample();

  [[nodiscard]] std::string stats(std::size_t index) const override;
  [[nodiscard]] std::string origin(std::size_t index) const override;

 private:
  /// A group of processes whose counters never go back: a process that ended keeps counting.
  struct Group {
    std::map<std::pair<int, std::uint64_t>, Usage> live;
    Usage ended;
    std::string origin;
    bool machine = false;
    std::optional<LocalSample> previous, current;
  };
  [[nodiscard]] bool belongs_elsewhere(int pid) const;
  void sample_group(std::size_t index, const std::vector<Process>& processes, LocalSample base);

  const TaskDefinition& definition_;
  std::vector<std::string> docker_ids_;
  const core::Clock& clock_;
  ProcFiles files_;
  std::vector<Group> groups_;
  std::map<std::size_t, int> processes_;  // by container: those that are known
};

}  // namespace remora::sandbox
