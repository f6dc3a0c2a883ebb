#include <nlohmann/json.hpp>

#include "preview/fault_text.hpp"
#include "remora/core/scrub.hpp"
#include "remora/preview/report.hpp"

namespace remora::preview {
namespace {

using Json = nlohmann::ordered_json;
using autodiscovery::Fault;
using model::Value;

Json json_of(const Value& value) {
  // Our own text: it parses, unless a text in it is no UTF-8.
  Json out = Json::parse(value.json_text(), nullptr, false);
  return out.is_discarded() ? Json() : out;
}

Json metrics_json(std::span<const checks::MetricInfo> metrics) {
  Json out = Json::array();
  for (const checks::MetricInfo& metric : metrics)
    out.push_back({{"name", metric.name}, {"type", metric.type}, {"unit", metric.unit}});
  return out;
}

Json faults_json(const std::vector<Fault>& faults, taskdef::Syntax syntax) {
  Json out = Json::array();
  for (const Fault& fault : faults) {
    Json one = {
        {"severity", fault.severity == autodiscovery::Severity::error ? "error" : "warning"},
        {"container", fault.container},
        {"place", fault.place},
        {"message", fault.message}};
    if (!fault.correction.empty()) {
      one["correction"] = fault.correction;
      one["write"] = to_paste(fault, syntax);
    }
    out.push_back(std::move(one));
  }
  return out;
}

Json check_json(const CheckPreview& check) {
  Json out = {{"check", check.check},
              {"runs", check.failure.empty()},
              {"origin", check.origin},
              {"interval_seconds", check.interval.count()},
              {"instance", json_of(check.instance)},
              {"init_config", json_of(check.init_config)},
              {"tags", check.tags},
              {"metrics", metrics_json(check.metrics)},
              {"metrics_named_by_page", check.names_from_page},
              {"service_checks", check.service_checks}};
  if (!check.failure.empty()) out["failure"] = check.failure;
  if (check.file) out["file"] = {{"path", check.file->path}, {"content", check.file->content}};
  return out;
}

Json container_json(const ContainerPreview& one, const Report& report) {
  Json checks = Json::array();
  for (const CheckPreview& check : one.checks) checks.push_back(check_json(check));
  return {{"name", one.name},
          {"image", one.image},
          {"agent", one.agent},
          {"excluded_from_checks", one.excluded},
          {"excluded_from_metrics", one.metrics_excluded},
          {"tags", one.tags},
          {"tags_of_container_metrics", one.metric_tags},
          {"checks", std::move(checks)},
          {"faults", faults_json(one.faults, report.syntax)}};
}

Json report_json(const Report& report) {
  Json containers = Json::array();
  for (const ContainerPreview& one : report.containers)
    containers.push_back(container_json(one, report));
  return {{"family", report.family},
          {"resource", report.resource},
          {"launch_type", report.launch_type},
          {"network_mode", report.network_mode},
          {"example_address", report.address},
          {"labels_may_be_hidden", report.labels_may_be_hidden},
          {"tags", report.tags},
          {"tags_of_container_metrics", report.metric_tags},
          {"container_metrics", metrics_json(report.container_metrics)},
          {"containers", std::move(containers)},
          {"faults", faults_json(report.faults, report.syntax)},
          {"notes", report.notes}};
}

}  // namespace

std::string to_json(const std::string& file, std::span<const Report> reports,
                    std::span<const taskdef::Unread> unread) {
  std::size_t errors = unread.size(), warnings = 0;
  Json missing = Json::array();
  for (const taskdef::Unread& one : unread)
    missing.push_back({{"resource", one.resource}, {"message", core::scrub(one.message)}});
  Json tasks = Json::array();
  for (const Report& report : reports) {
    errors += report.errors;
    warnings += report.warnings;
    tasks.push_back(report_json(report));
  }
  const Json out = {{"file", file},
                    {"errors", errors},
                    {"warnings", warnings},
                    {"task_definitions", std::move(tasks)},
                    {"unread", std::move(missing)}};
  return core::scrub_json(out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace remora::preview
