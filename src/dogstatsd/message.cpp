#include "remora/dogstatsd/message.hpp"

namespace remora::dogstatsd {

std::string_view to_string(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::set:
      return "set";
    case MetricType::histogram:
      return "histogram";
    case MetricType::timing:
      return "timing";
    case MetricType::distribution:
      return "distribution";
  }
  return "unknown";
}

std::string_view to_string(Reject reason) {
  switch (reason) {
    case Reject::none:
      return "none";
    case Reject::no_pipe:
      return "no_pipe";
    case Reject::no_colon:
      return "no_colon";
    case Reject::empty_name:
      return "empty_name";
    case Reject::empty_value:
      return "empty_value";
    case Reject::bad_type:
      return "bad_type";
    case Reject::bad_value:
      return "bad_value";
    case Reject::no_value:
      return "no_value";
    case Reject::bad_rate:
      return "bad_rate";
    case Reject::bad_timestamp:
      return "bad_timestamp";
    case Reject::event_header:
      return "event_header";
    case Reject::event_length:
      return "event_length";
    case Reject::event_no_title:
      return "event_no_title";
    case Reject::check_fields:
      return "check_fields";
    case Reject::check_name:
      return "check_name";
    case Reject::check_status:
      return "check_status";
    case Reject::count_:
      break;
  }
  return "unknown";
}

}  // namespace remora::dogstatsd
