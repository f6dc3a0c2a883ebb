// The Agent's own quantile sketch (not the open-source DDSketch): gamma 1.015625, bias 1338,
// round half to even, 4096 bins of 16 bits, lowest collapsed.
//
// Bit-compatible with DataDog/datadog-agent pkg/util/quantile (agent.go, sparse.go, store.go,
// bin.go, config.go, key.go) on amd64: the same insertions give the same bins, counts and summary.
// Held by tests against that Go module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "remora/model/metric_view.hpp"

namespace remora::metrics {

/// Key of a finite value. Threading: pure.
[[nodiscard]] std::int16_t sketch_key(double value);
/// What a key stands for: the power of gamma in the (geometric) middle of its bin, 0 for key 0,
/// +-infinity for the keys at the ends. The Go module calls it the bin's lower bound.
[[nodiscard]] double sketch_lower_bound(std::int16_t key);

/// Threading: one thread at a time. Memory: the bins, and up to 512 keys not yet sorted in; nothing
/// while empty. Bins end at kMaxBins: what would need more counts in the summary alone.
class Sketch {
 public:
  /// 256 KiB. Each bin over 4096 stands for 65535 values, so only about four thousand million
  /// values in one sketch (or a sample rate that claims them) come here. The Go module has no such
  /// limit.
  static constexpr std::size_t kMaxBins = 65'536;
  /// As many values as kMaxBins hold; a smaller sample rate counts as that many.
  static constexpr double kMaxWeight = 65'535.0 * kMaxBins;

  /// `rate` <= 0 or > 1 counts as 1. The value must be finite.
  void insert(double value, double rate = 1.0);
  /// Inserts `weight` >= 1 values (1 / rate) at once: bins count its whole part, the sum all of it.
  void insert_weighted(double value, double weight);
  /// Spreads `count` values evenly over [lower, upper). Errors: false, and nothing is inserted,
  /// when a bound is not finite, the key of `upper` is below that of `lower`, or `count` is over
  /// 2^53.
  [[nodiscard]] bool insert_bucket(double lower, double upper, std::uint64_t count);
  /// Adds what `other` holds. It is finished by that and otherwise unchanged.
  void merge(Sketch& other);

  /// Sorts in what waits. The views of `point` are valid until the next insertion.
  void finish();
  [[nodiscard]] model::SketchPoint point(std::int64_t timestamp) const;
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  /// Bytes of the heap this sketch owns (capacity), without the object itself.
  [[nodiscard]] std::size_t heap_bytes() const noexcept;

 private:
  /// So many values of one key.
  struct Run {
    std::int64_t count;
    std::int16_t key;
  };
  void insert_keys();
  void insert_runs(std::span<Run> runs);
  void insert_new_bins(std::span<const Run> runs, std::size_t extra);
  void trim();
  void reserve_bins(std::size_t size);
  void summarize(std::int64_t count, double sum, double min, double max, double average);

  std::vector<model::SketchBin> bins_;
  std::vector<std::int16_t> pending_;
  std::int64_t count_ = 0;
  double min_ = 0, max_ = 0, sum_ = 0, average_ = 0;
};

}  // namespace remora::metrics
