// What the regular expressions of all checks may take together.
//
// RE2 takes memory for the program of an expression, and while it searches for states, up to a
// limit it is given: beyond it forgets states, or searches without, slower. So the limit of each is
// a part of what is left, and whoever writes many expressions into labels makes them slow, not the
// agent large.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

namespace remora::checks {

/// One expression's part of 16 MiB, given back with it. Threading: any.
class RegexShare {
 public:
  /// `instructions`: of its program; `pattern`: bytes; `spacious`: the usual share was too small to
  /// compile it. Empty when there is no room.
  [[nodiscard]] static std::optional<RegexShare> take(std::size_t instructions, std::size_t pattern,
                                                      bool spacious);
  RegexShare(RegexShare&& other) noexcept
      : max_memory_(other.max_memory_), bytes_(std::exchange(other.bytes_, 0)) {}
  RegexShare& operator=(RegexShare&& other) noexcept {
    max_memory_ = other.max_memory_;
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~RegexShare();

  /// RE2's limit: program and states, of both directions.
  [[nodiscard]] std::size_t max_memory() const noexcept { return max_memory_; }

 private:
  RegexShare(std::size_t max_memory, std::size_t bytes) : max_memory_(max_memory), bytes_(bytes) {}
  std::size_t max_memory_;
  std::size_t bytes_;
};

}  // namespace remora::checks
