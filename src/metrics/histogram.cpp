#include "remora/metrics/histogram.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

namespace remora::metrics {
namespace {

using Flag = bool HistogramOptions::*;

bool parse_percentile(std::string_view text, int& percent) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double fraction = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), fraction);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  if (!(fraction >= 0 && fraction <= 1)) return false;
  percent = static_cast<int>(std::lround(fraction * 100));  // 0.29 * 100 is a little below 29
  return true;
}

}  // namespace

HistogramOptions parse_histogram_options(const std::vector<std::string>& aggregates,
                                         const std::vector<std::string>& percentiles,
                                         std::vector<std::string>& warnings) {
  static constexpr auto kAggregates = std::to_array<std::pair<std::string_view, Flag>>({
      {"max", &HistogramOptions::max},
      {"min", &HistogramOptions::min},
      {"median", &HistogramOptions::median},
      {"avg", &HistogramOptions::average},
      {"count", &HistogramOptions::count},
      {"sum", &HistogramOptions::sum},
  });
  HistogramOptions options;
  for (const auto& [name, flag] : kAggregates) options.*flag = false;
  for (const std::string& aggregate : aggregates) {
    const auto* known = std::find_if(kAggregates.begin(), kAggregates.end(),
                                     [&](const auto& entry) { return entry.first == aggregate; });
    if (known != kAggregates.end())
      options.*known->second = true;
    else
      warnings.push_back("histogram_aggregates: \"" + aggregate +
                         "\" is left out, it is none of max, min, median, avg, sum, count");
  }
  options.percentiles.clear();
  for (const std::string& text : percentiles) {
    int percent = 0;
    if (parse_percentile(text, percent))
      options.percentiles.push_back(percent);
    else
      warnings.push_back("histogram_percentiles: \"" + text +
                         "\" is left out, it is not a number from 0 to 1");
  }
  std::sort(options.percentiles.begin(), options.percentiles.end());
  options.percentiles.erase(std::unique(options.percentiles.begin(), options.percentiles.end()),
                            options.percentiles.end());
  return options;
}

void Histogram::add(double value, double rate) {
  double weight = rate > 0 ? 1 / rate : 1;
  if (!(weight > 0 && std::isfinite(weight))) weight = 1;
  if (empty()) {
    common_weight_ = weight;
    min_ = max_ = value;
  } else {
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
    if (common_weight_ != 0 && weight != common_weight_) vary_weights();
  }
  weight_ += weight;
  add_to_sum(common_weight_ != 0 ? value : value * weight);

  if (exact() && samples_.size() == kMaxExact) give_up_exactness();
  if (sketch_) {
    sketch_->insert_weighted(value, weight);
    return;
  }
  samples_.push_back(value);
  if (common_weight_ == 0) weights_.push_back(weight);
}

void Histogram::values(const HistogramOptions& options, double interval,
                       std::vector<HistogramValue>& out) {
  if (empty()) return;
  // What has to be picked by rank, thresholds ascending for the percentiles.
  std::vector<double> thresholds;
  thresholds.reserve(options.percentiles.size() + 1);
  for (const int percent : options.percentiles) thresholds.push_back((percent * weight_ - 1) / 100);
  const double median_threshold = (weight_ - 1) / 2;
  const auto median_at =
      std::upper_bound(thresholds.begin(), thresholds.end(), median_threshold) - thresholds.begin();
  if (options.median) thresholds.insert(thresholds.begin() + median_at, median_threshold);

  std::vector<double> picked(thresholds.size(), max_);
  if (!exact())
    pick_from_sketch(thresholds, picked);
  else if (common_weight_ != 0)
    pick_equally_weighted(thresholds, picked);
  else
    pick_weighted(thresholds, picked);

  using model::SeriesType;
  if (options.max) out.push_back({".max", SeriesType::gauge, max_});
  if (options.min) out.push_back({".min", SeriesType::gauge, min_});
  if (options.median) {
    out.push_back({".median", SeriesType::gauge, picked[static_cast<std::size_t>(median_at)]});
    picked.erase(picked.begin() + median_at);
  }
  if (options.average) out.push_back({".avg", SeriesType::gauge, sum() / weight_});
  if (options.sum) out.push_back({".sum", SeriesType::gauge, sum()});
  if (options.count) out.push_back({".count", SeriesType::rate, weight_ / interval});
  for (std::size_t i = 0; i < options.percentiles.size(); ++i)
    out.push_back({percentile_suffix(options.percentiles[i]), SeriesType::gauge, picked[i]});
}

