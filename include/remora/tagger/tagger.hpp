// Entity -> tags: the one place where the tag set of a container and of the task is built.
//
// Source of names and cardinalities: DataDog/datadog-agent
// comp/core/tagger/collectors/workloadmeta_extract.go and the published tables for ECS.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "remora/ecs/metadata.hpp"
#include "remora/model/tags.hpp"
#include "remora/telemetry/counters.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::tagger {

/// Asking for a level returns that level and everything below.
enum class Cardinality : std::uint8_t { low, orchestrator, high };

struct TaggerOptions {
  std::vector<std::string>
      static_tags;  ///< DD_TAGS + DD_EXTRA_TAGS + env of the agent, in that order; entries that
                    ///< are not "key:value" are left out with a warning
  std::string own_service, own_version;  ///< DD_SERVICE and DD_VERSION: of the container we run in
  std::map<std::string, std::string> labels_as_tags;  ///< label glob -> tag name(s)
  bool disable_cluster_name_tag = false;              ///< DD_DISABLE_CLUSTER_NAME_TAG_KEY
  bool collect_resource_tags = false;                 ///< task and instance tags of /taskWithTags
  bool resource_tags_replace_colon = false;
  bool availability_zone_everywhere = false;  ///< AZ tags outside Fargate too (ours, off)
};

/// Threading: the loop. Tag lists are built once per change of the task and shared. An entity has
/// at most 1000 tags and a value at most 8 KiB; what is over is cut, counted and named in the log.
class Tagger final : public telemetry::StatusSource {
 public:
  Tagger(TaggerOptions options, telemetry::Counters& counters);
  ~Tagger() override;

  /// Replaces what is known. `launch_type` is the detected one (it decides the AZ tags); unknown
  /// means that of the task.
  /// Malformed label tags are counted and logged once per container and label.
  void update(const ecs::TaskMetadata& task, ecs::LaunchType launch_type);

  /// Tags of a container; the task's own tags when the id is unknown.
  [[nodiscard]] model::Tags container_tags(std::string_view docker_id, Cardinality level) const;
  /// Tags of the task: what data without a container gets. Static tags alone before the first
  /// update.
  [[nodiscard]] model::Tags global_tags(Cardinality level) const;
  /// True once the task has a cluster name.
  [[nodiscard]] bool complete() const noexcept;

  [[nodiscard]] telemetry::StatusNode status() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// "low", "orchestrator" or "high", any case. Empty when it is none of them.
[[nodiscard]] std::optional<Cardinality> parse_cardinality(std::string_view text);

}  // namespace remora::tagger
