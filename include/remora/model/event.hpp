// An event of POST /intake/. Source of the names: DataDog/datadog-agent pkg/metrics/event.
#pragma once

#include <cstdint>
#include <string>

#include "remora/model/tags.hpp"

namespace remora::model {

enum class EventPriority : std::uint8_t { normal, low };
enum class AlertType : std::uint8_t { info, warning, error, success };

struct Event {
  std::string title, text;
  std::int64_t timestamp = 0;  ///< Unix seconds
  EventPriority priority = EventPriority::normal;
  AlertType alert_type = AlertType::info;
  std::string host;
  Tags tags = empty_tags();
  std::string aggregation_key, source_type_name;  ///< left out when empty
};

}  // namespace remora::model
