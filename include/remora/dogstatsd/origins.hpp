// Origin detection: which container's tags a sample gets, and those tags.
//
// Source: DataDog/datadog-agent comp/core/tagger (enrichment, legacy and unified modes) and
// comp/core/tagger/origindetection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "remora/metrics/context.hpp"
#include "remora/tagger/tagger.hpp"
#include "remora/telemetry/counters.hpp"

namespace remora::dogstatsd {

struct OriginOptions {
  bool unified = false;  ///< DD_ORIGIN_DETECTION_UNIFIED
  bool opt_out = true;   ///< DD_DOGSTATSD_ORIGIN_OPTOUT_ENABLED
  bool entity_id_precedence = false;
  std::string cardinality = "low";  ///< DD_DOGSTATSD_TAG_CARDINALITY; "none" allowed; unknown: low
  model::TagList extra_tags;        ///< DD_DOGSTATSD_TAGS and the instance tag: always added
  std::size_t max_origins = 4096;   ///< more: the task's tags, counted
};

/// What a message says about its origin.
struct OriginClaim {
  std::uint32_t socket_container = 0;  ///< of `Origins::container`, 0 = none
  std::string_view local_data;         ///< "ci-<id>", "in-<inode>", list, or a bare id
  std::string_view external_data;      ///< names a pod and one of its containers: none of ours
  std::string_view cardinality;        ///< of card: or dd.internal.card
  std::string_view entity_id;  ///< of dd.internal.entity_id; "none" switches the client's off
};

/// Which tags one metric may keep, whoever they come from (DD_METRIC_TAG_FILTERLIST).
class TagRule {
 public:
  virtual ~TagRule() = default;
  [[nodiscard]] virtual bool keeps(std::string_view tag) const = 0;
};

/// Threading: the loop. Lifetime: the tagger outlives it.
///
/// Origin 0 is the task: no container, the cardinality of the options. Tags of a container that is
/// not known yet are those of the task; they come when the task's metadata names it. One that has
/// left the task keeps its last ones. Once the task is known, claims that lead to the same tags
/// lead to one origin: the intake could not tell two apart. An origin is never forgotten, so both
/// origins and container ids have a limit.
class Origins final : public metrics::OriginTags {
 public:
  /// Container id of a cgroup v2 inode; empty when not known.
  using InodeResolver = std::function<std::string(std::uint64_t inode)>;

  Origins(OriginOptions options, const tagger::Tagger& tagger,
          telemetry::DogstatsdCounters& counters, InodeResolver inodes);
  ~Origins() override;

  /// A small number for a container id, stable for the life of the process; 0 for the empty id, for
  /// what cannot be one (over 128 bytes, or not of 0-9 a-z A-Z _ . -) and for ids over the limit.
  [[nodiscard]] std::uint32_t container(std::string_view container_id);
  [[nodiscard]] metrics::OriginId resolve(const OriginClaim& claim);
  /// An origin with the tags of `origin` that `rule` keeps; `rule` must outlive this object.
  [[nodiscard]] metrics::OriginId narrowed(metrics::OriginId origin, const TagRule& rule);
  [[nodiscard]] const model::TagList& tags(metrics::OriginId origin) const override;
  [[nodiscard]] metrics::OriginId preferred(metrics::OriginId origin) const override;
  /// The same list, to be kept: for events and service checks.
  [[nodiscard]] model::Tags shared_tags(metrics::OriginId origin) const;
  /// The task or its tags changed. True when a claim may now lead to another origin than before.
  [[nodiscard]] bool tags_changed();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::dogstatsd
