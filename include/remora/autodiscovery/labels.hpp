// The labels com.datadoghq.ad.* of one container -> templates and faults.
//
// Source: https://docs.datadoghq.com/containers/docker/integrations/ and
// DataDog/datadog-agent comp/core/autodiscovery/common/utils (annotations, labels).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "remora/autodiscovery/fault.hpp"
#include "remora/autodiscovery/template.hpp"
#include "remora/model/value.hpp"

namespace remora::autodiscovery {

inline constexpr std::string_view kLabelPrefix = "com.datadoghq.ad.";

struct ContainerTemplates {
  std::vector<Template> templates;  ///< in the order written
  std::string check_id;             ///< com.datadoghq.ad.check.id; empty = by image
  bool no_file_templates = false;   ///< check_names names no check: files do not apply either
  FaultList faults;
};

struct LabelOptions {
  Aliases aliases = default_aliases();
  model::ValueLimits limits;
  std::size_t max_instances = 1000;  ///< of one container
  bool open_references = false;      ///< `${NAME}` is filled in before labels are read
};

/// Reads what the labels of one container say. `container` and `container_id` go into the faults
/// only. Pure; nothing about a label that is not autodiscovery's.
///
/// `checks` beats `check_names`, `init_configs` and `instances`, also when it does not parse. What
/// can be read only one way is read, with a warning: JSON encoded twice, an object where a list of
/// one belongs, a product's name for that of its check. Everything else that the Agent refuses is
/// an error with, where it is obvious, the text to write; the other labels count all the same, and
/// so do the other checks of the label `checks`.
[[nodiscard]] ContainerTemplates parse_labels(const std::map<std::string, std::string>& labels,
                                              std::string_view container,
                                              std::string_view container_id,
                                              const LabelOptions& options = {});

}  // namespace remora::autodiscovery
