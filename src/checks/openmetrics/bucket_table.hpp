// The buckets of one histogram family, to be told apart: what a page gives is "this many up to
// here", what is sent is "this many between here and there".
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace remora::checks::openmetrics {

/// Buckets of one set of labels may be apart from each other and in any order, so that a family
/// ends before the first of them is told. A set's tags are kept once for all its buckets.
class BucketTable {
 public:
  /// `series` tells sets of labels apart (all labels but the bound).
  void add(std::uint64_t series, std::span<const std::string_view> tags, std::string_view hostname,
           double upper, double value) {
    const auto [it, added] = index_.try_emplace(series, static_cast<std::uint32_t>(sets_.size()));
    if (added) {
      Set set{text_.size(), static_cast<std::uint32_t>(sizes_.size()),
              static_cast<std::uint32_t>(tags.size())};
      for (const std::string_view tag : tags) keep(tag);
      keep(hostname);
      sets_.push_back(set);
    }
    buckets_.push_back({upper, value, it->second, static_cast<std::uint32_t>(buckets_.size())});
  }

  [[nodiscard]] bool empty() const noexcept { return buckets_.empty(); }

  /// Calls f(tags, hostname, lower, upper, value, first of its series) for each, and forgets them.
  /// A series' first bucket begins at 0, or at -inf when its end is not positive. Of two buckets
  /// with one bound the value of the later counts for both.
  template <class F>
  void take_apart(F&& f) {
    std::sort(buckets_.begin(), buckets_.end(), [](const Bucket& a, const Bucket& b) {
      if (a.set != b.set) return a.set < b.set;
      return a.upper != b.upper ? a.upper < b.upper : a.order < b.order;
    });
    std::vector<std::string_view> tags;
    std::string_view hostname;
    double lower = 0, below = 0;
    for (std::size_t i = 0; i < buckets_.size();) {
      const bool new_set = i == 0 || buckets_[i].set != buckets_[i - 1].set;
      if (new_set) {
        hostname = load(sets_[buckets_[i].set], tags);
        lower = buckets_[i].upper > 0 ? 0 : -std::numeric_limits<double>::infinity();
        below = 0;
      }
      std::size_t end = i + 1;
      while (end < buckets_.size() && buckets_[end].set == buckets_[i].set &&
             buckets_[end].upper == buckets_[i].upper) {
        ++end;
      }
      const double value = buckets_[end - 1].value;
      const double upper = buckets_[i].upper;
      for (; i < end; ++i) {
        f(std::span<const std::string_view>(tags), hostname, lower, upper, value - below, new_set);
      }
      lower = upper;
      below = value;
    }
    clear();
  }

  void clear() {
    buckets_.clear();
    sets_.clear();
    index_.clear();
    sizes_.clear();
    text_.clear();
    // One large family does not keep its memory for all scrapes to come.
    if (buckets_.capacity() > 4096) *this = {};
  }

 private:
  struct Bucket {
    double upper, value;
    std::uint32_t set, order;
  };
  struct Set {
    std::size_t text;
    std::uint32_t first_size, tags;
  };

  void keep(std::string_view text) {
    sizes_.push_back(static_cast<std::uint32_t>(text.size()));
    text_.append(text);
  }
  std::string_view load(const Set& set, std::vector<std::string_view>& tags) const {
    tags.clear();
    std::size_t at = set.text;
    for (std::uint32_t i = 0; i < set.tags; ++i) {
      tags.push_back(std::string_view(text_).substr(at, sizes_[set.first_size + i]));
      at += sizes_[set.first_size + i];
    }
    return std::string_view(text_).substr(at, sizes_[set.first_size + set.tags]);
  }

  std::vector<Bucket> buckets_;
  std::vector<Set> sets_;
  std::unordered_map<std::uint64_t, std::uint32_t> index_;
  std::vector<std::uint32_t> sizes_;
  std::string text_;
};

}  // namespace remora::checks::openmetrics
