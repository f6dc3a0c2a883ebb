// Process id or cgroup inode -> container id, as far as this container can see.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "remora/core/clock.hpp"

namespace remora::dogstatsd {

/// Container id in the text of /proc/<pid>/cgroup (v1 or v2): 64 hex digits, or ECS's
/// "<32 hex>-<digits>" form; the last one of a line wins. Empty when there is none.
[[nodiscard]] std::string container_id_of_cgroup(std::string_view text);

/// Look-ups are cached for 2 s, misses as well; at most 4096 entries. Threading: the loop.
class ProcessContainers {
 public:
  ProcessContainers(const core::Clock& clock, std::string proc_root, std::string cgroup_root);
  ~ProcessContainers();
  /// Empty when the process is in a namespace we do not see, has ended, or runs in no container.
  /// Valid until the next call.
  [[nodiscard]] std::string_view of_process(pid_t pid);
  /// An unknown inode has the visible part of the cgroup tree walked (bounded in depth and count),
  /// at most every 2 s and for at most a fiftieth of the time.
  [[nodiscard]] std::string of_inode(std::uint64_t inode);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::dogstatsd
