// One exchange with an endpoint: from the pieces of an HTTP answer to what the check submits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "checks/http/page_text.hpp"
#include "remora/checks/integration.hpp"
#include "remora/checks/openmetrics/metric_mapper.hpp"

namespace remora::checks::openmetrics {

/// Gives what a mapper submits to the sender of the instance. Nothing is copied.
class SenderSink final : public SubmissionSink {
 public:
  explicit SenderSink(InstanceSender& sender) : sender_(sender) {}
  void submit(const Submission& submission) override;

 private:
  InstanceSender& sender_;
};

/// The page goes through parser and mapper as it arrives. A scrape that is left without `finish`
/// (its run was cancelled) counts as a failed one for the mapper's next first values.
///
/// Threading: one thread. Lifetime: mapper and sender outlive it.
class Scrape {
 public:
  Scrape(MetricMapper& mapper, InstanceSender& sender, const ScrapeStart& start);
  ~Scrape();
  Scrape(const Scrape&) = delete;
  Scrape& operator=(const Scrape&) = delete;

  void head(int status, const net::Headers& headers);
  /// False when the rest is not worth receiving: the status is an error, or a limit is reached.
  [[nodiscard]] bool body(std::string_view piece);
  /// No more of the page will come; `complete` when all of it did. Warns of what could not be read.
  void finish(bool complete);

  [[nodiscard]] int status() const noexcept { return status_; }  ///< 0: no answer
  [[nodiscard]] bool reached_limit() const { return parser_ && !parser_->stats().limit.empty(); }
  /// As the server announced it, or what came when it did not. Of the option `telemetry`.
  [[nodiscard]] double page_bytes() const;

 private:
  void warn(bool complete);

  MetricMapper& mapper_;
  InstanceSender& sender_;
  SenderSink sink_;
  int status_ = 0;
  ParserOptions options_;
  std::string content_type_;
  std::optional<double> announced_bytes_;
  std::uint64_t not_kept_before_ = 0;
  std::optional<PageText> text_;
  std::optional<ExpositionParser> parser_;
  bool finished_ = false;
};

}  // namespace remora::checks::openmetrics
