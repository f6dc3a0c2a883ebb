#include "checks/openmetrics/options.hpp"

#include "checks/openmetrics/option_shapes.hpp"
#include "checks/python_regex.hpp"
#include "remora/model/value_reader.hpp"

namespace remora::checks::openmetrics {
namespace {

using model::MapEntry;
using model::Value;

constexpr std::size_t kMaxEntries = 20'000;     // of `metrics` and `extra_metrics`
constexpr std::size_t kMaxExpressions = 1'000;  // of those; each has a program of its own

// {name, type, label, scale, status_map}, all of them optional.
Result<MetricEntry> read_parameters(const MapEntry& entry, const std::string& place) {
  MetricEntry out;
  out.key = entry.key;
  model::ValueReader reader(entry.value);
  out.name = reader.text("name");
  out.type = reader.text("type", "native");
  out.label = reader.text("label");
  out.scale = reader.text("scale");
  if (!reader.problems().empty()) {
    return fail(Errc::invalid_config, "`" + place + "`: " + reader.problems().front());
  }
  if (const Value* map = reader.value("status_map")) {
    auto statuses = read_text_pairs(*map, place + ".status_map");
    if (!statuses) return statuses.error();
    out.status_map = std::move(*statuses);
  }
  return out;
}

Result<void> read_entry(const Value& item, const std::string& place,
                        std::vector<MetricEntry>& out) {
  if (auto name = model::as_text(item)) {
    out.emplace_back().key = *std::move(name);
    return {};
  }
  if (item.map() == nullptr) return wrong_shape(place, item, "a text or an object");
  for (const MapEntry& entry : item.map()->entries()) {
    const std::string inner = place + '.' + entry.key;
    if (auto name = model::as_text(entry.value)) {
      MetricEntry& renamed = out.emplace_back();
      renamed.key = entry.key;
      renamed.name = *std::move(name);
      continue;
    }
    if (entry.value.map() == nullptr) return wrong_shape(inner, entry.value, "a text or an object");
    auto read = read_parameters(entry, inner);
    if (!read) return read.error();
    out.push_back(std::move(*read));
  }
  return {};
}

Result<void> read_metrics(const Value* value, const std::string& option,
                          std::vector<MetricEntry>& out) {
  if (value == nullptr) return {};
  if (auto name = model::as_text(*value)) {
    out.emplace_back().key = *std::move(name);
    return {};
  }
  const Value::List* list = value->list();
  if (list == nullptr) return wrong_shape(option, *value, "a list");
  for (const Value& item : *list) {
    const std::string place = option + '[' + std::to_string(&item - list->data()) + ']';
    if (auto read = read_entry(item, place, out); !read) return read;
  }
  return {};
}

Result<void> limit_metrics(const std::vector<MetricEntry>& metrics) {
  std::size_t expressions = 0;
  for (const MetricEntry& entry : metrics) expressions += has_metacharacters(entry.key) ? 1 : 0;
  if (metrics.size() > kMaxEntries) {
    return fail(Errc::invalid_config, "`metrics` has more than 20000 entries");
  }
  if (expressions > kMaxExpressions) {
    return fail(Errc::invalid_config,
                "`metrics` has more than 1000 expressions: one with `|` can stand for many");
  }
  return {};
}

Result<void> read_exclusions(const Value* value, std::vector<LabelExclusion>& out) {
  if (value == nullptr) return {};
  const std::string option = "exclude_metrics_by_labels";
  const auto entries = read_entries(*value, option);
  if (!entries) return entries.error();
  for (const MapEntry& entry : *entries) {
    const std::string place = option + '.' + entry.key;
    LabelExclusion exclusion;
    exclusion.label = entry.key;
    exclusion.any_value = is_true(entry.value);
    if (!exclusion.any_value) {
      const bool usable = entry.value.list() != nullptr || entry.value.text() != nullptr;
      if (!usable) return wrong_shape(place, entry.value, "a list of expressions or `true`");
      auto patterns = read_texts(entry.value, place);
      if (!patterns) return patterns.error();
      exclusion.patterns = std::move(*patterns);
    }
    out.push_back(std::move(exclusion));
  }
  return {};
}

Result<std::vector<std::int64_t>> read_values(const Value& value, const std::string& place) {
  std::vector<std::int64_t> out;
  const Value::List* list = value.list();
  if (list == nullptr) return wrong_shape(place, value, "a list of whole numbers");
  for (const Value& item : *list) {
    const auto number = model::as_integer(item);
    if (!number) {
      return wrong_shape(place + '[' + std::to_string(&item - list->data()) + ']', item,
                         "a whole number");
    }
    out.push_back(*number);
  }
  return out;
}

Result<void> read_shared(const Value* value, std::vector<SharedLabels>& out) {
  if (value == nullptr) return {};
  const std::string option = "share_labels";
  const auto entries = read_entries(*value, option);
  if (!entries) return entries.error();
  for (const MapEntry& entry : *entries) {
    const std::string place = option + '.' + entry.key;
    SharedLabels shared;
    shared.metric = entry.key;
    if (!is_true(entry.value)) {
      if (entry.value.map() == nullptr) {
        return wrong_shape(place, entry.value, "an object or `true`");
      }
      for (const auto& [key, into] :
           {std::pair("labels", &shared.labels), std::pair("match", &shared.match)}) {
        const Value* list = entry.value.find(key);
        if (list == nullptr) continue;
        auto texts = read_texts(*list, place + '.' + key);
        if (!texts) return texts.error();
        *into = std::move(*texts);
      }
      if (const Value* list = entry.value.find("values"); list != nullptr && !list->is_null()) {
        auto values = read_values(*list, place + ".values");
        if (!values) return values.error();
        shared.values = std::move(*values);
      }
    }
    out.push_back(std::move(shared));
  }
  return {};
}

}  // namespace

Result<MapperOptions> read_mapper_options(const Value& instance) {
  model::ValueReader reader(instance);
  MapperOptions out;
  out.name_space = reader.text("namespace");
  out.raw_metric_prefix = reader.text("raw_metric_prefix");
  out.hostname_label = reader.text("hostname_label");
  out.hostname_format = reader.text("hostname_format");
  out.exclude_metrics = reader.texts("exclude_metrics");
  out.exclude_labels = reader.texts("exclude_labels");
  out.include_labels = reader.texts("include_labels");
  out.raw_line_filters = reader.texts("raw_line_filters");
  const std::pair<const char*, bool*> flags[] = {
      {"tag_by_endpoint", &out.tag_by_endpoint},
      {"collect_histogram_buckets", &out.collect_histogram_buckets},
      {"non_cumulative_histogram_buckets", &out.non_cumulative_histogram_buckets},
      {"histogram_buckets_as_distributions", &out.histogram_buckets_as_distributions},
      {"collect_counters_with_distributions", &out.collect_counters_with_distributions},
      {"use_process_start_time", &out.use_process_start_time},
      {"cache_shared_labels", &out.cache_shared_labels},
      {"target_info", &out.target_info},
      {"cache_metric_wildcards", &out.cache_metric_wildcards},
      {"use_latest_spec", &out.use_latest_spec},
      {"telemetry", &out.telemetry},
  };
  for (const auto& [name, into] : flags) *into = reader.boolean(name, *into);
  if (!reader.problems().empty()) return fail(Errc::invalid_config, reader.problems().front());

  if (!reader.has("metrics") && !reader.has("extra_metrics")) {
    return fail(Errc::invalid_config, "`metrics` is missing: [\".*\"] stands for all of the page");
  }
  for (const char* option : {"metrics", "extra_metrics"}) {
    if (auto read = read_metrics(reader.value(option), option, out.metrics); !read) {
      return read.error();
    }
  }
  if (auto read = limit_metrics(out.metrics); !read) return read.error();
  if (const Value* renamed = reader.value("rename_labels")) {
    auto pairs = read_text_pairs(*renamed, "rename_labels");
    if (!pairs) return pairs.error();
    out.rename_labels = std::move(*pairs);
  }
  auto read =
      read_exclusions(reader.value("exclude_metrics_by_labels"), out.exclude_metrics_by_labels);
  if (!read) return read.error();
  read = read_shared(reader.value("share_labels"), out.share_labels);
  if (!read) return read.error();
  return out;
}

}  // namespace remora::checks::openmetrics
