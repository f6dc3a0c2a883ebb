#include "agent/config_check.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "remora/autodiscovery/masking.hpp"
#include "remora/autodiscovery/tag_injection.hpp"
#include "remora/autodiscovery/yaml_text.hpp"

namespace remora::agent {
namespace {

using autodiscovery::CheckConfig;
using autodiscovery::Fault;
using autodiscovery::LogConfig;
using autodiscovery::Severity;

// Of an answer to the command line at most 4 MiB.
constexpr std::size_t kMaxBytes = 3u << 20;

void add_title(std::string& text, const std::string& title) {
  if (!text.empty()) text += '\n';
  text += "=== " + title + " ===\n";
}

void add_faults(std::string& text, const autodiscovery::FaultList& faults, Severity severity,
                const std::string& title) {
  bool first = true;
  for (const Fault& fault : faults.kept()) {
    if (fault.severity != severity) continue;
    if (first) add_title(text, title);
    first = false;
    text += autodiscovery::to_string(fault) + '\n';
  }
  if (!first && faults.count() > faults.kept().size()) {
    text += "(" + std::to_string(faults.count() - faults.kept().size()) + " more)\n";
  }
}

std::string provider_name(const CheckConfig& config) {
  switch (config.provider) {
    case autodiscovery::Provider::container_label:
      return "container labels (" + config.place + ")";
    case autodiscovery::Provider::file:
      return "file";
    case autodiscovery::Provider::built_in:
      break;
  }
  return "built-in configuration; DD_IGNORE_AUTOCONF=" + config.check + " switches it off";
}

void add_identifiers(std::string& text, const std::vector<std::string>& identifiers) {
  if (identifiers.empty()) return;
  text += "Auto-discovery IDs:\n";
  for (const std::string& id : identifiers) text += "* " + id + '\n';
}

struct Printer {
  const autodiscovery::Reconciler& reconciler;
  const checks::IntegrationScheduler& scheduler;
  const tagger::Tagger& tagger;
  tagger::Cardinality level;

  [[nodiscard]] std::string text_of(const CheckConfig& config) const {
    std::string text;
    add_title(text, config.check + " check");
    text += "Configuration provider: " + provider_name(config) + '\n';
    text += "Configuration source: " + config.source + '\n';
    if (!config.container_name.empty()) text += "Container: " + config.container_name + '\n';
    text += "Config for instance ID: " + config.id + '\n';
    std::vector<std::string> problems;
    const auto instance = autodiscovery::tagged_instance(
        config, autodiscovery::injected_tags(config, tagger, level), problems);
    text += autodiscovery::yaml_text(autodiscovery::masked(instance)) + "~\n";
    for (const std::string& problem : problems) text += "Warning: " + problem + '\n';
    const std::string_view rejection = scheduler.rejection(config.id);
    if (!rejection.empty()) text.append("This instance does not run: ").append(rejection) += '\n';
    const model::Map* init = config.init_config.map();
    if (init != nullptr && !init->empty()) {
      text +=
          "Init Config:\n" + autodiscovery::yaml_text(autodiscovery::masked(config.init_config));
    }
    add_identifiers(text, config.identifiers);
    return text + "===\n";
  }

  [[nodiscard]] static std::string text_of(const LogConfig& config) {
    std::string text;
    add_title(text, "log configuration");
    text += "Configuration source: " + config.source + '\n';
    if (!config.container_name.empty()) text += "Container: " + config.container_name + '\n';
    text += "Log Config:\n" + autodiscovery::yaml_text(autodiscovery::masked(config.sources));
    return text + "Kept for log collection, which this agent does not have yet.\n===\n";
  }

  [[nodiscard]] bool in_use(const autodiscovery::Template& one) const {
    return std::any_of(
        reconciler.configs().begin(), reconciler.configs().end(), [&](const auto& entry) {
          return entry.second->place == one.source && entry.second->check == one.check;
        });
  }
};

// By name of the check, then by id.
std::vector<const CheckConfig*> in_order(const autodiscovery::Reconciler& reconciler) {
  std::vector<const CheckConfig*> out;
  for (const auto& [id, config] : reconciler.configs()) out.push_back(config.get());
  std::stable_sort(out.begin(), out.end(),
                   [](const CheckConfig* a, const CheckConfig* b) { return a->check < b->check; });
  return out;
}

}  // namespace

std::string config_check_text(const autodiscovery::Reconciler& reconciler,
                              const checks::IntegrationScheduler& scheduler,
                              const tagger::Tagger& tagger, tagger::Cardinality level,
                              bool verbose) {
  const Printer printer{reconciler, scheduler, tagger, level};
  std::string text;
  add_faults(text, reconciler.faults(), Severity::error, "Configuration errors");
  add_faults(text, reconciler.faults(), Severity::warning, "Configuration warnings");
  std::size_t left_out = 0;
  const auto add = [&](const std::string& part) {
    if (text.size() + part.size() > kMaxBytes) {
      ++left_out;
    } else {
      text += (text.empty() ? "" : "\n") + part;
    }
  };
  for (const CheckConfig* config : in_order(reconciler)) add(printer.text_of(*config));
  if (reconciler.configs().empty()) add("No check configuration is in use.\n");
  if (!reconciler.left_out().empty()) {
    std::string excluded;
    add_title(excluded, "Excluded containers");
    for (const std::string& name : reconciler.left_out()) {
      excluded += name +
                  ": DD_CONTAINER_EXCLUDE or DD_CONTAINER_EXCLUDE_METRICS keeps its checks from "
                  "running\n";
    }
    add(excluded);
  }
  if (verbose) {
    for (const LogConfig& config : reconciler.logs()) add(Printer::text_of(config));
    std::string unused;
    for (const autodiscovery::Template& one : reconciler.file_templates()) {
      if (one.check.empty() || printer.in_use(one)) continue;
      if (unused.empty()) add_title(unused, "Unresolved Configs");
      unused += one.check + ": " + one.source + ", waits for a container of";
      for (const std::string& id : one.identifiers) unused += ' ' + id;
      unused += '\n';
    }
    if (!unused.empty()) add(unused);
  }
  if (left_out > 0) {
    text += "\n(" + std::to_string(left_out) + " more did not fit into this answer)\n";
  }
  return text;
}

}  // namespace remora::agent
