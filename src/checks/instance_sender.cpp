#include "checks/instance_sender.hpp"

#include <algorithm>
#include <utility>

#include "remora/core/hash.hpp"
#include "remora/core/scrub.hpp"
#include "remora/core/utf8.hpp"

namespace remora::checks {
namespace {

constexpr std::size_t kMaxWarnings = 20;
constexpr std::size_t kMaxWarningBytes = 1'000;
constexpr std::size_t kMaxMessageBytes = 4'000;
constexpr std::size_t kMaxMetadata = 50;
constexpr std::size_t kMaxMetadataBytes = 300;
constexpr std::size_t kMaxServiceChecks = 1'000;  // of one run
constexpr std::size_t kMaxTagBytes = 16u << 10;   // of one service check

metrics::CheckSampleType sample_type(SubmitKind kind) {
  switch (kind) {
    case SubmitKind::gauge:
      return metrics::CheckSampleType::gauge;
    case SubmitKind::rate:
      return metrics::CheckSampleType::rate;
    case SubmitKind::count:
      return metrics::CheckSampleType::count;
    case SubmitKind::monotonic_count:
      return metrics::CheckSampleType::monotonic_count;
    case SubmitKind::histogram:
      return metrics::CheckSampleType::histogram;
    case SubmitKind::historate:
      return metrics::CheckSampleType::historate;
    case SubmitKind::distribution:
      return metrics::CheckSampleType::distribution;
    case SubmitKind::bucket:
      break;
  }
  return metrics::CheckSampleType::bucket;
}

bool counts_once_per_call(SubmitKind kind) {
  return kind == SubmitKind::gauge || kind == SubmitKind::rate ||
         kind == SubmitKind::monotonic_count;
}

// Text of a server that goes into status and payloads. Scrubbed before it is cut.
std::string shown(std::string_view text, std::size_t bytes) {
  std::string scratch;
  const std::string scrubbed = core::excerpt(text, bytes);
  return std::string(core::valid_utf8(scrubbed, scratch));
}

}  // namespace

SamplerSender::SamplerSender(const IntegrationInfo& info, const InstanceSettings& settings,
                             std::string hostname, metrics::CheckSampler& sampler,
                             const core::Clock& clock, telemetry::CheckCounters& counters,
                             ServiceCheckSink service_checks)
    : info_(info),
      settings_(settings),
      hostname_(std::move(hostname)),
      sampler_(sampler),
      clock_(clock),
      counters_(counters),
      service_checks_(std::move(service_checks)) {}

std::string_view SamplerSender::full_name(std::string_view name, bool raw) {
  if (raw || info_.name_space.empty()) return name;
  name_.assign(info_.name_space).append(".").append(name);
  return name_;
}

// Fills tags_: valid, renamed, sorted, each once.
void SamplerSender::collect_tags(TagViews tags) {
  tags_.clear();
  renamed_.clear();
  renamed_.reserve(tags.size());  // tags_ points into it
  for (const std::string_view tag : tags) {
    if (!usable_tag(tag)) continue;
    std::string renamed =
        settings_.rename_generic_tags ? renamed_tag(info_.name, tag) : std::string();
    if (renamed.empty() || settings_.keep_generic_tags) tags_.push_back(tag);
    if (!renamed.empty()) tags_.push_back(renamed_.emplace_back(std::move(renamed)));
  }
  std::sort(tags_.begin(), tags_.end());
  tags_.erase(std::unique(tags_.begin(), tags_.end()), tags_.end());
}

bool SamplerSender::within_limit(const Submission& submission, std::string_view name) {
  if (settings_.max_returned_metrics == 0) return true;
  // Buckets are no submissions of their own to the Agent's limit either.
  if (submission.kind == SubmitKind::bucket) return true;
  if (!counts_once_per_call(submission.kind)) {
    std::uint64_t hash = core::hash_bytes(name, core::hash_seed());
    hash = core::hash_bytes(submission.host, hash + static_cast<std::uint64_t>(submission.kind));
    for (const std::string_view tag : tags_) hash = core::hash_bytes(tag, hash);
    if (!seen_.insert(hash).second) return true;
  }
  if (++returned_ <= settings_.max_returned_metrics) return true;
  limit_reached_ = true;
  warning("Check " + std::string(info_.name) + " exceeded limit of " +
          std::to_string(settings_.max_returned_metrics) + " metrics, ignoring next ones");
  return false;
}

void SamplerSender::submit(const Submission& submission) {
  const bool bucket = submission.kind == SubmitKind::bucket;
  if (limit_reached_ && !bucket) return;
  if (!usable_tag(submission.name)) return;
  const std::string_view name = full_name(submission.name, submission.raw);
  if (settings_.patterns && !settings_.patterns->lets_through(name)) return;
  collect_tags(submission.tags);
  if (!within_limit(submission, name)) return;

  metrics::CheckSample sample;
  sample.type = sample_type(submission.kind);
  sample.name = name;
  sample.value = submission.value;
  if (usable_tag(submission.host)) sample.host = submission.host;
  sample.tags = tags_;
  sample.flush_first = submission.flush_first;
  sample.lower = submission.lower;
  sample.upper = submission.upper;
  ++(bucket ? counts_.buckets : counts_.samples);
  counters_.samples.add();
  sampler_.add(sample, clock_.now());
}

void SamplerSender::service_check(std::string_view name, model::CheckStatus status, TagViews tags,
                                  std::string_view message) {
  if (!usable_tag(name) || counts_.service_checks >= kMaxServiceChecks) return;
  ++counts_.service_checks;
  counters_.service_checks.add();
  model::ServiceCheck check;
  check.check = full_name(name, false);
  check.status = status;
  check.timestamp = core::unix_seconds(clock_.wall());
  if (!message.empty()) check.message = shown(message, kMaxMessageBytes);
  check.host = hostname_;
  collect_tags(tags);
  model::TagList more;
  std::size_t bytes = 0;
  for (const std::string_view tag : tags_) {
    bytes += tag.size();
    if (bytes > kMaxTagBytes) break;
    more.push_back(core::scrub_tag(std::string(tag)));
  }
  check.tags = model::with_tags(settings_.tags, more);
  if (service_checks_) service_checks_(std::move(check));
}

void SamplerSender::warning(std::string text) {
  if (counts_.warnings.size() >= kMaxWarnings) return;
  counts_.warnings.push_back(shown(text, kMaxWarningBytes));
}

void SamplerSender::note(std::string text) {
  if (counts_.notes.size() >= kMaxWarnings) return;
  counts_.notes.push_back(core::scrub(shown(text, kMaxWarningBytes)));
}

void SamplerSender::metadata(std::string_view key, std::string_view value) {
  if (key.empty() || (metadata_.size() >= kMaxMetadata && !metadata_.contains(key))) return;
  metadata_[shown(key, kMaxMetadataBytes)] = shown(value, kMaxMetadataBytes);
}

void SamplerSender::begin_run() {
  counts_ = {};
  returned_ = 0;
  limit_reached_ = false;
  seen_.clear();
}

}  // namespace remora::checks
