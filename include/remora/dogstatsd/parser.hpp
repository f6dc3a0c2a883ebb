// Bytes of one line -> message. No allocation per message, no locale, no copy.
#pragma once

#include <string_view>
#include <vector>

#include "remora/dogstatsd/message.hpp"

namespace remora::dogstatsd {

struct ParserOptions {
  bool client_origin = false;  ///< DD_DOGSTATSD_ORIGIN_DETECTION_CLIENT: read c:, e:, card:
  bool timestamps = true;      ///< DD_DOGSTATSD_NO_AGGREGATION_PIPELINE: read T
};

/// Lines of a packet: separated by LF, one trailing CR removed, empty ones left out.
class Lines {
 public:
  /// `eol_required`: a last line without LF is not given but told by `unterminated`.
  Lines(std::string_view packet, bool eol_required) : rest_(packet), eol_required_(eol_required) {}
  [[nodiscard]] bool next(std::string_view& line);
  [[nodiscard]] bool unterminated() const noexcept { return unterminated_; }

 private:
  std::string_view rest_;
  bool eol_required_;
  bool unterminated_ = false;
};

[[nodiscard]] MessageKind kind_of(std::string_view line);

/// Threading: one thread. The `values` of a metric live until the next call.
class Parser {
 public:
  explicit Parser(ParserOptions options);
  /// Reject::none when `out` is filled.
  [[nodiscard]] Reject metric(std::string_view line, MetricMessage& out);
  [[nodiscard]] Reject event(std::string_view line, EventMessage& out) const;
  [[nodiscard]] Reject service_check(std::string_view line, ServiceCheckMessage& out) const;

 private:
  ParserOptions options_;
  std::vector<double> values_;
};

/// Go's strconv.ParseFloat(text, 64): signs, hex floats, inf and nan in any case, underscores
/// between digits ("1_000"). Out of range is an error, underflow is 0. `value` stays when it fails.
[[nodiscard]] bool parse_go_float(std::string_view text, double& value);
/// Go's strconv.ParseInt(text, 10, 64).
[[nodiscard]] bool parse_go_int(std::string_view text, std::int64_t& value);

}  // namespace remora::dogstatsd
