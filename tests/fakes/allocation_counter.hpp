// What the calling thread asks of memory: how often, to hold that hot code does not, and how much
// at most, to hold that a limit limits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace remora::fakes {

/// Calls of operator new by this thread since it started.
[[nodiscard]] std::size_t allocations();

/// Bytes this thread took with operator new and has not given back, with what the allocator rounds
/// up. Negative when it gave back what another took. Memory of C libraries does not count.
[[nodiscard]] std::int64_t live_bytes();

/// The most that was live at once since it was made, beyond what was live then.
///
///     const PeakMemory memory;
///     parse(page);
///     EXPECT_LT(memory.peak(), 1u << 20);
class PeakMemory {
 public:
  PeakMemory();
  [[nodiscard]] std::int64_t peak() const;

 private:
  std::int64_t before_;
};

}  // namespace remora::fakes
