// Names of labels that somebody meant for us and that nobody reads.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace remora::autodiscovery {

/// True for names that may be meant for autodiscovery or for tags: "com.datadoghq." and
/// "datadoghq.com/" in any case, and what is close to them. Others need no look.
[[nodiscard]] bool concerns_datadog(std::string_view label);

struct Misnamed {
  std::string message;  ///< what is wrong with the name
  std::string meant;    ///< the full name of the label that was meant
};

/// Annotations of Kubernetes (`ad.datadoghq.com/web.checks`), another case, slips of the pen. Empty
/// for names that are read, and for those that nobody knows. Pure.
[[nodiscard]] std::optional<Misnamed> misnamed(std::string_view label);

}  // namespace remora::autodiscovery
