#include "agent/check_report.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "remora/api/status_view.hpp"
#include "remora/core/printable.hpp"
#include "remora/core/scrub.hpp"

namespace remora::agent {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) {
  return core::scrub_json(json.dump(2, ' ', false, Json::error_handler_t::replace));
}

std::string_view type_name(model::SeriesType type) {
  switch (type) {
    case model::SeriesType::count:
      return "count";
    case model::SeriesType::rate:
      return "rate";
    case model::SeriesType::gauge:
      break;
  }
  return "gauge";
}

std::string_view status_name(model::CheckStatus status) {
  constexpr std::array<std::string_view, 4> kNames{"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  return kNames[static_cast<std::size_t>(status)];
}

Json tags_json(model::PackedTags packed, const model::TagList* shared) {
  model::TagList tags;
  for (std::string_view tag; packed.next(tag);) tags.emplace_back(tag);
  if (shared != nullptr) tags.insert(tags.end(), shared->begin(), shared->end());
  model::normalise(tags);
  return tags;
}

Json series_json(std::string name, Json tags, std::string_view host, model::SeriesType type,
                 std::int64_t interval, std::string_view source_type) {
  Json out;
  out["metric"] = std::move(name);
  out["points"] = Json::array();
  out["tags"] = std::move(tags);
  out["host"] = std::string(host);
  out["type"] = std::string(type_name(type));
  out["interval"] = interval;
  if (!source_type.empty()) out["source_type_name"] = std::string(source_type);
  return out;
}

Json point_json(const model::Point& point) { return Json::array({point.timestamp, point.value}); }

std::string joined(const Json& tags) {
  std::string out;
  for (const Json& tag : tags) out += (out.empty() ? "" : ", ") + tag.get<std::string>();
  return out;
}

using Row = std::vector<std::string>;

// Columns as wide as their widest cell; the last one is not filled up.
std::string columns(std::vector<Row> rows) {
  std::vector<std::size_t> widths;
  for (Row& row : rows) {
    for (std::string& cell : row) cell = core::printable(cell);
  }
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line = "  ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line += std::string(widths[i] - row[i].size() + 2, ' ');
    }
    out += line + '\n';
  }
  return core::scrub(std::move(out));
}

}  // namespace

struct CheckReport::Data {
  Json series = Json::array(), sketches = Json::array(), service_checks = Json::array();
  Json metadata = Json::object();
  telemetry::StatusNode runner;

  // The agent's own checks and those of integrations come in an order of their own.
  [[nodiscard]] static Json sorted(Json list, const char* key) {
    std::stable_sort(list.begin(), list.end(), [key](const Json& a, const Json& b) {
      const auto& x = a[key].get_ref<const std::string&>();
      const auto& y = b[key].get_ref<const std::string&>();
      return x != y ? x < y : a["tags"] < b["tags"];
    });
    return list;
  }

  [[nodiscard]] std::string series_table() const {
    std::vector<Row> rows{{"METRIC", "TYPE", "TIMESTAMP", "VALUE", "TAGS"}};
    for (const Json& one : sorted(series, "metric")) {
      for (const Json& point : one["points"]) {
        rows.push_back({one["metric"].get<std::string>(), one["type"].get<std::string>(),
                        point[0].dump(), point[1].dump(), joined(one["tags"])});
      }
    }
    return columns(std::move(rows));
  }
  [[nodiscard]] std::string sketch_table() const {
    std::vector<Row> rows{{"METRIC", "COUNT", "MIN", "MAX", "AVG", "TAGS"}};
    for (const Json& one : sorted(sketches, "metric")) {
      for (const Json& point : one["points"]) {
        const Json& summary = point["sketch"]["summary"];
        rows.push_back({one["metric"].get<std::string>(), summary["Cnt"].dump(),
                        summary["Min"].dump(), summary["Max"].dump(), summary["Avg"].dump(),
                        joined(one["tags"])});
      }
    }
    return columns(std::move(rows));
  }
  [[nodiscard]] std::string service_check_table() const {
    std::vector<Row> rows{{"CHECK", "STATUS", "TIMESTAMP", "MESSAGE", "TAGS"}};
    for (const Json& one : sorted(service_checks, "check")) {
      const auto status = static_cast<model::CheckStatus>(one["status"].get<int>());
      rows.push_back({one["check"].get<std::string>(), std::string(status_name(status)),
                      one["timestamp"].dump(), one["message"].get<std::string>(),
                      joined(one["tags"])});
    }
    return columns(std::move(rows));
  }
};

