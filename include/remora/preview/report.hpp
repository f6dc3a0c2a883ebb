// What the agent would do with a task definition, before anything runs: for `agent preview`.
//
// The definition becomes the task that the metadata endpoint would describe, and goes through the
// parts the daemon itself uses: autodiscovery, tagger, and the making of each check instance.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "remora/autodiscovery/fault.hpp"
#include "remora/autodiscovery/reconciler.hpp"
#include "remora/checks/metric_info.hpp"
#include "remora/ecs/environment.hpp"
#include "remora/model/tags.hpp"
#include "remora/model/value.hpp"
#include "remora/tagger/tagger.hpp"
#include "remora/taskdef/task_definition.hpp"

namespace remora::preview {

/// What the agent's container says, as the components take it.
struct PreviewOptions {
  /// `variables.environment` is replaced: it reads the definition.
  autodiscovery::ReconcilerOptions reconciler;
  autodiscovery::FileTemplates files;  ///< those that come with the agent
  tagger::TaggerOptions tagger;
  tagger::Cardinality cardinality = tagger::Cardinality::low;  ///< of tags on check instances
  /// Containers without container.* metrics; null: none.
  std::function<bool(const ecs::ContainerMetadata&)> metrics_excluded;
  bool extended_metrics = false;
  /// `execution_env` is replaced by what ECS sets for the launch type of the definition.
  ecs::EnvironmentVariables environment;
  std::vector<std::string> errors, warnings;  ///< about the agent's own variables, one line each
};

/// A check that files give in place of a label.
struct CheckFile {
  std::string path, content;
};

struct CheckPreview {
  std::string check;
  std::string failure;  ///< why it does not run; empty = it runs
  std::string origin;   ///< "label com.datadoghq.ad.checks", or "built in, for images called redis"
  std::chrono::seconds interval{0};
  model::Value instance, init_config;  ///< resolved, without tags, secrets masked
  model::TagList tags;                 ///< all of the instance: its container's and its own
  std::span<const checks::MetricInfo> metrics;
  std::vector<std::string> service_checks;
  bool names_from_page = false;  ///< the monitored page names the metrics
  /// Where labels may be hidden; of several instances the first has it, for all.
  std::optional<CheckFile> file;
};

struct ContainerPreview {
  std::string name, image;
  bool agent = false;
  bool excluded = false;          ///< autodiscovery does not see it
  bool metrics_excluded = false;  ///< no container.* metrics of it
  model::TagList tags;            ///< of its checks, beyond those of the task
  model::TagList metric_tags;     ///< besides, on container.* metrics
  std::vector<CheckPreview> checks;
  std::vector<autodiscovery::Fault> faults;
};

struct Report {
  taskdef::Syntax syntax = taskdef::Syntax::json;
  std::string family, resource, launch_type, network_mode;
  std::string address;  ///< the example that stands for %%host%%; empty where none does
  model::TagList tags;  ///< of the task, on everything
  model::TagList metric_tags;
  std::vector<checks::MetricInfo> container_metrics;  ///< of each container
  std::vector<ContainerPreview> containers;
  std::vector<autodiscovery::Fault> faults;  ///< of the task itself
  std::vector<std::string> notes;
  bool labels_may_be_hidden = false;
  std::size_t errors = 0, warnings = 0;
};

/// Pure: makes each check instance, runs none, reads no file but certificates that instances name.
[[nodiscard]] Report make_report(const taskdef::TaskDefinition& definition, PreviewOptions options);

struct TextOptions {
  bool verbose = false;  ///< all metric names, and the files that stand for labels
};

/// For people, prose within 100 columns; what is to be copied is never broken.
[[nodiscard]] std::string to_text(const Report& report, const TextOptions& options = {});
/// Definitions of the document that could not be read: what follows the reports. Not empty.
[[nodiscard]] std::string to_text(std::span<const taskdef::Unread> unread);
/// The last line: "2 errors, 1 warning".
[[nodiscard]] std::string summary_text(std::size_t errors, std::size_t warnings);
/// One document, with line breaks. What is unread counts as an error each.
[[nodiscard]] std::string to_json(const std::string& file, std::span<const Report> reports,
                                  std::span<const taskdef::Unread> unread = {});

}  // namespace remora::preview
