// How much memory this process may use, as far as it can see from inside its container.
#pragma once

#include <cstdint>
#include <string>

namespace remora::core {

struct MemoryLimit {
  /// The smallest limit of our control group and those above it, as far as they are visible; 0 =
  /// none.
  std::uint64_t container = 0;
  /// Memory of the machine (or of Fargate's virtual machine, which has the size of the task); 0 =
  /// not known.
  std::uint64_t machine = 0;
};

/// Reads cgroup v2 (memory.max) or v1 (memory.limit_in_bytes, and what its statistics say of groups
/// above that cannot be seen). A limit that is larger than the machine is none. Never fails: what
/// cannot be read counts as no limit. The paths are for tests.
[[nodiscard]] MemoryLimit memory_limit(const std::string& proc_root = "/proc",
                                       const std::string& cgroup_root = "/sys/fs/cgroup");

}  // namespace remora::core
