#include "checks/openmetrics/page_mapper.hpp"

#include <algorithm>
#include <numeric>

namespace remora::checks::openmetrics {

Part part_of(std::string_view sample_name) noexcept {
  if (sample_name.ends_with("_bucket")) return Part::bucket;
  if (sample_name.ends_with("_sum")) return Part::sum;
  if (sample_name.ends_with("_count")) return Part::count;
  return Part::plain;
}

bool has_bound(const Sample& sample) noexcept {
  return std::any_of(sample.labels.begin(), sample.labels.end(),
                     [](const Label& label) { return label.name == "le"; });
}

std::size_t TextList::bytes() const noexcept {
  return std::accumulate(views_.begin(), views_.end(), std::size_t{0},
                         [](std::size_t sum, std::string_view text) { return sum + text.size(); });
}

void PageTelemetry::submit(SubmissionSink& sink, std::string_view prefix, std::uint64_t filtered,
                           std::span<const std::string_view> tags) {
  const std::pair<std::string_view, std::uint64_t> counts[] = {
      {"input", input}, {"ignored", ignored}, {"processed", processed}, {"blacklist", filtered}};
  for (const auto& [what, value] : counts) {
    const std::string name =
        std::string(prefix) + "telemetry.metrics." + std::string(what) + ".count";
    Submission submission;
    submission.kind = SubmissionKind::count;
    submission.name = name;
    submission.value = static_cast<double>(value);
    submission.tags = tags;
    sink.submit(submission);
  }
  *this = {};
}

}  // namespace remora::checks::openmetrics
