// How far a word is from the one that was meant.
#pragma once

#include <cstddef>
#include <string_view>

namespace remora::core {

/// Insertions, deletions, replacements and swaps of neighbours between `a` and `b`, or `limit` + 1
/// when there are more. Words past 128 bytes count as far from everything. Pure.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// So many letters may differ in a word that was mistyped: a third of it, at most three. Enough for
/// slips, too little for chance.
[[nodiscard]] constexpr std::size_t slip_limit(std::string_view word) {
  return word.size() / 3 < 3 ? word.size() / 3 : 3;
}

/// Finds the word that was meant: give it all that there are, then ask.
class Nearest {
 public:
  /// Words more than `limit` away do not count.
  Nearest(std::string_view word, std::size_t limit) : word_(word), best_(limit + 1) {}
  void consider(std::string_view known) {
    if (best_ == 0) return;
    const std::size_t distance = edit_distance(word_, known, best_ - 1);
    if (distance >= best_) return;
    best_ = distance;
    found_ = known;
  }
  /// Of several that are equally near the first; empty when none is near.
  [[nodiscard]] std::string_view found() const { return found_; }

 private:
  std::string_view word_, found_;
  std::size_t best_;
};

}  // namespace remora::core
