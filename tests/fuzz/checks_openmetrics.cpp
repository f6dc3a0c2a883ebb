// A page as anything that listens on a port may send it. First byte: the grammar and how the page
// is cut. However it is cut, the events are the same; views lie where they should and the mapper
// takes them with options that keep samples.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "remora/checks/openmetrics/metric_mapper.hpp"
#include "remora/core/utf8.hpp"

namespace {

using namespace remora::checks::openmetrics;

void require(bool ok) {
  if (!ok) std::abort();
}

void require_text(std::string_view text) {
  std::string scratch;
  require(remora::core::valid_utf8(text, scratch) == text);
}

class Events final : public ExpositionHandler {
 public:
  bool family(const Family& family) override {
    require(!open_ && !family.name.empty());
    require_text(family.name);
    open_ = true;
    text.append("F").append(family.name).append(to_string(family.type));
    return true;
  }
  void sample(const Sample& sample) override {
    require(open_ && !sample.name.empty());
    text.append("S").append(sample.name);
    for (const Label& label : sample.labels) {
      require_text(label.name);
      require_text(label.value);
      text.append("{").append(label.name).append("=").append(label.value);
    }
    text += std::to_string(std::isnan(sample.value) ? -1 : sample.value);
  }
  void end_family() override {
    require(open_);
    open_ = false;
    text += "E";
  }
  [[nodiscard]] bool open() const { return open_; }
  std::string text;

 private:
  bool open_ = false;
};

class Submissions final : public SubmissionSink {
 public:
  void submit(const Submission& submission) override {
    require(!submission.name.empty());
    if (submission.kind != SubmissionKind::bucket) require(std::isfinite(submission.value));
    for (const std::string_view tag : submission.tags) {
      require(tag.find(':') != std::string_view::npos);
      require_text(tag);
    }
  }
};

ParserOptions limits(ParserOptions options) {
  options.max_line_bytes = 512;
  options.max_labels = 8;
  options.max_label_bytes = 256;
  options.max_families = 64;
  options.max_samples = 256;
  return options;
}

ParserStats parse(std::string_view page, const ParserOptions& options, std::size_t chunk,
                  ExpositionHandler& handler) {
  ExpositionParser parser(options, handler);
  for (std::size_t at = 0; at < page.size(); at += chunk) {
    // A copy, so that a look behind its end is seen.
    const std::string piece(page.substr(at, chunk));
    if (!parser.feed(piece)) break;
  }
  parser.finish();
  return parser.stats();
}

MetricMapper& mapper_of(unsigned which) {
  static const auto mappers = [] {
    std::vector<std::unique_ptr<MetricMapper>> all;
    MapperOptions options;
    options.metrics.resize(1);
    options.metrics[0].key = ".*";
    options.rename_labels = {{"a", "b"}};
    options.exclude_metrics_by_labels = {{"x", false, {"y"}}};
    options.collect_counters_with_distributions = true;
    options.share_labels = {{"a", {}, {"x"}, std::nullopt}, {"b", {}, {}, std::nullopt}};
    options.cache_shared_labels = false;
    options.use_process_start_time = true;
    all.push_back(*make_mapper(options));
    LegacyMapperOptions legacy;
    legacy.metrics = {{"*", "*"}};
    legacy.type_overrides = {{"*a", "histogram"}, {"*b", "summary"}};
    legacy.non_cumulative_buckets = true;
    legacy.label_joins = {{"a", {"x"}, {"*"}}};
    all.push_back(*make_legacy_mapper(legacy));
    return all;
  }();
  return *mappers[which % mappers.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view page(reinterpret_cast<const char*>(data) + 1, size - 1);
  ParserOptions options;
  options.grammar = (data[0] & 1) != 0 ? Grammar::openmetrics : Grammar::prometheus;
  options.strip_total = (data[0] & 2) == 0;
  options = limits(options);
  Events whole, cut;
  const ParserStats stats = parse(page, options, page.size() + 1, whole);
  const ParserStats cut_stats = parse(page, options, 1 + data[0] / 4, cut);
  require(whole.text == cut.text && !whole.open());
  require(stats.lines == cut_stats.lines && stats.malformed == cut_stats.malformed);
  require(stats.samples <= options.max_samples && stats.families <= options.max_families);
  require(stats.problems.size() <= 8);

  MetricMapper& mapper = mapper_of(data[0] / 4);
  Submissions sink;
  mapper.begin({.now = 2e9, .agent_start = 1e9}, sink);
  const ParserStats mapped =
      parse(page, limits(mapper.parser_options("text/plain")), 1 + data[0] / 4, mapper);
  mapper.end((data[0] & 8) == 0, mapped);
  return 0;
}
