// Arithmetic in the order of the Go module; no fused operations (-ffp-contract=off in
// CMakeLists.txt), as amd64 builds of Go have none.
#include "remora/metrics/sketch.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace remora::metrics {
namespace {

using model::SketchBin;

constexpr std::size_t kPendingKeys = 512;
constexpr std::size_t kFirstPendingKeys = 12;  // one smallest block of malloc
constexpr std::size_t kBinLimit = 4096;
constexpr std::int64_t kBinMax = 65'535;
constexpr std::int16_t kLargestFiniteKey = 32'766;

std::size_t bins_for(std::int64_t count) {
  return static_cast<std::size_t>(count / kBinMax + (count % kBinMax != 0));
}

/// Index of the first of bins [begin, end) whose key is not below `key`, else `end`. Without
/// branches to mispredict: that is most of what a sampled value costs.
std::size_t find_bin(std::span<const SketchBin> bins, std::size_t begin, std::size_t end,
                     std::int16_t key) {
  std::size_t size = end - begin;
  while (size > 0) {
    const std::size_t half = (size + 1) / 2;
    begin += bins[begin + half - 1].key < key ? half : 0;
    size -= half;
  }
  return begin;
}

/// The same up to the last bin, for callers whose keys ascend: looks near `begin` first.
std::size_t find_next_bin(std::span<const SketchBin> bins, std::size_t begin, std::int16_t key) {
  std::size_t end = begin;
  for (std::size_t step = 1; end < bins.size() && bins[end].key < key; step *= 2) {
    begin = end + 1;
    end += step;
  }
  return find_bin(bins, begin, std::min(end, bins.size()), key);
}

// By the low byte, then by the high byte, both ways by counting: a third of the time std::sort
// takes for a full buffer.
void sort_keys(std::span<std::int16_t> keys) {
  if (keys.size() < 64) {
    std::sort(keys.begin(), keys.end());
    return;
  }
  const auto low = [](std::int16_t key) { return static_cast<std::uint16_t>(key) & 0xFFu; };
  const auto high = [](std::int16_t key) { return (static_cast<std::uint16_t>(key) >> 8) ^ 0x80u; };
  std::array<std::uint16_t, 256> low_end{}, high_end{};
  for (const std::int16_t key : keys) {
    ++low_end[low(key)];
    ++high_end[high(key)];
  }
  for (std::size_t i = 1; i < 256; ++i) {
    low_end[i] = static_cast<std::uint16_t>(low_end[i] + low_end[i - 1]);
    high_end[i] = static_cast<std::uint16_t>(high_end[i] + high_end[i - 1]);
  }
  std::array<std::int16_t, kPendingKeys> by_low;
  for (std::size_t i = keys.size(); i-- > 0;) by_low[--low_end[low(keys[i])]] = keys[i];
  for (std::size_t i = keys.size(); i-- > 0;) keys[--high_end[high(by_low[i])]] = by_low[i];
}

}  // namespace

void Sketch::insert(double value, double rate) {
  if (rate > 0 && rate < 1) {
    insert_weighted(value, 1 / rate);
    return;
  }
  if (value > max_ || count_ == 0) max_ = value;
  if (value < min_ || count_ == 0) min_ = value;
  ++count_;
  sum_ += value;
  average_ += (value - average_) / static_cast<double>(count_);

  const std::int16_t key = sketch_key(value);
  if (pending_.size() == pending_.capacity())
    pending_.reserve(std::clamp(pending_.size() * 2, kFirstPendingKeys, kPendingKeys));
  pending_.push_back(key);
  if (pending_.size() == kPendingKeys) insert_keys();
}

void Sketch::insert_weighted(double value, double weight) {
  weight = std::clamp(weight, 1.0, kMaxWeight);
  const auto whole = static_cast<std::int64_t>(weight);
  summarize(whole, weight * value, value, value, value);
  insert_keys();
  Run run{whole, sketch_key(value)};
  insert_runs({&run, 1});
}

