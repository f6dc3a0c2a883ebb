// From the families of a page to what the check submits: names, types, tags, first values.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "remora/checks/openmetrics/exposition.hpp"
#include "remora/checks/openmetrics/exposition_parser.hpp"
#include "remora/checks/openmetrics/mapper_options.hpp"
#include "remora/core/error.hpp"

namespace remora::checks::openmetrics {

enum class SubmissionKind : std::uint8_t {
  gauge,
  rate,
  monotonic_count,
  count,
  bucket,         ///< of a histogram, monotonic: `value` of the samples since the process began
  service_check,  ///< `value` is the status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
  metadata,       ///< `text`
};

struct Submission {
  SubmissionKind kind = SubmissionKind::gauge;
  std::string_view name;  ///< with the namespace, that of metadata without
  double value = 0;
  std::span<const std::string_view> tags;  ///< of labels and the endpoint, not of the instance
  std::string_view hostname;               ///< empty: that of the agent
  bool flush_first_value = false;          ///< of monotonic counts and buckets
  double lower = 0, upper = 0;             ///< of a bucket
  std::string_view text;
};

/// Views live until the call returns.
class SubmissionSink {
 public:
  virtual ~SubmissionSink() = default;
  virtual void submit(const Submission& submission) = 0;
};

struct ScrapeStart {
  double now = 0;          ///< seconds since 1970, for time_elapsed
  double agent_start = 0;  ///< likewise, for use_process_start_time
};

/// What was left out, over all scrapes.
struct MapperStats {
  std::uint64_t not_finite = 0;     ///< samples that are NaN or infinite
  std::uint64_t without_bound = 0;  ///< buckets without a usable `le`, metadata without its label
  std::uint64_t not_kept = 0;       ///< samples beyond what may be held back (32 MiB per scrape)
};

/// Where configuration and page do not fit, for people.
struct Remark {
  std::string text;           ///< one line
  bool nothing_sent = false;  ///< nothing of the page is sent at all
};

/// Takes the pages of one endpoint, one scrape after the other. Keeps names it has seen, shared
/// labels, and of the page what the options ask for: the buckets of the current family where they
/// are told apart, the samples that wait for shared labels or for the start time of the process.
///
/// Threading: one thread. The sink given to `begin` lives until `end`.
class MetricMapper : public ExpositionHandler {
 public:
  /// What the parser of a page with this Content-Type must do. Views the mapper.
  [[nodiscard]] virtual ParserOptions parser_options(std::string_view content_type) const = 0;
  virtual void begin(const ScrapeStart& start, SubmissionSink& sink) = 0;
  /// After the parser has finished, or failed: `ok` decides about the next scrape's first values.
  virtual void end(bool ok, const ParserStats& page) = 0;
  /// Tags of the service check of the endpoint, besides those of the instance.
  [[nodiscard]] virtual std::span<const std::string_view> check_tags() const = 0;
  [[nodiscard]] virtual const MapperStats& stats() const = 0;
  /// As of the last whole page that was looked at for it.
  [[nodiscard]] virtual std::span<const Remark> remarks() const = 0;
};

/// Fails with the option and the entry that must change.
[[nodiscard]] Result<std::unique_ptr<MetricMapper>> make_mapper(const MapperOptions& options);
[[nodiscard]] Result<std::unique_ptr<MetricMapper>> make_legacy_mapper(
    const LegacyMapperOptions& options);

}  // namespace remora::checks::openmetrics
