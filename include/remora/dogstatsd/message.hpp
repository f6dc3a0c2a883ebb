// What one line of DogStatsD says. Views point into the packet.
//
// Grammar: https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/ and
// DataDog/datadog-agent comp/dogstatsd/server/impl/parse*.go.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "remora/model/event.hpp"
#include "remora/model/metric.hpp"

namespace remora::dogstatsd {

enum class MessageKind : std::uint8_t { metric, event, service_check };

enum class MetricType : std::uint8_t { counter, gauge, set, histogram, timing, distribution };
[[nodiscard]] std::string_view to_string(MetricType type);

/// Why a line was refused. Each has a counter; the names are those of `agent status`.
enum class Reject : std::uint8_t {
  none,
  no_pipe,         ///< a metric without any '|'
  no_colon,        ///< no ':' before the first '|'
  empty_name,      ///< ":1|g"
  empty_value,     ///< "a:|g"
  bad_type,        ///< not c, g, h, ms, d, s
  bad_value,       ///< not a number of Go's ParseFloat
  no_value,        ///< only separators: "a:::|g"
  bad_rate,        ///< "@" without a number
  bad_timestamp,   ///< "T" without a whole number above 0
  event_header,    ///< "_e{" without two lengths and ':'
  event_length,    ///< the body is shorter than the lengths say
  event_no_title,  ///< title length 0
  check_fields,    ///< fewer than two '|', or shorter than 4 bytes
  check_name,      ///< empty name
  check_status,    ///< not 0, 1, 2, 3
  count_
};
inline constexpr std::size_t kRejectCount = static_cast<std::size_t>(Reject::count_);
[[nodiscard]] std::string_view to_string(Reject reason);

struct MetricMessage {
  std::string_view name;
  MetricType type = MetricType::counter;
  std::span<const double>
      values;                   ///< of all types but set; belongs to the parser until its next call
  std::string_view set_member;  ///< of type set: the whole value part
  double sample_rate = 1;
  std::int64_t timestamp = 0;  ///< Unix seconds; 0 = none
  std::string_view tags;       ///< raw "a:b,c"; meaningful when has_tags
  bool has_tags = false;
  std::string_view local_data, external_data, cardinality;  ///< empty when absent or not trusted
};

struct EventMessage {
  std::string_view title, text;  ///< escaped: backslash and n stand for a line feed
  std::int64_t timestamp = 0;    ///< 0 = now
  model::EventPriority priority = model::EventPriority::normal;
  model::AlertType alert_type = model::AlertType::info;
  std::string_view host, aggregation_key, source_type_name;
  std::string_view tags;
  bool has_tags = false;
  std::string_view local_data, external_data, cardinality;
  bool bad_field = false;  ///< an optional field had a bad value: it keeps its default
};

struct ServiceCheckMessage {
  std::string_view name;
  model::CheckStatus status = model::CheckStatus::ok;
  std::int64_t timestamp = 0;  ///< 0 = now
  std::string_view host, message;
  std::string_view tags;
  bool has_tags = false;
  std::string_view local_data, external_data, cardinality;
  bool bad_field = false;
};

}  // namespace remora::dogstatsd
