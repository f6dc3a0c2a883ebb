// Counters of processes and of this machine, from /proc and /sys/fs/cgroup.
//
// Source: proc(5); Linux Documentation/admin-guide/cgroup-v2.rst.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remora::sandbox {

/// Cumulative values are since the start of what is measured. Bytes, nanoseconds, counts.
struct Usage {
  std::uint64_t cpu_user_ns = 0, cpu_system_ns = 0;
  std::uint64_t memory = 0, anon = 0, file = 0;  ///< now; memory includes file
  std::uint64_t page_faults = 0, major_page_faults = 0;
  std::uint64_t read_bytes = 0, write_bytes = 0, read_ops = 0, write_ops = 0;

  Usage& operator+=(const Usage& other);
};

struct Process {
  int pid = 0, parent = 0;
  std::uint64_t start_ticks = 0;  ///< tells two processes that had the same pid apart
  std::string command;            ///< comm: at most 15 characters
  Usage usage;
};

struct Interface {
  std::string name;
  std::uint64_t rx_bytes = 0, rx_packets = 0, rx_errors = 0, rx_dropped = 0;
  std::uint64_t tx_bytes = 0, tx_packets = 0, tx_errors = 0, tx_dropped = 0;
};

/// Reads below the two roots, which tests replace. Files that are missing or not readable count as
/// zeros: another user's process hides its io file, for example.
class ProcFiles {
 public:
  explicit ProcFiles(std::string proc = "/proc", std::string cgroup = "/sys/fs/cgroup");

  /// Every process with what its stat file says; memory and io are left for `fill`.
  [[nodiscard]] std::vector<Process> processes() const;
  /// Adds memory (statm, smaps_rollup where readable) and io. False when the process is gone.
  bool fill(Process& process) const;
  /// The cgroup v2 this machine's view is rooted in (a container's own), else the whole machine.
  [[nodiscard]] Usage machine() const;
  /// Nanoseconds of all CPUs together, idle included: `system_cpu_usage` of Docker.
  [[nodiscard]] std::uint64_t system_cpu_ns() const;
  [[nodiscard]] std::uint64_t memory_total() const;  ///< bytes
  /// Without loopback, sorted by name.
  [[nodiscard]] std::vector<Interface> interfaces() const;

 private:
  [[nodiscard]] std::optional<std::string> read(const std::string& path) const;
  [[nodiscard]] std::optional<Usage> cgroup_usage() const;
  std::string proc_, cgroup_;
  std::uint64_t tick_ns_, page_bytes_;
};

/// Fields of "key value" and "key: value unit" lines, such as memory.stat, io and meminfo.
[[nodiscard]] std::map<std::string, std::uint64_t, std::less<>> parse_key_values(
    std::string_view text);
/// Parses /proc/<pid>/stat: the command may hold blanks and brackets. Empty when it is cut short.
[[nodiscard]] std::optional<Process> parse_process_stat(std::string_view text,
                                                        std::uint64_t tick_ns);
/// Parses /proc/net/dev.
[[nodiscard]] std::vector<Interface> parse_net_dev(std::string_view text);

}  // namespace remora::sandbox
