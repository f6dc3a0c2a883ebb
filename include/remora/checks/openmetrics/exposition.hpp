// What a Prometheus or OpenMetrics page consists of: families and their samples.
//
// Sources: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4) and
// https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md (1.0). Families
// come out as prometheus/client_python's parsers give them, which is what configurations in the
// field are written for: a counter has lost its `_total`.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace remora::checks::openmetrics {

enum class Grammar : std::uint8_t { prometheus, openmetrics };

/// OpenMetrics for the media type `application/openmetrics-text` or when `use_latest_spec` forces
/// it; everything else is read as the Prometheus format. Parameters such as charset do not matter.
[[nodiscard]] Grammar grammar_for(std::string_view content_type, bool use_latest_spec);

enum class FamilyType : std::uint8_t {
  unknown,  ///< `untyped` too, and every sample without a TYPE
  counter,
  gauge,
  histogram,
  summary,
  gauge_histogram,
  info,
  state_set,
};

/// As the TYPE line spells it; "unknown" for untyped.
[[nodiscard]] std::string_view to_string(FamilyType type) noexcept;

struct Family {
  std::string_view name;
  FamilyType type = FamilyType::unknown;
};

struct Label {
  std::string_view name;
  std::string_view value;  ///< escapes resolved, valid UTF-8
};

struct Sample {
  std::string_view name;  ///< as the page has it: with `_total`, `_bucket`, `_sum`...
  std::span<const Label> labels;
  double value = 0;
};

/// Receives a page piece by piece. Views live until the call returns.
class ExpositionHandler {
 public:
  virtual ~ExpositionHandler() = default;
  /// A family begins. False: its samples are not wanted; their lines are counted, not read.
  [[nodiscard]] virtual bool family(const Family& family) = 0;
  virtual void sample(const Sample& sample) = 0;
  virtual void end_family() = 0;
};

/// Asked about every line before it is parsed (`raw_line_filters`).
class LineFilter {
 public:
  virtual ~LineFilter() = default;
  [[nodiscard]] virtual bool drops(std::string_view line) const = 0;
};

}  // namespace remora::checks::openmetrics
