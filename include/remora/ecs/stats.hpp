// Docker stats of the containers of a task: /task/stats, as plain values.
//
// All counters are unsigned 64-bit: `limit` can be 2^64-1 and `system_cpu_usage` passes 2^53.
// Source: Docker Engine API v1.30+, ContainerStats; AWS task metadata endpoint v4.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/clock.hpp"
#include "remora/core/error.hpp"

namespace remora::ecs {

struct CpuStats {
  std::optional<std::uint64_t> total_ns, user_ns, kernel_ns;  ///< cumulative since start
  std::optional<std::uint64_t> system_ns;                     ///< whole host, all CPUs
  std::optional<std::uint64_t> online_cpus;  ///< falls back to the length of percpu_usage
  std::optional<std::uint64_t> periods, throttled_periods, throttled_ns;
};

struct MemoryStats {
  std::optional<std::uint64_t> usage, max_usage, limit, failcnt;  ///< bytes; failcnt counts
  /// The `stats` map, integers only: at most 128 keys.
  std::map<std::string, std::uint64_t, std::less<>> detail;
  [[nodiscard]] std::optional<std::uint64_t> get(std::string_view key) const;
  /// cgroup v2: `anon` is there, `rss` and `total_inactive_file` are not.
  [[nodiscard]] bool cgroup_v2() const;
};

/// Sums over all devices, operation names compared without case.
struct BlockIo {
  bool present = false;  ///< false when the array was null, absent or the text "None"
  std::uint64_t read = 0, write = 0;
};

struct InterfaceStats {
  std::string name;
  std::uint64_t rx_bytes = 0, rx_packets = 0, rx_errors = 0, rx_dropped = 0;
  std::uint64_t tx_bytes = 0, tx_packets = 0, tx_errors = 0, tx_dropped = 0;
};

struct ContainerStats {
  std::optional<core::WallTime> read, preread;  ///< empty for the zero time
  CpuStats cpu, precpu;
  MemoryStats memory;
  BlockIo io_bytes, io_operations;
  std::vector<InterfaceStats> networks;  ///< sorted by name, at most 64; empty when absent
};

/// By DockerId. A value is empty when the entry was null, {} or had no cpu total: "no stats yet".
struct TaskStats {
  std::map<std::string, std::optional<ContainerStats>, std::less<>> containers;
  std::vector<std::string> warnings;  ///< fields skipped or of a wrong type: id and field; max 51
  [[nodiscard]] const ContainerStats* find(std::string_view docker_id) const;
};

/// Parses the body of GET ${ECS_CONTAINER_METADATA_URI_V4}/task/stats. Pure; streams, so memory
/// is that of the result, not of a document tree.
/// Errors: malformed_payload (not a JSON object, nested deeper than 32), too_large (more than
/// kMaxContainers entries).
[[nodiscard]] Result<TaskStats> parse_task_stats(std::string_view body);

}  // namespace remora::ecs
