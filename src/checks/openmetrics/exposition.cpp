#include "remora/checks/openmetrics/exposition.hpp"

#include "remora/core/ascii.hpp"

namespace remora::checks::openmetrics {

Grammar grammar_for(std::string_view content_type, bool use_latest_spec) {
  std::string_view media = content_type.substr(0, content_type.find(';'));
  while (!media.empty() && (media.front() == ' ' || media.front() == '\t')) media.remove_prefix(1);
  while (!media.empty() && (media.back() == ' ' || media.back() == '\t')) media.remove_suffix(1);
  return use_latest_spec || core::equals_ignoring_case(media, "application/openmetrics-text")
             ? Grammar::openmetrics
             : Grammar::prometheus;
}

std::string_view to_string(FamilyType type) noexcept {
  switch (type) {
    case FamilyType::unknown:
      return "unknown";
    case FamilyType::counter:
      return "counter";
    case FamilyType::gauge:
      return "gauge";
    case FamilyType::histogram:
      return "histogram";
    case FamilyType::summary:
      return "summary";
    case FamilyType::gauge_histogram:
      return "gaugehistogram";
    case FamilyType::info:
      return "info";
    case FamilyType::state_set:
      return "stateset";
  }
  return "unknown";
}

}  // namespace remora::checks::openmetrics
