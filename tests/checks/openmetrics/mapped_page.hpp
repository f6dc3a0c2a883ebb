// Pages through a mapper; what it submits as one line each: "kind name value tag,tag...", then
// "flush", "host=..." and the bounds of a bucket where there are any.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "remora/checks/openmetrics/metric_mapper.hpp"

namespace remora::checks::openmetrics {

class SubmissionLines final : public SubmissionSink {
 public:
  void submit(const Submission& s) override {
    static constexpr const char* kKinds[] = {"gauge",  "rate",          "monotonic", "count",
                                             "bucket", "service_check", "metadata"};
    std::string line = kKinds[static_cast<int>(s.kind)];
    line.append(" ").append(s.name).append(" ");
    if (s.kind == SubmissionKind::metadata) {
      line.append(s.text);
    } else {
      line += number(s.value);
    }
    for (std::size_t i = 0; i < s.tags.size(); ++i)
      line.append(i == 0 ? " " : ",").append(s.tags[i]);
    if (s.flush_first_value) line += " flush";
    if (!s.hostname.empty()) line.append(" host=").append(s.hostname);
    if (s.kind == SubmissionKind::bucket)
      line += " (" + number(s.lower) + ", " + number(s.upper) + "]";
    lines.push_back(std::move(line));
  }
  std::vector<std::string> lines;

 private:
  static std::string number(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.12g", value);
    return text;
  }
};

/// One endpoint, scraped as often as `scrape` is called.
class MappedPage {
 public:
  explicit MappedPage(MapperOptions options) {
    if (options.endpoint.empty()) options.tag_by_endpoint = false;
    auto made = make_mapper(options);
    EXPECT_TRUE(made) << made.error().message();
    if (made) mapper = std::move(*made);
  }
  explicit MappedPage(const LegacyMapperOptions& options) {
    auto made = make_legacy_mapper(options);
    EXPECT_TRUE(made) << made.error().message();
    if (made) mapper = std::move(*made);
  }

  std::vector<std::string> scrape(std::string_view page, bool ok = true,
                                  std::string_view content_type = "text/plain") {
    SubmissionLines sink;
    mapper->begin(start, sink);
    ExpositionParser parser(mapper->parser_options(content_type), *mapper);
    parser.feed(page);
    parser.finish();
    mapper->end(ok, parser.stats());
    return std::move(sink.lines);
  }

  /// A page whose connection ends in the middle.
  std::vector<std::string> break_off(std::string_view page) {
    SubmissionLines sink;
    mapper->begin(start, sink);
    ExpositionParser parser(mapper->parser_options("text/plain"), *mapper);
    parser.feed(page);
    mapper->end(false, parser.stats());
    return std::move(sink.lines);
  }

  std::unique_ptr<MetricMapper> mapper;
  ScrapeStart start{.now = 1000, .agent_start = 500};
};

}  // namespace remora::checks::openmetrics
