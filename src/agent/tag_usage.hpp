// How many values each tag key of some metrics has: what `agent dogstatsd top` shows, within a
// number of bytes however many keys and values applications send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remora::agent {

/// Threading: none of its own. Memory: 2 MiB for the values seen, 2 MiB for the keys; while the
/// first grows, half of it once more.
class TagUsage {
 public:
  using Values = std::map<std::string, std::size_t, std::less<>>;  ///< of a key

  explicit TagUsage(std::size_t metrics) : metrics_(metrics) {}

  /// `tag` is on a context of the metric number `metric`.
  void add(std::size_t metric, std::string_view tag);

  [[nodiscard]] const Values& keys(std::size_t metric) const { return metrics_[metric].keys; }
  /// There was no room for all: the metric may have more keys and values.
  [[nodiscard]] bool partial(std::size_t metric) const { return metrics_[metric].partial; }

 private:
  struct Metric {
    Values keys;
    bool partial = false;
  };
  /// True when `hash` was not there and has been added.
  bool remember(std::uint64_t hash);
  void grow();

  std::vector<Metric> metrics_;
  std::vector<std::uint64_t> seen_;  ///< open addressing, 0 = free; a power of two
  std::size_t seen_count_ = 0;
  std::size_t key_bytes_ = 0;
  bool full_ = false;
};

}  // namespace remora::agent
