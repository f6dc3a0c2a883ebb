// The containers of the task and the templates -> the checks that should run now.
//
// One call per change of the task: it answers what to start and what to stop. Nothing here runs a
// check, reads a file or waits.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "remora/autodiscovery/fault.hpp"
#include "remora/autodiscovery/files.hpp"
#include "remora/autodiscovery/labels.hpp"
#include "remora/autodiscovery/template.hpp"
#include "remora/autodiscovery/variables.hpp"
#include "remora/ecs/metadata.hpp"
#include "remora/model/value.hpp"

namespace remora::autodiscovery {

/// One instance of one check, ready to run. Immutable and shared.
struct CheckConfig {
  /// `<check>[:<name of the instance>]:<hex>`: unique, and the same for the same content in every
  /// process. Any change of the configuration or of its container is another id.
  std::string id;
  std::string check;
  model::Value instance, init_config;  ///< maps, variables resolved, tags not yet injected
  Provider provider = Provider::file;
  std::string source;        ///< "container:docker://<id>" or "file:<path>", for configcheck
  std::string place;         ///< the label or file it was read from
  std::string container_id;  ///< empty: of no container
  std::string container_name;
  std::vector<std::string> identifiers;  ///< of the container, or those the file names
  bool ignore_tags = false;
  std::optional<tagger::Cardinality> cardinality;  ///< empty = DD_CHECKS_TAG_CARDINALITY
};
using ConfigPtr = std::shared_ptr<const CheckConfig>;

/// Log sources of one container, or of a file without container; kept for the log pipeline.
struct LogConfig {
  std::string container_id, container_name;
  std::string source, place;  ///< as in CheckConfig
  model::Value sources;       ///< list of maps, variables resolved

  bool operator==(const LogConfig&) const = default;
};

struct Changes {
  std::vector<std::string> unschedule;  ///< ids, to be stopped first
  std::vector<ConfigPtr> schedule;
  std::vector<Fault> new_faults;  ///< those the call before did not have: for the log
  [[nodiscard]] bool empty() const { return unschedule.empty() && schedule.empty(); }
};

struct ReconcilerOptions {
  LabelOptions labels;
  VariableOptions variables;
  /// Containers that autodiscovery must not see (DD_CONTAINER_EXCLUDE); null: none.
  std::function<bool(const ecs::ContainerMetadata&)> excluded;
  std::size_t max_instances = 1000;  ///< of the whole task; the rest is a fault
};

/// Threading: the loop.
///
/// Priorities: a label beats a file for the same check on the same container; different checks both
/// run; an empty check_names keeps all files away; a container with check.id matches files by that
/// alone. Only running containers count; the agent's own does.
class Reconciler {
 public:
  Reconciler(ReconcilerOptions options, FileTemplates files);

  /// No task known: configurations without a container only. Containers known before are gone.
  Changes update();
  /// `launch_type` is the detected one; it names the runtime in the identifiers. A task that is
  /// STOPPED changes nothing.
  Changes update(const ecs::TaskMetadata& task, ecs::LaunchType launch_type);
  /// Files were read again; takes effect with the next update.
  void set_files(FileTemplates files);

  /// By id: what the updates so far add up to.
  [[nodiscard]] const std::map<std::string, ConfigPtr>& configs() const { return configs_; }
  [[nodiscard]] const std::vector<LogConfig>& logs() const { return logs_; }
  /// Of labels, files and variables, as of the last update.
  [[nodiscard]] const FaultList& faults() const { return faults_; }
  /// Names of containers that `excluded` keeps away although a label or file asks for a check.
  [[nodiscard]] const std::vector<std::string>& left_out() const { return left_out_; }
  [[nodiscard]] const std::vector<Template>& file_templates() const { return files_.templates; }

 private:
  struct Round;
  struct Known {
    std::map<std::string, std::string> labels;
    ContainerTemplates parsed;
  };
  const ContainerTemplates& templates_of(const ecs::ContainerMetadata& container);
  Changes finish(Round& round);
  void add_static(Round& round);
  [[nodiscard]] bool asks_for_checks(Round& round, const ecs::ContainerMetadata& container,
                                     ecs::LaunchType launch_type);
  void add_container(Round& round, const ecs::ContainerMetadata& container,
                     const ecs::TaskMetadata& task, ecs::LaunchType launch_type);

  ReconcilerOptions options_;
  FileTemplates files_;
  std::map<std::string, Known> known_;  ///< by DockerId: labels are parsed once
  std::map<std::string, ConfigPtr> configs_;
  std::vector<LogConfig> logs_;
  std::vector<std::string> left_out_;
  FaultList faults_;
  std::set<std::string> reported_;
};

/// What AD identifiers a container answers to: its check.id alone, or its runtime id, the long and
/// the short name of its image.
[[nodiscard]] std::vector<std::string> identifiers_of(const ecs::ContainerMetadata& container,
                                                      std::string_view check_id,
                                                      ecs::LaunchType launch_type);

}  // namespace remora::autodiscovery
