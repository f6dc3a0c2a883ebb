// `label_joins` of the engine of `prometheus_url`: labels of one family on the samples of others
// that agree in some labels.
//
// Source: DataDog/integrations-core datadog_checks/base/checks/openmetrics/mixins.py
// (_store_labels, _join_labels).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "checks/openmetrics/text_map.hpp"
#include "remora/checks/openmetrics/exposition.hpp"
#include "remora/checks/openmetrics/mapper_options.hpp"
#include "remora/core/error.hpp"

namespace remora::checks::openmetrics {

/// What a scrape collects serves from then on: the families before the source get it in the next
/// scrape. What no sample of a scrape asked for is forgotten after it.
class LabelJoins {
 public:
  [[nodiscard]] static Result<LabelJoins> make(const std::vector<LabelJoin>& joins);

  [[nodiscard]] bool configured() const noexcept { return !sources_.empty(); }
  [[nodiscard]] bool is_source(std::string_view family) const { return sources_.contains(family); }
  void collect(std::string_view family, const Sample& sample);
  void populate(std::vector<Label>& labels);
  /// A scrape that worked is over.
  void forget_unused();

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  struct Source {
    std::vector<std::string> get;
    bool all = false;
    std::size_t mapping = 0;
  };
  /// By the values of the labels `match`, joined with commas.
  struct Mapping {
    std::vector<std::string> match;  ///< sorted; empty: every sample (`*`)
    TextMap<Pairs> entries;
    std::unordered_set<std::uint64_t> asked;  ///< hashes of keys, of samples of this scrape
  };

  /// False when a label of `match` is missing.
  bool key_of(const Mapping& mapping, std::span<const Label> labels);

  TextMap<Source> sources_;
  std::vector<Mapping> mappings_;  ///< `*` first, then of one label, then of several
  std::string key_;
};

}  // namespace remora::checks::openmetrics
