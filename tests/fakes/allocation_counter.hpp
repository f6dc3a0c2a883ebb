// How often the calling thread asked for memory, to hold that hot code does not.
#pragma once

#include <cstddef>

namespace remora::fakes {

/// Calls of operator new by this thread since it started.
[[nodiscard]] std::size_t allocations();

}  // namespace remora::fakes
