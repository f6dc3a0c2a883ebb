// What `agent check` prints: series, sketches, service checks, how the runs went.
//
// Source of the forms: DataDog/datadog-agent pkg/cli/subcommands/check and
// pkg/aggregator/demultiplexer (AggregatorPrinter).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "remora/agent/check_run.hpp"
#include "remora/checks/integration_instance.hpp"
#include "remora/metrics/time_sampler.hpp"
#include "remora/model/metric.hpp"
#include "remora/telemetry/status.hpp"

namespace remora::agent {

/// Keeps what one instance gave. Threading: one thread.
class CheckReport final : public metrics::FlushSink {
 public:
  CheckReport();
  ~CheckReport() override;

  void on_series(const model::SeriesView& series) override;
  void on_sketch(const model::SketchView& sketch) override;
  void add(const model::Series& series);
  void add(const model::ServiceCheck& check);
  /// "version", "7.0.15".
  void add_metadata(std::string_view key, std::string_view value);
  /// Block "Running Checks" entry of the instance.
  void set_runner(telemetry::StatusNode runner);

  /// Sections with JSON or, in the form of `table`, with columns; then the runs and the metadata.
  [[nodiscard]] std::string text(CheckForm form) const;
  /// A JSON list with an object for each report.
  [[nodiscard]] static std::string json(const std::vector<const CheckReport*>& reports);

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace remora::agent