std::size_t Histogram::heap_bytes() const noexcept {
  const std::size_t of_samples = (samples_.capacity() + weights_.capacity()) * sizeof(double);
  return of_samples + (sketch_ ? sizeof(Sketch) + sketch_->heap_bytes() : 0);
}

// Neumaier's summation: what rounding takes from the sum is summed apart.
void Histogram::add_to_sum(double term) {
  const double next = sum_ + term;
  compensation_ += std::abs(sum_) >= std::abs(term) ? (sum_ - next) + term : (term - next) + sum_;
  sum_ = next;
}

double Histogram::sum() const {
  const double total = std::isfinite(sum_) ? sum_ + compensation_ : sum_;
  return common_weight_ != 0 ? total * common_weight_ : total;
}

// Until now the sum is one of values, and no sample has its weight beside it.
void Histogram::vary_weights() {
  weights_.reserve(samples_.size() + 1);
  weights_.assign(samples_.size(), common_weight_);
  sum_ *= common_weight_;
  compensation_ *= common_weight_;
  common_weight_ = 0;
}

void Histogram::give_up_exactness() {
  sketch_ = std::make_unique<Sketch>();
  for (std::size_t i = 0; i < samples_.size(); ++i)
    sketch_->insert_weighted(samples_[i], weights_.empty() ? common_weight_ : weights_[i]);
  samples_ = std::vector<double>();  // not {}, which keeps the memory
  weights_ = std::vector<double>();
}

// Each pick: the first sample, by value, with which the summed weight exceeds the threshold.

void Histogram::pick_equally_weighted(std::span<const double> thresholds,
                                      std::span<double> picked) {
  const auto last = static_cast<double>(samples_.size() - 1);
  auto unsorted = samples_.begin();  // all before is in place, and not above anything from here on
  for (std::size_t i = 0; i < thresholds.size(); ++i) {
    // Ranks from 0: the smallest with (rank + 1) * weight > threshold. The division may round.
    double rank = std::clamp(std::floor(thresholds[i] / common_weight_), 0.0, last);
    if (rank > 0 && rank * common_weight_ > thresholds[i]) --rank;
    if (rank < last && (rank + 1) * common_weight_ <= thresholds[i]) ++rank;
    const auto wanted = samples_.begin() + static_cast<std::ptrdiff_t>(rank);
    if (wanted >= unsorted) {
      std::nth_element(unsorted, wanted, samples_.end());
      unsorted = wanted + 1;
    }
    picked[i] = *wanted;
  }
}

void Histogram::pick_weighted(std::span<const double> thresholds, std::span<double> picked) {
  std::vector<std::uint32_t> order(samples_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [this](std::uint32_t a, std::uint32_t b) { return samples_[a] < samples_[b]; });
  double weight = 0;
  std::size_t next = 0;
  for (const std::uint32_t at : order) {
    weight += weights_[at];
    for (; next < thresholds.size() && weight > thresholds[next]; ++next)
      picked[next] = samples_[at];
    if (next == thresholds.size()) break;
  }
}

void Histogram::pick_from_sketch(std::span<const double> thresholds, std::span<double> picked) {
  sketch_->finish();
  const auto bins = sketch_->point(0).bins;
  // Bins count whole values: the weights lost some of theirs.
  double binned = 0;
  for (const model::SketchBin& bin : bins) binned += bin.count;
  const double scale = weight_ / binned;
  double count = 0;
  std::size_t next = 0;
  for (const model::SketchBin& bin : bins) {
    count += bin.count;
    for (; next < thresholds.size() && count * scale > thresholds[next]; ++next)
      picked[next] = std::clamp(sketch_lower_bound(bin.key), min_, max_);
    if (next == thresholds.size()) break;
  }
}

std::string_view percentile_suffix(int percent) {
  static const auto kSuffixes = [] {
    std::array<std::string, 101> suffixes;
    for (std::size_t i = 0; i < suffixes.size(); ++i)
      suffixes[i] = '.' + std::to_string(i) + "percentile";
    return suffixes;
  }();
  return kSuffixes[static_cast<std::size_t>(std::clamp(percent, 0, 100))];
}

}  // namespace remora::metrics
