#include "remora/agent/preview.hpp"

#include <utility>
#include <vector>

#include "agent/component_options.hpp"
#include "agent/discovery_options.hpp"
#include "remora/config/load.hpp"
#include "remora/core/log.hpp"
#include "remora/preview/report.hpp"
#include "remora/taskdef/task_definition.hpp"

namespace remora::agent {
namespace {

/// Faults are for the report; the same parts would log them in the daemon.
class Silence {
 public:
  Silence() {
    core::LogOptions options;
    options.level = core::Level::off;
    core::start_logging(options);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() { core::stop_logging(std::chrono::milliseconds(0)); }
};

// In place of a key that only the deployment knows: what the agent refuses is something else.
constexpr const char* kSomeKey = "0123456789abcdef0123456789abcdef";

config::Environment environment_of(const taskdef::TaskDefinition& definition) {
  config::Environment out;
  if (!definition.has_agent()) return out;
  for (const auto& [name, value] : definition.containers[definition.agent].environment)
    out[name] = value;
  return out;
}

/// Without what a template leaves open: nothing can be said about those values yet.
config::Environment closed(config::Environment environment) {
  std::erase_if(environment,
                [](const auto& one) { return taskdef::holds_open_reference(one.second); });
  environment.emplace("DD_API_KEY", kSomeKey);  // that there is none is said elsewhere
  return environment;
}

preview::PreviewOptions preview_options(const config::Environment& environment) {
  const config::Loaded loaded = config::load_text(environment, "", "");
  const config::Loaded judged = config::load_text(closed(environment), "", "");
  const config::Settings& settings = loaded.settings;
  preview::PreviewOptions options;
  options.warnings = judged.warnings;
  if (const auto valid = config::validate_for_run(judged); !valid)
    options.errors.push_back("the agent does not start: " + valid.error().message());
  const auto filter = ecs::ContainerFilter::create(metrics_filter(settings), options.warnings);
  // What %%env_NAME%% reads is the report's business: it knows the secrets too.
  DiscoveryOptions discovery = discovery_options(loaded, {}, filter, {});
  options.reconciler = std::move(discovery.reconciler);
  options.metrics_excluded = options.reconciler.excluded;
  options.cardinality = discovery.cardinality;
  options.files = autodiscovery::load_files({}, built_in_templates(), discovery.files);
  options.tagger = tagger_options(settings);
  options.extended_metrics = settings.container_extended_metrics;
  options.environment = ecs_variables(settings);
  return options;
}

}  // namespace

Result<PreviewOutput> preview_file(const PreviewRequest& request) {
  const auto reading = taskdef::read_each(request.file);
  if (!reading) return reading.error();
  const Silence silence;
  std::vector<preview::Report> reports;
  PreviewOutput out;
  out.faulty = !reading->unread.empty();
  for (const taskdef::TaskDefinition& definition : reading->definitions) {
    reports.push_back(
        preview::make_report(definition, preview_options(environment_of(definition))));
    out.faulty = out.faulty || reports.back().errors > 0;
  }
  if (request.json) {
    out.text = preview::to_json(request.file, reports, reading->unread);
    return out;
  }
  const std::string between = "\n" + std::string(98, '-') + "\n\n";
  for (const preview::Report& report : reports) {
    if (!out.text.empty()) out.text += between;
    out.text += preview::to_text(report, {request.verbose});
  }
  if (!reading->unread.empty()) out.text += between + preview::to_text(reading->unread);
  return out;
}

}  // namespace remora::agent