CheckReport::CheckReport() : data_(std::make_unique<Data>()) {}
CheckReport::~CheckReport() = default;

void CheckReport::on_series(const model::SeriesView& series) {
  Json one = series_json(std::string(series.name) + std::string(series.suffix),
                         tags_json(series.tags, series.shared_tags), series.host, series.type,
                         series.interval, series.source_type_name);
  for (const model::Point& point : series.points) one["points"].push_back(point_json(point));
  data_->series.push_back(std::move(one));
}

void CheckReport::on_sketch(const model::SketchView& sketch) {
  Json one;
  one["metric"] = std::string(sketch.name);
  one["tags"] = tags_json(sketch.tags, sketch.shared_tags);
  one["host"] = std::string(sketch.host);
  one["interval"] = 0;
  one["points"] = Json::array();
  for (const model::SketchPoint& point : sketch.points) {
    Json bins = Json::array();
    for (const model::SketchBin& bin : point.bins)
      bins.push_back({{"k", bin.key}, {"n", bin.count}});
    one["points"].push_back({{"ts", point.timestamp},
                             {"sketch",
                              {{"summary",
                                {{"Min", point.min},
                                 {"Max", point.max},
                                 {"Sum", point.sum},
                                 {"Avg", point.average},
                                 {"Cnt", point.count}}},
                               {"bins", std::move(bins)}}}});
  }
  data_->sketches.push_back(std::move(one));
}

void CheckReport::add(const model::Series& series) {
  Json one = series_json(series.metric, Json(*series.tags), series.host, series.type,
                         series.interval, series.source_type_name);
  for (const model::Point& point : series.points) one["points"].push_back(point_json(point));
  data_->series.push_back(std::move(one));
}

void CheckReport::add(const model::ServiceCheck& check) {
  data_->service_checks.push_back({{"check", check.check},
                                   {"host_name", check.host},
                                   {"timestamp", check.timestamp},
                                   {"status", static_cast<int>(check.status)},
                                   {"message", check.message},
                                   {"tags", *check.tags}});
}

void CheckReport::add_metadata(std::string_view key, std::string_view value) {
  data_->metadata[std::string(key)] = std::string(value);
}

void CheckReport::set_runner(telemetry::StatusNode runner) { data_->runner = std::move(runner); }

std::string CheckReport::text(CheckForm form) const {
  const Data& d = *data_;
  const bool table = form == CheckForm::table;
  std::string out;
  const auto section = [&](const char* title, const Json& list, std::string body) {
    if (!list.empty()) out += std::string("=== ") + title + " ===\n" + body + "\n";
  };
  section("Series", d.series,
          table ? d.series_table() : dumped(Data::sorted(d.series, "metric")) + "\n");
  section("Sketches", d.sketches,
          table ? d.sketch_table() : dumped(Data::sorted(d.sketches, "metric")) + "\n");
  section("Service Checks", d.service_checks,
          table ? d.service_check_table() : dumped(Data::sorted(d.service_checks, "check")) + "\n");
  telemetry::StatusNode running, collector;
  running.title = "Running Checks";
  running.children.push_back(d.runner);
  collector.title = "Collector";
  collector.children.push_back(std::move(running));
  out += api::status_text(std::array{std::move(collector)});
  if (!d.metadata.empty()) {
    out += "\n  Metadata\n  ========\n";
    for (const auto& [key, value] : d.metadata.items()) {
      out += core::scrub("    " + core::printable(key + ": " + value.get<std::string>()) + "\n");
    }
  }
  return out;
}

std::string CheckReport::json(const std::vector<const CheckReport*>& reports) {
  Json all = Json::array();
  for (const CheckReport* report : reports) {
    const Data& d = *report->data_;
    Json aggregator = Json::object();
    if (!d.series.empty()) aggregator["metrics"] = Data::sorted(d.series, "metric");
    if (!d.sketches.empty()) aggregator["sketches"] = Data::sorted(d.sketches, "metric");
    if (!d.service_checks.empty()) {
      aggregator["service_checks"] = Data::sorted(d.service_checks, "check");
    }
    const Json runner = Json::parse(api::status_json(std::array{d.runner}, false), nullptr, false);
    Json one;
    one["aggregator"] = std::move(aggregator);
    one["runner"] = runner.is_object() && !runner.empty() ? runner.begin().value() : Json::object();
    one["inventories"] = d.metadata;
    all.push_back(std::move(one));
  }
  return dumped(all) + "\n";
}

}  // namespace remora::agent
