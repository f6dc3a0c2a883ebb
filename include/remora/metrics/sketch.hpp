// The Agent's own quantile sketch (not the open-source DDSketch): gamma 1.015625, bias 1338,
// round half to even, 4096 bins of 16 bits, lowest collapsed.
//
// Bit-compatible with DataDog/datadog-agent pkg/util/quantile (agent.go, sparse.go, store.go,
// bin.go, config.go, key.go): the same insertions give the same bins, counts and summary. Held by
// tests against that Go module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "remora/model/metric_view.hpp"

namespace remora::metrics {

/// Key of a finite value. Threading: pure.
[[nodiscard]] std::int16_t sketch_key(double value);
/// Lower bound of a key's bin; +-infinity for the keys at the ends.
[[nodiscard]] double sketch_lower_bound(std::int16_t key);

/// Threading: one thread at a time. Memory: the bins, and up to 512 keys not yet sorted in.
class Sketch {
 public:
  /// `rate` <= 0 or > 1 counts as 1. The value must be finite.
  void insert(double value, double rate = 1.0);
  /// Spreads `count` values evenly over [lower, upper). Errors (upper < lower, too many keys):
  /// false.
  [[nodiscard]] bool insert_bucket(double lower, double upper, std::uint64_t count);
  void merge(Sketch& other);

  /// Sorts in what waits. The views of `point` are valid until the next insertion.
  void finish();
  [[nodiscard]] model::SketchPoint point(std::int64_t timestamp) const;
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  /// Bytes of the heap this sketch owns (capacity), without the object itself.
  [[nodiscard]] std::size_t heap_bytes() const noexcept;

 private:
  void insert_keys();
  std::vector<model::SketchBin> bins_;
  std::vector<std::int16_t> pending_;
  std::int64_t count_ = 0;
  double min_ = 0, max_ = 0, sum_ = 0, average_ = 0;
};

}  // namespace remora::metrics
