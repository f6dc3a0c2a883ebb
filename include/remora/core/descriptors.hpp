// File descriptors of the process: the three standard ones, how many there may be, and who may not
// take the last ones.
#pragma once

#include <cstddef>

namespace remora::core {

/// Puts /dev/null in the place of standard input, output or error where one is closed. Without it
/// the next socket gets its number, and log lines go to whoever is connected. First of all in
/// main().
void open_standard_descriptors() noexcept;

/// Raises the soft limit to the hard one. Returns the limit in force.
std::size_t raise_descriptor_limit() noexcept;

/// True when `fd`, just accepted, is one of the last: a third of the limit, 64 at most, is kept for
/// the command line, the health port and the intake. The kernel gives the lowest free number, so a
/// high one says how many are taken.
[[nodiscard]] bool is_reserved_descriptor(int fd) noexcept;

}  // namespace remora::core
