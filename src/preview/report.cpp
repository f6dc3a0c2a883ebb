#include "remora/preview/report.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "preview/example_task.hpp"
#include "preview/file_recipe.hpp"
#include "preview/instance_maker.hpp"
#include "preview/stand_ins.hpp"
#include "remora/autodiscovery/masking.hpp"
#include "remora/autodiscovery/tag_injection.hpp"
#include "remora/checks/container/container_check.hpp"
#include "remora/checks/ecs_fargate/ecs_fargate_check.hpp"
#include "remora/checks/integration.hpp"
#include "remora/core/known_secrets.hpp"
#include "remora/core/scrub.hpp"
#include "remora/taskdef/findings.hpp"

namespace remora::preview {
namespace {

using autodiscovery::CheckConfig;
using autodiscovery::Fault;
using autodiscovery::Provider;
using autodiscovery::Severity;
using model::Value;
using taskdef::TaskDefinition;

model::TagList scrubbed(const model::TagList& tags) {
  model::TagList out;
  for (const std::string& tag : tags) out.push_back(core::scrub(tag));
  return out;
}

/// Those of `all` that `without` has not.
model::TagList beyond(const model::TagList& all, const model::TagList& without) {
  const std::set<std::string> known(without.begin(), without.end());
  model::TagList out;
  for (const std::string& tag : all)
    if (!known.contains(tag)) out.push_back(tag);
  return out;
}

Value without_tags(const Value& instance) {
  if (instance.map() == nullptr) return instance;
  std::vector<model::MapEntry> entries;
  for (const model::MapEntry& entry : instance.map()->entries())
    if (entry.key != "tags") entries.push_back(entry);
  return model::Map::from_entries(std::move(entries));
}

model::TagList tags_in(const Value& instance) {
  model::TagList out;
  const Value* tags = instance.find("tags");
  if (tags == nullptr || tags->list() == nullptr) return out;
  for (const Value& tag : *tags->list())
    if (tag.text() != nullptr) out.push_back(*tag.text());
  return out;
}

/// %%env_NAME%%: the variables of the agent's container, and stand-ins for its secrets.
autodiscovery::EnvironmentLookup lookup_in(const TaskDefinition& definition) {
  if (!definition.has_agent()) return {};
  const taskdef::ContainerDefinition& agent = definition.containers[definition.agent];
  return [agent](std::string_view name) -> std::optional<std::string> {
    if (const std::string* value = agent.variable(name)) {
      if (autodiscovery::is_secret_key(name)) core::remember_secret(*value);
      return *value;
    }
    if (agent.has_secret(name)) return kSecret;
    // A file of S3 may set it: open, as a reference of a template is.
    if (!agent.environment_files.empty()) return "${" + std::string(name) + "}";
    return std::nullopt;
  };
}

/// Where the agent would find itself, by the rule of the daemon.
ecs::Environment environment_in(const TaskDefinition& definition,
                                ecs::EnvironmentVariables variables) {
  variables.execution_env = ecs::execution_env(launch_type_of(definition));
  return ecs::detect_environment(variables);
}

class Builder {
 public:
  Builder(const TaskDefinition& definition, PreviewOptions options)
      : definition_(definition),
        options_(std::move(options)),
        task_(example_task(definition)),
        environment_(environment_in(definition, options_.environment)),
        launch_type_(ecs::launch_type_of(environment_, task_)),
        tagger_(options_.tagger, counters_) {
    tagger_.update(task_, launch_type_);
  }

  Report build() {
    describe_task();
    for (std::size_t i = 0; i < definition_.containers.size(); ++i) describe_container(i);
    for (Fault& fault : taskdef::find_mistakes(definition_)) add(std::move(fault));
    warn_about_variables();
    discover();
    count();
    return std::move(out_);
  }

 private:
  void describe_task() {
    out_.syntax = definition_.syntax;
    out_.family = definition_.family;
    out_.resource = definition_.resource;
    out_.launch_type = definition_.launch_type;
    out_.network_mode = definition_.network_mode;
    const bool has_address =
        definition_.network_mode != "host" && definition_.network_mode != "none";
    if (has_address) out_.address = kExampleAddress;
    out_.tags = scrubbed(*tagger_.global_tags(options_.cardinality));
    out_.metric_tags = beyond(scrubbed(*tagger_.global_tags(tagger::Cardinality::high)), out_.tags);
    out_.notes = definition_.notes;
    for (const checks::MetricInfo& metric : checks::container_metrics())
      if (options_.extended_metrics || !metric.extended) out_.container_metrics.push_back(metric);
    if (environment_.fargate_metrics) {
      const auto more = checks::ecs_fargate_metrics();
      out_.container_metrics.insert(out_.container_metrics.end(), more.begin(), more.end());
    }
  }

  void describe_container(std::size_t index) {
    const ecs::ContainerMetadata& container = task_.containers[index];
    ContainerPreview one;
    one.name = container.name;
    one.image = core::scrub(container.image);
    one.agent = index == definition_.agent;
    one.excluded = options_.reconciler.excluded && options_.reconciler.excluded(container);
    one.metrics_excluded = options_.metrics_excluded && options_.metrics_excluded(container);
    const auto low = scrubbed(*tagger_.container_tags(container.docker_id, options_.cardinality));
    const auto high =
        scrubbed(*tagger_.container_tags(container.docker_id, tagger::Cardinality::high));
    one.tags = beyond(low, out_.tags);
    one.metric_tags = beyond(beyond(high, low), out_.metric_tags);
    by_name_[one.name] = out_.containers.size();
    out_.containers.push_back(std::move(one));
    const bool labelled =
        std::any_of(container.labels.begin(), container.labels.end(),
                    [](const auto& label) { return label.first.starts_with("com.datadoghq."); });
    out_.labels_may_be_hidden =
        out_.labels_may_be_hidden ||
        (labelled && task_.launch_type == ecs::LaunchType::managed_instances);
  }