bool Sketch::insert_bucket(double lower, double upper, std::uint64_t count) {
  if (!std::isfinite(lower) || !std::isfinite(upper) || count > (std::uint64_t{1} << 53))
    return false;
  const auto finite_key = [](double bound) {
    return std::clamp<std::int16_t>(sketch_key(bound), -kLargestFiniteKey, kLargestFiniteKey);
  };
  const int first = finite_key(lower), last = finite_key(upper);
  if (last < first) return false;

  std::vector<Run> runs;
  auto left = static_cast<std::int64_t>(count);
  const auto put = [&](int key, double value, std::int64_t n) {
    const auto weight = static_cast<double>(n);
    summarize(n, weight * value, value, value, value);
    runs.push_back({n, static_cast<std::int16_t>(key)});
    left -= n;
  };
  // A bin takes its share of the width once that is a whole value or more; narrower neighbours are
  // gathered into the first of them. What truncation takes is given back one by one.
  const double width = upper - lower;
  double truncated = 0;
  int key = first;
  double key_value = sketch_lower_bound(static_cast<std::int16_t>(key));
  for (int next = first + 1; next <= last && left > 0; ++next) {
    const double next_value = sketch_lower_bound(static_cast<std::int16_t>(next));
    const double share = ((next_value - key_value) / width) * static_cast<double>(count);
    auto whole = static_cast<std::int64_t>(share);
    if (share > 1) truncated += share - static_cast<double>(whole);
    if (truncated > 1) {
      ++whole;
      truncated -= 1;
    }
    if (whole <= 0) continue;
    put(key, key_value, std::min(whole, left));
    key = next;
    key_value = next_value;
  }
  if (left > 0) put(key, key_value, left);
  insert_keys();
  insert_runs(runs);
  return true;
}

void Sketch::merge(Sketch& other) {
  finish();
  other.finish();
  if (other.empty()) return;
  summarize(other.count_, other.sum_, other.min_, other.max_, other.average_);

  // Bins are joined in pairs: of a key with several bins the first meets the first, and so on.
  std::vector<SketchBin> joined;
  joined.reserve(bins_.size() + other.bins_.size());
  auto mine = bins_.cbegin();
  for (const SketchBin& theirs : other.bins_) {
    while (mine != bins_.cend() && mine->key < theirs.key) joined.push_back(*mine++);
    std::int64_t count = theirs.count;
    if (mine != bins_.cend() && mine->key == theirs.key) count += (mine++)->count;
    const auto rest = static_cast<std::uint16_t>(count % kBinMax);
    if (rest != 0) joined.push_back({theirs.key, rest});
    for (auto full = count / kBinMax; full > 0; --full) joined.push_back({theirs.key, kBinMax});
  }
  joined.insert(joined.end(), mine, bins_.cend());
  bins_ = std::move(joined);
  trim();
  if (bins_.size() > kMaxBins) bins_.resize(kMaxBins);
}

void Sketch::finish() {
  insert_keys();
  pending_ = std::vector<std::int16_t>();  // not {}, which keeps the memory
}

model::SketchPoint Sketch::point(std::int64_t timestamp) const {
  return {.timestamp = timestamp,
          .count = count_,
          .min = min_,
          .max = max_,
          .average = average_,
          .sum = sum_,
          .bins = bins_};
}

std::size_t Sketch::heap_bytes() const noexcept {
  return bins_.capacity() * sizeof(SketchBin) + pending_.capacity() * sizeof(std::int16_t);
}

void Sketch::summarize(std::int64_t count, double sum, double min, double max, double average) {
  if (count_ == 0) {
    count_ = count;
    sum_ = sum;
    min_ = min;
    max_ = max;
    average_ = average;
    return;
  }
  if (max > max_) max_ = max;
  if (min < min_) min_ = min;
  count_ += count;
  sum_ += sum;
  average_ += (average - average_) * static_cast<double>(count) / static_cast<double>(count_);
}

