// The warnings of one document: bounded, so that a hostile document cannot fill memory or logs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "remora/core/utf8.hpp"

namespace remora::ecs {

class WarningList {
 public:
  static constexpr std::size_t kMax = 50;

  void add(std::string line) {
    if (lines_.size() < kMax) {
      lines_.push_back(std::move(line));
    } else {
      ++more_;
    }
  }
  [[nodiscard]] std::vector<std::string> take() {
    if (more_ > 0) lines_.push_back("and " + std::to_string(more_) + " more");
    return std::move(lines_);
  }

 private:
  std::vector<std::string> lines_;
  std::size_t more_ = 0;
};

/// A name from outside, short enough for one line.
[[nodiscard]] inline std::string shown(std::string_view name) {
  constexpr std::size_t kMaxShown = 128;
  if (name.size() <= kMaxShown) return std::string(name);
  return std::string(core::utf8_prefix(name, kMaxShown)) + "…";
}

}  // namespace remora::ecs
