// What the kernel says a process uses: memory by kind, CPU to the nanosecond.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace remora::bench {

struct Memory {
  double rss_mib = 0;        ///< pages in memory, those of the program file included
  double anonymous_mib = 0;  ///< heap and stacks: what does not come from a file
  double pss_mib = 0;        ///< pages shared with other processes count by their part
};

/// From /proc/PID/smaps_rollup; all zero when the process is gone.
inline Memory memory_of(pid_t pid) {
  Memory memory;
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    const auto value = [&](const char* name) -> double {
      const std::size_t colon = line.find(':');
      return line.compare(0, colon, name) == 0 ? std::strtod(line.c_str() + colon + 1, nullptr) : 0;
    };
    memory.rss_mib += value("Rss") / 1024;
    memory.anonymous_mib += value("Anonymous") / 1024;
    memory.pss_mib += value("Pss") / 1024;
  }
  return memory;
}

/// CPU seconds of all its threads, ended ones included.
inline double cpu_seconds_of(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace remora::bench
