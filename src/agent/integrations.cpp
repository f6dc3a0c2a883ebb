#include "agent/integrations.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "agent/config_check.hpp"
#include "agent/hidden_labels.hpp"
#include "remora/autodiscovery/tag_injection.hpp"
#include "remora/core/log.hpp"

namespace remora::agent {
namespace {

using autodiscovery::CheckConfig;
using autodiscovery::Fault;
using autodiscovery::Severity;
using std::chrono::seconds;

const core::Logger kLog("autodiscovery");

// How often instances that could not be made get another try: a file may be there by now.
constexpr seconds kRetry{60};
constexpr std::size_t kLoggedFaults = 50;  // of one change of the task
constexpr std::size_t kShownFaults = 50;

checks::IntegrationSchedulerOptions scheduler_options(const DiscoveryOptions& options,
                                                      const tagger::Tagger& tagger) {
  checks::IntegrationSchedulerOptions out = options.scheduler;
  if (options.check_status) {
    out.check_status_tags = [&tagger, level = options.cardinality] {
      return tagger.global_tags(level);
    };
  }
  return out;
}

void log_faults(const std::vector<Fault>& faults) {
  for (std::size_t i = 0; i < faults.size() && i < kLoggedFaults; ++i) {
    const std::string line = autodiscovery::to_string(faults[i]);
    if (faults[i].severity == Severity::error) {
      kLog.error(line);
    } else {
      kLog.warn(line);
    }
  }
  if (faults.size() > kLoggedFaults) {
    kLog.warn("more faults of labels and files: see `agent configcheck`",
              {{"faults", faults.size() - kLoggedFaults}});
  }
}

}  // namespace

Integrations::Integrations(DiscoveryOptions options, const tagger::Tagger& tagger,
                           core::Clock& clock, asio::any_io_executor executor,
                           net::ClientOptions http, telemetry::Counters& counters,
                           ServiceCheckSink service_checks)
    : options_(std::move(options)),
      tagger_(tagger),
      clock_(clock),
      reconciler_(options_.reconciler, load_templates(options_)),
      http_(executor, std::move(http)),
      scheduler_(checks::CheckServices{executor, clock, http_, clock.wall()}, counters.aggregator,
                 counters.checks, std::move(service_checks), scheduler_options(options_, tagger)) {}

void Integrations::start() { apply(reconciler_.update()); }

void Integrations::update(const ecs::TaskMetadata& task, ecs::LaunchType launch_type) {
  task_ = task;
  launch_type_ = launch_type;
  task_known_ = true;
  apply(reconciler_.update(task, launch_type));
}

void Integrations::apply(autodiscovery::Changes changes) {
  log_faults(changes.new_faults);
  for (const std::string& id : changes.unschedule) {
    scheduler_.remove(id);
    tags_.erase(id);
    kLog.info("check instance unscheduled", {{"instance", id}});
  }
  for (const autodiscovery::ConfigPtr& config : changes.schedule) {
    add(*config);
    kLog.info("check instance scheduled", {{"check", config->check},
                                           {"instance", config->id},
                                           {"source", config->source},
                                           {"container", config->container_name}});
  }
  retag();
}

// Tags of a container may come later than the container: the name of the service, AWS tags.
void Integrations::retag() {
  for (const auto& [id, config] : reconciler_.configs()) {
    const model::Tags now = autodiscovery::injected_tags(*config, tagger_, options_.cardinality);
    if (*now != *tags_[id]) add(*config);
  }
}

void Integrations::add(const CheckConfig& config) {
  model::Tags& tags = tags_[config.id];
  tags = autodiscovery::injected_tags(config, tagger_, options_.cardinality);
  std::vector<std::string> problems;
  checks::InstanceConfig instance = instance_config(config, options_.label_files, tags, problems);
  for (const std::string& problem : problems) {
    kLog.warn("tags of a check instance",
              {{"check", config.check}, {"source", config.source}, {"reason", problem}});
  }
  (void)scheduler_.add(std::move(instance));  // what it refuses, it logs and shows
}

asio::awaitable<void> Integrations::run(telemetry::HealthComponent& health) {
  auto next_poll = core::SteadyTime::max();
  if (options_.poll_files) next_poll = clock_.now() + *options_.poll_files;
  auto next_retry = clock_.now() + kRetry;
  bool awake = true;
  while (awake) {
    health.beat();
    const auto soon = std::min(clock_.now() + seconds(15), std::min(next_poll, next_retry));
    awake = co_await clock_.sleep_until(soon);
    if (!awake) co_return;
    const auto now = clock_.now();
    if (now >= next_retry) {
      next_retry = now + kRetry;
      scheduler_.retry_rejected();
    }
    if (options_.poll_files && now >= next_poll) {
      next_poll = now + *options_.poll_files;
      reconciler_.set_files(load_templates(options_));
      apply(task_known_ ? reconciler_.update(task_, launch_type_) : reconciler_.update());
    }
  }
}

std::string Integrations::config_check(bool verbose) const {
  return config_check_text(reconciler_, scheduler_, tagger_, options_.cardinality, verbose);
}

telemetry::StatusNode Integrations::status() const {
  telemetry::StatusNode node;
  node.title = "Autodiscovery";
  std::size_t from_labels = 0, from_files = 0, built_in = 0;
  for (const auto& [id, config] : reconciler_.configs()) {
    switch (config->provider) {
      case autodiscovery::Provider::container_label:
        ++from_labels;
        break;
      case autodiscovery::Provider::file:
        ++from_files;
        break;
      case autodiscovery::Provider::built_in:
        ++built_in;
        break;
    }
  }
  std::string directories;
  for (const std::string& directory : options_.directories) {
    directories += (directories.empty() ? "" : ", ") + directory;
  }
  node.add("Instances from labels", from_labels)
      .add("Instances from files", from_files)
      .add("Instances from built-in configurations", built_in)
      .add("Files", directories)
      .add("Log configurations kept", reconciler_.logs().size());
  if (task_known_) {
    const std::string note = hidden_labels_note(task_, launch_type_, options_.directories.front());
    if (!note.empty()) node.add("Docker labels", note);
  }
  std::string left_out;
  for (const std::string& name : reconciler_.left_out()) {
    left_out += (left_out.empty() ? "" : ", ") + name;
  }
  if (!left_out.empty()) node.add("Checks kept away by DD_CONTAINER_EXCLUDE", left_out);
  const autodiscovery::FaultList& faults = reconciler_.faults();
  node.add("Configuration errors", faults.errors())
      .add("Configuration warnings", faults.count() - faults.errors());
  return node;
}

telemetry::StatusNode Integrations::collector_status() const {
  telemetry::StatusNode node = scheduler_.status();
  const autodiscovery::FaultList& faults = reconciler_.faults();
  if (faults.empty()) return node;
  telemetry::StatusNode errors;
  errors.title = "Config Errors";
  std::size_t shown = 0;
  for (const Fault& fault : faults.kept()) {
    if (++shown > kShownFaults) break;
    errors.add(fault.severity == Severity::error ? "Error" : "Warning",
               autodiscovery::to_string(fault));
  }
  if (faults.count() > kShownFaults) {
    errors.add("More", "`agent configcheck` shows all " + std::to_string(faults.count()));
  }
  node.children.push_back(std::move(errors));
  return node;
}

}  // namespace remora::agent
