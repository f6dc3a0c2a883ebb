#include "remora/metrics/context.hpp"

namespace remora::metrics {

std::string_view to_string(SampleType type) {
  switch (type) {
    case SampleType::counter:
      return "counter";
    case SampleType::gauge:
      return "gauge";
    case SampleType::set:
      return "set";
    case SampleType::histogram:
      return "histogram";
    case SampleType::timing:
      return "timing";
    case SampleType::distribution:
      return "distribution";
    case SampleType::timestamped_gauge:
      return "timestamped gauge";
    case SampleType::timestamped_count:
      return "timestamped count";
  }
  return "unknown";
}

}  // namespace remora::metrics
