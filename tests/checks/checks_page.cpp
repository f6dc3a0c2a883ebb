#include "checks/checks_page.hpp"

#include <string_view>

namespace remora::checks {
namespace {

// A cell of a table: one line, no bar that would end it.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string code(std::string_view text) {
  return text.empty() ? std::string("-") : "`" + cell(text) + "`";
}

// As the value of a label stands in a task definition.
std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

template <class Texts>
std::string listed(const Texts& texts) {
  std::string out;
  for (const std::string_view text : texts) out += (out.empty() ? "" : ", ") + code(text);
  return out.empty() ? "-" : out;
}

void add_example(std::string& page, const IntegrationInfo& info) {
  page +=
      "A label to copy, on the container that is to be checked:\n\n```json\n\"dockerLabels\": {\n";
  page += "  \"com.datadoghq.ad.checks\": " + json_string(info.label_example) + "\n}\n```\n\n";
}

void add_identifiers(std::string& page, const IntegrationInfo& info) {
  if (info.ad_identifiers.empty() || info.auto_instance.empty()) {
    page += "It runs where a label or a file asks for it.\n\n";
    return;
  }
  page += "Containers whose image is " + listed(info.ad_identifiers);
  page += " get it without a label, with the instance " + code(info.auto_instance) + ".\n\n";
}

void add_options(std::string& page, const IntegrationInfo& info) {
  if (!info.options.empty()) {
    page += "| Option | Default | Meaning |\n| --- | --- | --- |\n";
    for (const OptionInfo& option : info.options) {
      page += "| " + code(option.name) + " | " + code(option.fallback) + " | " +
              cell(option.meaning) + " |\n";
    }
    page += "\n";
  }
  if (info.max_returned_metrics > 0) {
    page += "`max_returned_metrics` is " + std::to_string(info.max_returned_metrics) +
            " unless the instance says otherwise.\n\n";
  }
  if (!info.declined_options.empty()) {
    page += "An instance that uses one of these is declined, and the option named: " +
            listed(info.declined_options) + ".\n\n";
  }
}

void add_metrics(std::string& page, const IntegrationInfo& info) {
  if (info.metrics.empty()) return;
  page += "| Metric | Type | Unit |\n| --- | --- | --- |\n";
  for (const MetricInfo& metric : info.metrics) {
    page += "| " + code(metric.name) + " | " + cell(metric.type) + " | " +
            (metric.unit.empty() ? "-" : cell(metric.unit)) + " |\n";
  }
  page += "\n";
}

void add_service_checks(std::string& page, const IntegrationInfo& info) {
  if (info.service_checks.empty()) return;
  page += "| Service check | Critical when |\n| --- | --- |\n";
  for (const ServiceCheckInfo& check : info.service_checks) {
    page += "| " + code(check.name) + " | " + cell(check.meaning) + " |\n";
  }
  page += "\n";
}

}  // namespace

std::string integrations_markdown(std::span<const IntegrationInfo* const> integrations) {
  std::string page = "| Check | For | Metrics | Without a label |\n| --- | --- | --- | --- |\n";
  for (const IntegrationInfo* info : integrations) {
    page += "| [`" + std::string(info->name) + "`](#" + std::string(info->name) + ") | " +
            cell(info->title) + " | " +
            (info->metrics.empty() ? std::string("those of the page")
                                   : std::to_string(info->metrics.size())) +
            " | " +
            (info->auto_instance.empty() ? std::string("-") : listed(info->ad_identifiers)) +
            " |\n";
  }
  page += "\n";
  for (const IntegrationInfo* info : integrations) {
    page += "## " + std::string(info->name) + "\n\n" + std::string(info->title) + ". ";
    add_identifiers(page, *info);
    if (!info->label_example.empty()) add_example(page, *info);
    if (!info->notes.empty()) page.append(info->notes).append("\n\n");
    add_options(page, *info);
    add_metrics(page, *info);
    add_service_checks(page, *info);
  }
  page.pop_back();
  return page;
}

}  // namespace remora::checks
