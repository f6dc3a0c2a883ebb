// Checks of integrations (redisdb, nginx, …): one object per configured instance.
//
// An integration is one folder under src/checks/: source, metric table, page. Its `IntegrationInfo`
// is all that the rest of the agent knows of it. Semantics of submissions:
// DataDog/integrations-core datadog_checks_base; DataDog/datadog-agent
// pkg/aggregator/check_sampler.go.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "remora/checks/check_http.hpp"
#include "remora/checks/metric_info.hpp"
#include "remora/checks/tag_views.hpp"
#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "remora/core/error.hpp"
#include "remora/core/named_file.hpp"
#include "remora/model/metric.hpp"
#include "remora/model/value.hpp"

namespace remora::checks {

/// One resolved instance, as autodiscovery gives it.
struct InstanceConfig {
  std::string check;                   ///< "redisdb"
  std::string id;                      ///< "redisdb:…", unique and stable
  std::string source;                  ///< "container:…" or "file:…", for people
  model::Value instance, init_config;  ///< `tags` of the instance hold the injected ones
  core::FilePolicy files;              ///< which files its options may name
};

enum class SubmitKind : std::uint8_t {
  gauge,
  rate,             ///< (v2-v1)/(t2-t1) between runs, sent as a gauge
  count,            ///< summed over the run
  monotonic_count,  ///< positive deltas between runs
  histogram,        ///< .max .median .avg .count .95percentile
  historate,        ///< histogram of rates
  distribution,     ///< a sketch
  bucket,           ///< a histogram bucket: `value` samples between `lower` and `upper`, monotonic
};

struct Submission {
  SubmitKind kind = SubmitKind::gauge;
  std::string_view name;  ///< without the namespace of the check
  double value = 0;
  TagViews tags;                ///< besides those of the instance
  std::string_view host;        ///< empty = the agent's
  bool flush_first = false;     ///< monotonic kinds: the first value counts in full
  double lower = 0, upper = 0;  ///< bucket
  bool raw = false;             ///< the name is whole, no namespace in front
};

/// Where an instance puts what it finds. Adds the namespace, the instance's tags, `service:`,
/// renames generic tags, holds `metric_patterns` and `max_returned_metrics`. Threading: the loop.
class InstanceSender {
 public:
  virtual ~InstanceSender() = default;
  virtual void submit(const Submission& submission) = 0;
  virtual void service_check(std::string_view name, model::CheckStatus status, TagViews tags,
                             std::string_view message) = 0;
  /// Shown in `agent status` with the run; the run is a success nevertheless. Never a secret.
  virtual void warning(std::string text) = 0;
  /// Shown as well, of a run with which nothing is wrong: an option that has no effect and the
  /// like.
  virtual void note(std::string text) = 0;
  /// Facts about the monitored thing: "version", "7.0.15".
  virtual void metadata(std::string_view key, std::string_view value) = 0;

  void gauge(std::string_view name, double value, TagViews tags = {}) {
    one(SubmitKind::gauge, name, value, tags);
  }
  void rate(std::string_view name, double value, TagViews tags = {}) {
    one(SubmitKind::rate, name, value, tags);
  }
  void monotonic_count(std::string_view name, double value, TagViews tags = {}) {
    one(SubmitKind::monotonic_count, name, value, tags);
  }
  void histogram(std::string_view name, double value, TagViews tags = {}) {
    one(SubmitKind::histogram, name, value, tags);
  }

 private:
  void one(SubmitKind kind, std::string_view name, double value, TagViews tags) {
    Submission submission;
    submission.kind = kind;
    submission.name = name;
    submission.value = value;
    submission.tags = tags;
    submit(submission);
  }
};

/// What checks may use of the agent. References outlive every check.
struct CheckServices {
  asio::any_io_executor executor;
  core::Clock& clock;
  CheckHttp& http;
  core::WallTime agent_start;
};

/// One instance. Threading: the loop; runs never overlap. The scheduler cancels a run that takes
/// longer than its limit (terminal cancellation): connections are then closed.
class IntegrationCheck {
 public:
  virtual ~IntegrationCheck() = default;
  /// One run. What was submitted before a failure stays. The error is one line for operators, with
  /// neither passwords nor tokens in it.
  [[nodiscard]] virtual asio::awaitable<Result<void>> run(InstanceSender& sender) = 0;
};

struct ServiceCheckInfo {
  std::string_view name;     ///< whole, with the namespace of the check: "redis.can_connect"
  std::string_view meaning;  ///< when it is critical, in a few words
};

/// One option of an instance as docs/checks.md lists it.
struct OptionInfo {
  std::string_view name;
  std::string_view fallback;  ///< default, as text; empty = required or none
  std::string_view meaning;
};

struct IntegrationInfo {
  std::string_view name;        ///< "redisdb"
  std::string_view title;       ///< "Redis"
  std::string_view name_space;  ///< "redis": prefix of what the check submits; may be empty
  std::span<const MetricInfo> metrics;
  std::span<const ServiceCheckInfo> service_checks;
  std::span<const OptionInfo> options;
  std::span<const std::string_view> declined_options;  ///< known, not implemented: declines
  std::span<const std::string_view> ad_identifiers;    ///< of the built-in auto configuration
  std::string_view auto_instance;  ///< its instance as JSON, with template variables; may be empty
  std::string_view label_example;  ///< value of com.datadoghq.ad.checks to copy and paste
  std::string_view notes = {};     ///< Markdown in front of the options; may be empty
  std::size_t max_returned_metrics = 0;  ///< 0 = unlimited
  /// Number of the integration at the intake (model::Origin::service); 0 = none.
  std::uint32_t origin_service = 0;
  /// Generic tags (`host:`, `env:`, …) are sent in both forms, also as `<check>_host:`, unless
  /// disable_generic_tags leaves the second one only. Of the first set nginx alone does that.
  bool both_tag_forms = false;
  /// The option `ignore_tags`: expressions, and a tag of the instance in which one is found is not
  /// sent. What the check itself puts on a submission stays.
  bool ignore_tags = false;
  /// Errors: invalid_config (an option is missing or wrong: the message names it), unsupported (the
  /// instance asks for something declined: the message names the option).
  Result<std::unique_ptr<IntegrationCheck>> (*create)(const InstanceConfig& config,
                                                      const CheckServices& services) = nullptr;
};

/// All integrations, by name.
[[nodiscard]] std::span<const IntegrationInfo* const> integrations();
/// "http_check, nginx, …": for messages.
[[nodiscard]] std::string integration_names();
/// Null when there is none of that name.
[[nodiscard]] const IntegrationInfo* find_integration(std::string_view name);

}  // namespace remora::checks