void Sketch::insert_keys() {
  if (pending_.empty()) return;
  sort_keys(pending_);
  std::array<Run, kPendingKeys> runs;
  std::size_t size = 0;
  for (const std::int16_t key : pending_) {
    if (size != 0 && runs[size - 1].key == key)
      ++runs[size - 1].count;
    else
      runs[size++] = {1, key};
  }
  pending_.clear();
  insert_runs({runs.data(), size});
}

// `runs`: ascending, no key twice. A run goes into the first bin of its key; what that cannot hold
// makes further bins. Uses `runs` as scratch space.
void Sketch::insert_runs(std::span<Run> runs) {
  std::size_t unplaced = 0, extra = 0, position = 0;
  for (const Run& run : runs) {
    position = runs.size() == 1 ? find_bin(bins_, 0, bins_.size(), run.key)
                                : find_next_bin(bins_, position, run.key);
    const bool found = position < bins_.size() && bins_[position].key == run.key;
    const std::int64_t total = run.count + (found ? bins_[position].count : 0);
    if (found && total <= kBinMax) {
      bins_[position].count = static_cast<std::uint16_t>(total);
      continue;
    }
    const std::size_t more = bins_for(total) - (found ? 1 : 0);
    if (bins_.size() + extra + more > kMaxBins) continue;
    extra += more;
    runs[unplaced++] = run;
  }
  if (unplaced != 0) insert_new_bins(runs.first(unplaced), extra);
  trim();
}

// Opens gaps from the right, so that each bin moves once and no second list is needed.
void Sketch::insert_new_bins(std::span<const Run> runs, std::size_t extra) {
  std::size_t read = bins_.size(), write = read + extra;
  reserve_bins(write);
  bins_.resize(write);
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    const std::size_t position = find_bin(bins_, 0, read, run->key);
    const bool found = position < read && bins_[position].key == run->key;
    const std::int64_t total = run->count + (found ? bins_[position].count : 0);
    const std::size_t tail = position + (found ? 1 : 0);
    std::move_backward(bins_.begin() + static_cast<std::ptrdiff_t>(tail),
                       bins_.begin() + static_cast<std::ptrdiff_t>(read),
                       bins_.begin() + static_cast<std::ptrdiff_t>(write));
    write -= read - tail;
    read = position;
    for (auto full = total / kBinMax; full > 0; --full) bins_[--write] = {run->key, kBinMax};
    const auto rest = static_cast<std::uint16_t>(total % kBinMax);
    if (rest != 0) bins_[--write] = {run->key, rest};
  }
}

// Folds the lowest bins over the limit into the first one that stays. Each time they fill a bin it
// is kept in front, so the result may be somewhat longer than the limit. At most one bin is kept
// per bin folded: they are written where folded ones stood.
void Sketch::trim() {
  if (bins_.size() <= kBinLimit) return;
  const std::size_t folded = bins_.size() - kBinLimit;
  std::size_t kept = 0;
  std::int64_t carried = 0;
  for (std::size_t i = 0; i < folded; ++i) {
    const std::int16_t key = bins_[i].key;
    carried += bins_[i].count;
    if (carried > kBinMax) {
      carried -= kBinMax;
      bins_[kept++] = {key, kBinMax};
    }
  }
  SketchBin& first = bins_[folded];
  carried += first.count;
  first.count = static_cast<std::uint16_t>(std::min(carried, kBinMax));
  carried -= first.count;
  if (carried > 0) bins_[kept++] = {first.key, static_cast<std::uint16_t>(carried)};
  bins_.erase(bins_.begin() + static_cast<std::ptrdiff_t>(kept),
              bins_.begin() + static_cast<std::ptrdiff_t>(folded));
}

void Sketch::reserve_bins(std::size_t size) {
  if (size <= bins_.capacity()) return;
  bins_.reserve(bins_.empty() ? size : std::max(size, bins_.size() + bins_.size() / 2));
}

}  // namespace remora::metrics
