#include "preview/metric_names.hpp"

#include <map>
#include <string_view>

namespace remora::preview {

std::string families_text(std::span<const checks::MetricInfo> metrics) {
  std::map<std::string_view, std::size_t> families;
  for (const checks::MetricInfo& metric : metrics)
    ++families[metric.name.substr(0, metric.name.find('.'))];
  std::string out;
  for (const auto& [family, count] : families) {
    out += (out.empty() ? "" : ", ") + std::string(family) + ".*: " + std::to_string(count);
  }
  return out.empty() ? "none" : out + (metrics.size() == 1 ? " metric" : " metrics");
}

std::string metrics_text(const CheckPreview& check) {
  if (!check.names_from_page) return families_text(check.metrics);
  const model::Value* space = check.instance.find("namespace");
  const std::string* text = space == nullptr ? nullptr : space->text();
  const bool named = text != nullptr && !text->empty();
  return (named ? *text + ".*" : std::string("any")) + ": those of the page that `metrics` names";
}

}  // namespace remora::preview