  void warn_about_variables() {
    if (!definition_.has_agent()) return;
    const std::string& agent = definition_.containers[definition_.agent].name;
    for (const std::string& error : options_.errors)
      add({Severity::error, agent, "", "environment", core::scrub(error), ""});
    for (const std::string& warning : options_.warnings)
      add({Severity::warning, agent, "", "environment", core::scrub(warning), ""});
    for (const std::string& tag : options_.tagger.static_tags) {
      const auto colon = tag.find(':');
      if (colon == std::string::npos || colon == 0 || colon + 1 == tag.size())
        add({Severity::warning, agent, "", "environment DD_TAGS",
             "\"" + core::scrub(tag) + "\" is not key:value and is left out", ""});
    }
  }

  void discover() {
    options_.reconciler.variables.environment = lookup_in(definition_);
    options_.reconciler.labels.open_references = definition_.open_references;
    autodiscovery::Reconciler reconciler(options_.reconciler, std::move(options_.files));
    const autodiscovery::Changes changes = reconciler.update(task_, launch_type_);
    for (const Fault& fault : reconciler.faults().kept()) add(fault);
    lost_errors_ = reconciler.faults().errors();
    for (const Fault& fault : reconciler.faults().kept())
      if (fault.severity == Severity::error) --lost_errors_;
    for (const auto& config : changes.schedule) describe_check(*config);
  }

  void describe_check(const CheckConfig& config) {
    const auto at = by_name_.find(config.container_name);
    if (at == by_name_.end()) return;
    std::vector<std::string> problems;
    const Value tagged = autodiscovery::tagged_instance(
        config, autodiscovery::injected_tags(config, tagger_, options_.cardinality), problems);
    autodiscovery::remember_secrets(config.instance);
    autodiscovery::remember_secrets(config.init_config);
    const Made made = maker_.make(config, tagged);
    const Fault common{Severity::warning, config.container_name, "", config.place, "", ""};
    problems.insert(problems.end(), made.notes.begin(), made.notes.end());
    for (const std::string& text : problems) {
      Fault fault = common;
      fault.message = config.check + ": " + text;
      add(std::move(fault));
    }
    CheckPreview one;
    one.check = config.check;
    one.failure = made.failure;
    if (!made.failure.empty()) {
      Fault fault = common;
      fault.severity = Severity::error;
      fault.message = config.check + " does not run: " + made.failure;
      fault.correction = made.correction;
      add(std::move(fault));
    }
    const checks::IntegrationInfo* info = checks::find_integration(config.check);
    one.origin = config.provider == Provider::container_label
                     ? "label " + config.place
                     : "built in, for images called " + config.identifiers.front();
    one.interval = made.interval;
    one.instance = autodiscovery::masked(without_tags(config.instance));
    one.init_config = autodiscovery::masked(config.init_config);
    one.tags = scrubbed(tags_in(tagged));
    if (info != nullptr) {
      one.metrics = info->metrics;
      one.names_from_page = info->metrics.empty();
      for (const auto& check : info->service_checks) one.service_checks.emplace_back(check.name);
    }
    if (task_.launch_type == ecs::LaunchType::managed_instances &&
        config.provider == Provider::container_label && info != nullptr &&
        with_file_.emplace(at->second, config.check).second) {
      one.file = file_recipe(config, definition_.containers[at->second]);
    }
    out_.containers[at->second].checks.push_back(std::move(one));
  }

  void add(Fault fault) {
    fault.container_id.clear();
    const auto at = by_name_.find(fault.container);
    auto& list = at == by_name_.end() ? out_.faults : out_.containers[at->second].faults;
    if (std::find(list.begin(), list.end(), fault) == list.end()) list.push_back(std::move(fault));
  }

  void count() {
    const auto count_in = [this](const std::vector<Fault>& faults) {
      for (const Fault& fault : faults)
        ++(fault.severity == Severity::error ? out_.errors : out_.warnings);
    };
    count_in(out_.faults);
    for (const ContainerPreview& one : out_.containers) count_in(one.faults);
    out_.errors += lost_errors_;
    if (lost_errors_ > 0)
      out_.notes.push_back(std::to_string(lost_errors_) + " more errors are not shown");
  }

  const TaskDefinition& definition_;
  PreviewOptions options_;
  const ecs::TaskMetadata task_;
  const ecs::Environment environment_;
  const ecs::LaunchType launch_type_;  ///< as the agent sees it; ECS goes by that of `task_`
  telemetry::Counters counters_;
  tagger::Tagger tagger_;
  InstanceMaker maker_;
  std::map<std::string, std::size_t> by_name_;
  std::set<std::pair<std::size_t, std::string>> with_file_;  ///< container and check
  std::size_t lost_errors_ = 0;
  Report out_;
};

}  // namespace

Report make_report(const TaskDefinition& definition, PreviewOptions options) {
  return Builder(definition, std::move(options)).build();
}

}  // namespace remora::preview
