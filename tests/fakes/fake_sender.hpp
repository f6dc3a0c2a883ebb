// Keeps what a check submits, and finds it again.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "remora/checks/check.hpp"

namespace remora::fakes {

class FakeSender final : public checks::Sender {
 public:
  void submit(const model::Sample& sample) override { samples.push_back(sample); }
  void submit(model::ServiceCheck check) override { service_checks.push_back(std::move(check)); }
  void forget(const model::Tags& tags) override { forgotten.push_back(*tags); }

  void clear() {
    samples.clear();
    service_checks.clear();
    forgotten.clear();
  }

  /// The value of the only sample with this name (and this tag, when one is given). Empty when
  /// there is none or more than one.
  [[nodiscard]] std::optional<double> value(std::string_view metric,
                                            std::string_view tag = {}) const {
    std::optional<double> found;
    for (const model::Sample& s : samples) {
      if (s.metric != metric || (!tag.empty() && !has_tag(s, tag))) continue;
      if (found) return std::nullopt;
      found = s.value;
    }
    return found;
  }
  [[nodiscard]] const model::Sample* find(std::string_view metric,
                                          std::string_view tag = {}) const {
    for (const model::Sample& s : samples) {
      if (s.metric == metric && (tag.empty() || has_tag(s, tag))) return &s;
    }
    return nullptr;
  }
  [[nodiscard]] std::size_t count(std::string_view metric) const {
    return static_cast<std::size_t>(std::count_if(
        samples.begin(), samples.end(), [&](const auto& s) { return s.metric == metric; }));
  }
  [[nodiscard]] static bool has_tag(const model::Sample& sample, std::string_view tag) {
    return std::find(sample.tags->begin(), sample.tags->end(), tag) != sample.tags->end();
  }

  std::vector<model::Sample> samples;
  std::vector<model::ServiceCheck> service_checks;
  std::vector<model::TagList> forgotten;
};

}  // namespace remora::fakes
