// `share_labels` and `target_info`: labels of one family on the samples of others.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "checks/openmetrics/text_map.hpp"
#include "remora/checks/openmetrics/exposition.hpp"
#include "remora/checks/openmetrics/mapper_options.hpp"

namespace remora::checks::openmetrics {

class LabelSharing {
 public:
  LabelSharing(const std::vector<SharedLabels>& sources, bool cached, bool target_info);

  [[nodiscard]] bool configured() const noexcept { return configured_; }
  /// A scrape begins.
  void begin();
  /// This family's labels are still to be collected in this scrape.
  [[nodiscard]] bool is_source(std::string_view family) const;
  /// The family with samples to come is the source.
  void begin_source(std::string_view family);
  void collect(const Sample& sample);
  /// Not cached: samples have to wait, a source has not come yet.
  [[nodiscard]] bool waiting() const noexcept { return !cached_ && !pending_.empty(); }
  /// Adds what this sample shares, in place of labels of the same name.
  void populate(std::vector<Label>& labels);
  void end(bool ok);

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  struct Source {
    TextSet labels;
    std::vector<std::string> match;
    bool has_values = false;
    std::vector<std::int64_t> values;
  };
  /// Sets that ask for the values of the same labels, by a hash of these values.
  struct Group {
    std::vector<std::string> match;
    std::unordered_multimap<std::uint64_t, std::uint32_t> sets;
  };
  struct Set {
    Pairs match, shared;
  };

  void add_set(Set set);

  bool configured_ = false;
  bool cached_ = true;
  bool collected_ = false;  ///< cached: a whole page was seen
  bool target_info_ = false;
  TextMap<Source> sources_;
  std::vector<std::string> pending_;  ///< sources that did not come yet in this scrape
  const Source* current_ = nullptr;
  bool target_info_now_ = false, target_info_first_ = false;

  Pairs unconditional_, target_labels_;
  std::vector<Set> sets_;
  std::vector<Group> groups_;
  std::size_t kept_bytes_ = 0;
  std::vector<std::uint32_t> matching_;
};

/// Sets a label: in its place when there is one of the name, else at the end.
void set_label(std::vector<Label>& labels, std::string_view name, std::string_view value);

}  // namespace remora::checks::openmetrics
