// How much memory the process had at most since a point in time (VmHWM of /proc/self/status).
//
//   fakes::PeakMemory peak;
//   ... what must not need much ...
//   EXPECT_LT(peak.growth(), 8u << 20);
#pragma once

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <string>

namespace remora::fakes {

class PeakMemory {
 public:
  /// Sets the kernel's high-water mark back to what is used now.
  PeakMemory() {
    std::ofstream("/proc/self/clear_refs") << "5\n";
    begin_ = bytes_of("VmHWM:");
  }
  /// Bytes the peak has grown by since. The address sanitizer surrounds every allocation and keeps
  /// what was freed: there a quarter of the growth counts, so that a bound means about the same.
  [[nodiscard]] std::size_t growth() const {
    const std::size_t grown = std::max(bytes_of("VmHWM:"), begin_) - begin_;
#ifdef __SANITIZE_ADDRESS__
    return grown / 4;
#else
    return grown;
#endif
  }

 private:
  static std::size_t bytes_of(const std::string& key) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      std::size_t kib = 0;
      if (word == key && status >> kib) return kib * 1024;
    }
    return 0;
  }
  std::size_t begin_ = 0;
};

}  // namespace remora::fakes
