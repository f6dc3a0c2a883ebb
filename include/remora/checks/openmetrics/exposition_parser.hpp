// Streaming parser of the Prometheus text format 0.0.4 and of OpenMetrics 1.0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "remora/checks/openmetrics/exposition.hpp"

namespace remora::checks::openmetrics {

struct ParserOptions {
  Grammar grammar = Grammar::prometheus;
  /// False for the engine of `prometheus_url`: there a counter is called as its samples are.
  bool strip_total = true;
  const LineFilter* line_filter = nullptr;  ///< may be null; outlives the parser

  std::size_t max_line_bytes = 256 * 1024;  ///< longer lines are malformed
  std::size_t max_labels = 128;             ///< per sample
  std::size_t max_label_bytes = 64 * 1024;  ///< names and values of one sample
  std::uint64_t max_families = 200'000;     ///< per page; more end the parsing
  std::uint64_t max_samples = 2'000'000;    ///< per page, unwanted ones too; more end the parsing
};

/// A line that could not be read, for people.
struct LineProblem {
  std::uint64_t line = 0;  ///< from 1
  std::string_view why;    ///< a literal
  std::string excerpt;     ///< beginning of the line: printable, scrubbed, at most 80 bytes
};

struct ParserStats {
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;
  std::uint64_t families = 0;
  std::uint64_t samples = 0;    ///< given to the handler
  std::uint64_t unwanted = 0;   ///< lines of families the handler did not want
  std::uint64_t filtered = 0;   ///< lines dropped by the line filter
  std::uint64_t malformed = 0;  ///< lines
  bool eof_marker = false;      ///< `# EOF` was there; an OpenMetrics page without it was cut off
  std::string_view limit;       ///< which limit ended the parsing (a literal); empty: none
  std::vector<LineProblem> problems;  ///< the first eight
};

/// Bytes in, families and samples out. Lines may be cut anywhere between two calls of `feed`; of
/// the page nothing is kept but a line that is not complete and the state of the current family.
/// Without a line that cannot be read there is no allocation per sample.
///
/// A line that cannot be read is counted, named and skipped: its neighbours are read. What a
/// stricter reader would refuse in lines that can be read (buckets out of order, a blank line in
/// OpenMetrics, samples of one series apart from each other) passes.
///
/// A sample that does not stand below the TYPE line of its family is of that family all the same:
/// it is reopened, `family` is called again. A counter owns the names with and without `_total`,
/// whichever its TYPE line has; a name that is declared itself is its own. Where a reader tells the
/// buckets of a histogram apart, those of one series have to stand together.
///
/// Differences to the Python parsers where these accept a page: samples without a TYPE that follow
/// each other under one name are one family, not one each; a TYPE line after samples of its family
/// begins the family anew; samples away from their TYPE line, counters declared with `_total` in
/// OpenMetrics or without it in the other, and buckets under the plain name of their histogram have
/// a type; a page may hold label names that begin with two underscores.
///
/// Threading: one thread. Lifetime: the handler outlives the parser.
class ExpositionParser {
 public:
  ExpositionParser(const ParserOptions& options, ExpositionHandler& handler);
  ~ExpositionParser();

  /// The next bytes of the page. False when a limit ended the parsing: the rest is not worth
  /// receiving.
  bool feed(std::string_view bytes);
  /// No more bytes: reads a last line without line end, ends the last family.
  void finish();

  [[nodiscard]] const ParserStats& stats() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::checks::openmetrics
