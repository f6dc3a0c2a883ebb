#include "checks/openmetrics/option_shapes.hpp"
#include "checks/openmetrics/options.hpp"
#include "remora/model/value_reader.hpp"

namespace remora::checks::openmetrics {
namespace {

using model::MapEntry;
using model::Value;

constexpr std::size_t kMaxEntries = 20'000;  // of `metrics`

Result<TextPairs> read_metrics(const Value* value) {
  TextPairs out;
  if (value == nullptr) return fail(Errc::invalid_config, "`metrics` is missing");
  if (auto name = model::as_text(*value)) {
    out.emplace_back(*name, *name);
    return out;
  }
  const Value::List* list = value->list();
  if (list == nullptr) return wrong_shape("metrics", *value, "a list");
  for (const Value& item : *list) {
    if (auto name = model::as_text(item)) {
      out.emplace_back(*name, *name);
      continue;
    }
    const std::string place = "metrics[" + std::to_string(&item - list->data()) + ']';
    if (item.map() == nullptr) return wrong_shape(place, item, "a text or an object");
    auto pairs = read_text_pairs(item, place);
    if (!pairs) return pairs.error();
    out.insert(out.end(), pairs->begin(), pairs->end());
  }
  if (out.empty()) return fail(Errc::invalid_config, "`metrics` is empty");
  if (out.size() > kMaxEntries) {
    return fail(Errc::invalid_config, "`metrics` has more than 20000 entries");
  }
  return out;
}

Result<std::vector<LabelIgnore>> read_ignores(const Value* value) {
  std::vector<LabelIgnore> out;
  if (value == nullptr) return out;
  const std::string option = "ignore_metrics_by_labels";
  const auto entries = read_entries(*value, option);
  if (!entries) return entries.error();
  for (const MapEntry& entry : *entries) {
    auto values = read_texts(entry.value, option + '.' + entry.key);
    if (!values) return values.error();
    out.push_back({entry.key, std::move(*values)});
  }
  return out;
}

Result<std::vector<LabelJoin>> read_joins(const Value* value) {
  std::vector<LabelJoin> out;
  if (value == nullptr) return out;
  const std::string option = "label_joins";
  const auto entries = read_entries(*value, option);
  if (!entries) return entries.error();
  for (const MapEntry& entry : *entries) {
    const std::string place = option + '.' + entry.key;
    if (entry.value.map() == nullptr) return wrong_shape(place, entry.value, "an object");
    LabelJoin join;
    join.metric = entry.key;
    // The first is the older name of the second.
    const std::pair<const char*, std::vector<std::string>*> lists[] = {
        {"label_to_match", &join.labels_to_match},
        {"labels_to_match", &join.labels_to_match},
        {"labels_to_get", &join.labels_to_get}};
    for (const auto& [key, into] : lists) {
      const Value* list = entry.value.find(key);
      if (list == nullptr || list->is_null()) continue;
      auto texts = read_texts(*list, place + '.' + key);
      if (!texts) return texts.error();
      *into = std::move(*texts);
    }
    if (join.labels_to_get.empty()) {
      return fail(Errc::invalid_config, "`" + place + ".labels_to_get` is missing or empty");
    }
    out.push_back(std::move(join));
  }
  return out;
}

}  // namespace

Result<LegacyMapperOptions> read_legacy_options(const Value& instance) {
  model::ValueReader reader(instance);
  LegacyMapperOptions out;
  if (!reader.has("namespace")) {
    return fail(Errc::invalid_config, "`namespace` is missing, which prometheus_url needs");
  }
  out.name_space = reader.text("namespace");
  out.prometheus_metrics_prefix = reader.text("prometheus_metrics_prefix");
  out.ignore_metrics = reader.texts("ignore_metrics");
  out.exclude_labels = reader.texts("exclude_labels");
  out.include_labels = reader.texts("include_labels");
  out.label_to_hostname = reader.text("label_to_hostname");
  out.label_to_hostname_suffix = reader.text("label_to_hostname_suffix");
  out.metadata_metric_name = reader.text("metadata_metric_name");
  const std::pair<const char*, bool*> flags[] = {
      {"send_histograms_buckets", &out.send_histograms_buckets},
      {"non_cumulative_buckets", &out.non_cumulative_buckets},
      {"send_distribution_buckets", &out.send_distribution_buckets},
      {"send_monotonic_counter", &out.send_monotonic_counter},
      {"send_monotonic_with_gauge", &out.send_monotonic_with_gauge},
      {"send_distribution_counts_as_monotonic", &out.send_distribution_counts_as_monotonic},
      {"send_distribution_sums_as_monotonic", &out.send_distribution_sums_as_monotonic},
      {"use_process_start_time", &out.use_process_start_time},
      {"telemetry", &out.telemetry},
  };
  for (const auto& [name, into] : flags) *into = reader.boolean(name, *into);
  if (!reader.problems().empty()) return fail(Errc::invalid_config, reader.problems().front());

  auto metrics = read_metrics(reader.value("metrics"));
  if (!metrics) return metrics.error();
  out.metrics = std::move(*metrics);
  const std::pair<const char*, TextPairs*> maps[] = {
      {"type_overrides", &out.type_overrides},
      {"labels_mapper", &out.labels_mapper},
      {"metadata_label_map", &out.metadata_label_map}};
  for (const auto& [name, into] : maps) {
    const Value* value = reader.value(name);
    if (value == nullptr) continue;
    auto pairs = read_text_pairs(*value, name);
    if (!pairs) return pairs.error();
    *into = std::move(*pairs);
  }
  auto ignores = read_ignores(reader.value("ignore_metrics_by_labels"));
  if (!ignores) return ignores.error();
  out.ignore_metrics_by_labels = std::move(*ignores);
  auto joins = read_joins(reader.value("label_joins"));
  if (!joins) return joins.error();
  out.label_joins = std::move(*joins);
  return out;
}

}  // namespace remora::checks::openmetrics
