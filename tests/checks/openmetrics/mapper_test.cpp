#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/openmetrics/mapped_page.hpp"

namespace remora::checks::openmetrics {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

MetricEntry entry(std::string key, std::string name = {}, std::string type = "native") {
  MetricEntry out;
  out.key = std::move(key);
  out.name = std::move(name);
  out.type = std::move(type);
  return out;
}

MapperOptions options_for(std::vector<MetricEntry> metrics) {
  MapperOptions options;
  options.name_space = "app";
  options.metrics = std::move(metrics);
  return options;
}

constexpr std::string_view kHistogram =
    "# TYPE h histogram\nh_bucket{a=\"x\",le=\"0.5\"} 1\nh_bucket{a=\"x\",le=\"1\"} 3\n"
    "h_bucket{a=\"x\",le=\"+Inf\"} 7\nh_sum{a=\"x\"} 12.5\nh_count{a=\"x\"} 7\n";

TEST(Mapper, NativeTypes) {
  MappedPage page(options_for({entry("c"), entry("g", "gauge_renamed"), entry("s"), entry("u")}));
  EXPECT_THAT(
      page.scrape("# TYPE c_total counter\nc_total{x=\"1\"} 5\n"
                  "# TYPE g gauge\ng{y=\"2\",z=\"3\"} 1.5\ng NaN\ng +Inf\n"
                  "# TYPE s summary\ns{quantile=\"0.50\",x=\"1\"} 2\ns{quantile=\"0\"} 0\n"
                  "s_sum 3\ns_count 4\nu 6\n# TYPE other gauge\nother 1\n"),
      ElementsAre("monotonic app.c.count 5 x:1", "gauge app.gauge_renamed 1.5 y:2,z:3",
                  "gauge app.s.quantile 2 quantile:0.5,x:1", "gauge app.s.quantile 0 quantile:0",
                  "monotonic app.s.sum 3", "monotonic app.s.count 4"));
  EXPECT_EQ(page.mapper->stats().not_finite, 2u);
}

// Dragonfly declares two families, then writes their samples.
constexpr std::string_view kDragonfly =
    "# TYPE w_total counter\nw_total{width=\"w1\"} 436\n"
    "# HELP db_keys k\n# TYPE db_keys gauge\n# HELP db_capacity c\n# TYPE db_capacity gauge\n"
    "db_keys{db=\"db0\"} 1584\ndb_capacity{db=\"db0\", type=\"prime\"} 40320\n"
    "# TYPE db_expiring gauge\ndb_expiring{db=\"db0\"} 1583\n";

TEST(Mapper, SamplesAwayFromTheirTypeLine) {
  EXPECT_THAT(MappedPage(options_for({entry(".+")})).scrape(kDragonfly),
              ElementsAre("monotonic app.w.count 436 width:w1", "gauge app.db_keys 1584 db:db0",
                          "gauge app.db_capacity 40320 db:db0,type:prime",
                          "gauge app.db_expiring 1583 db:db0"));
}

TEST(Mapper, CountersWhoseTypeLineHasTotal) {
  // Rspamd and LXD, as application/openmetrics-text.
  constexpr std::string_view kPage =
      "# TYPE scanned_total counter\nscanned_total 98\n# TYPE actions_total counter\n"
      "actions_total{type=\"reject\"} 84\n# TYPE up gauge\nup 1\n# EOF\n";
  for (const char* type : {"application/openmetrics-text; version=1.0.0", "text/plain"}) {
    EXPECT_THAT(MappedPage(options_for({entry("scanned"), entry("actions"), entry("up")}))
                    .scrape(kPage, true, type),
                ElementsAre("monotonic app.scanned.count 98",
                            "monotonic app.actions.count 84 type:reject", "gauge app.up 1"))
        << type;
  }
}

// Where no parser took such a sample for the counter's, configurations name and type it themselves.
TEST(Mapper, ARuleWithATypeMayNameACounterAsItsSamplesAre) {
  constexpr std::string_view kPage = "# TYPE a counter\na_total 1\n";
  EXPECT_THAT(MappedPage(options_for({entry("a_total", "renamed", "counter")})).scrape(kPage),
              ElementsAre("monotonic app.renamed.count 1"));
  EXPECT_THAT(MappedPage(options_for({entry("a_total")})).scrape(kPage), IsEmpty());
}

TEST(Mapper, BucketsUnderThePlainNameOfTheirHistogram) {
  constexpr std::string_view kPage =
      "# TYPE h histogram\nh{a=\"x\",le=\"0.5\"} 1\nh{a=\"x\",le=\"+Inf\"} 7\n"
      "h_sum{a=\"x\"} 12.5\nh_count{a=\"x\"} 7\nh 3\n";
  auto options = options_for({entry("h")});
  EXPECT_THAT(MappedPage(options).scrape(kPage),
              ElementsAre("monotonic app.h.bucket 1 a:x,upper_bound:0.5",
                          "monotonic app.h.sum 12.5 a:x", "monotonic app.h.count 7 a:x"));
  options.histogram_buckets_as_distributions = true;
  EXPECT_THAT(MappedPage(options).scrape(kPage),
              ElementsAre("bucket app.h 1 a:x,upper_bound:0.5,lower_bound:0 (0, 0.5]",
                          "bucket app.h 6 a:x,upper_bound:inf,lower_bound:0.5 (0.5, inf]"));
}

TEST(Mapper, LabelsAreSharedByASourceDeclaredFurtherUp) {
  for (const bool cached : {true, false}) {
    auto options = options_for({entry("g")});
    options.cache_shared_labels = cached;
    options.share_labels.push_back({"info", {"v"}, {"pod"}, std::nullopt});
    EXPECT_THAT(MappedPage(options).scrape(
                    "# TYPE info gauge\n# TYPE g gauge\n# TYPE x gauge\ninfo{pod=\"a\",v=\"1\"} 1\n"
                    "x 1\ninfo{pod=\"b\",v=\"2\"} 1\ng{pod=\"a\"} 1\ng{pod=\"b\"} 2\n"),
                ElementsAre("gauge app.g 1 pod:a,v:1", "gauge app.g 2 pod:b,v:2"))
        << cached;
  }
}

// A family's name counts as well: a page of names alone must not be kept as a whole.
TEST(Mapper, FamiliesHeldBackHaveALimit) {
  auto options = options_for({entry(".+")});
  options.use_process_start_time = true;
  MappedPage page(options);
  std::string text;
  for (int i = 0; i < 400; ++i) {
    const std::string name = std::string(200'000, 'n') + std::to_string(i);
    text += "# TYPE " + name + " counter\n" + name + " 1\n";
  }
  // Each name is kept with its family and with its sample.
  EXPECT_EQ(page.scrape(text).size() + page.mapper->stats().not_kept, 400u);
  EXPECT_GT(page.mapper->stats().not_kept, 300u);
}

TEST(Mapper, TagOfTheEndpoint) {
  auto options = options_for({entry("g")});
  options.endpoint = "http://h:1/metrics";
  MappedPage page(options);
  EXPECT_THAT(page.scrape("# TYPE g gauge\ng{a=\"b\"} 1\n"),
              ElementsAre("gauge app.g 1 a:b,endpoint:http://h:1/metrics"));
  EXPECT_THAT(page.mapper->check_tags(), ElementsAre("endpoint:http://h:1/metrics"));
}

TEST(Mapper, NoNamespaceNoPrefix) {
  auto options = options_for({entry("g")});
  options.name_space.clear();
  EXPECT_THAT(MappedPage(options).scrape("# TYPE g gauge\ng 1\n"), ElementsAre("gauge g 1"));
}

TEST(Mapper, HistogramsInEveryMode) {
  struct Case {
    const char* name;
    bool buckets, apart, distributions, counters;
    std::vector<std::string> lines;
  };
  const std::vector<std::string> kCounts = {"monotonic app.h.sum 12.5 a:x",
                                            "monotonic app.h.count 7 a:x"};
  const std::vector<Case> cases = {
      {"default",
       true,
       false,
       false,
       false,
       {"monotonic app.h.bucket 1 a:x,upper_bound:0.5",
        "monotonic app.h.bucket 3 a:x,upper_bound:1.0", kCounts[0], kCounts[1]}},
      {"without buckets", false, false, false, false, kCounts},
      {"apart",
       true,
       true,
       false,
       false,
       {kCounts[0], kCounts[1], "monotonic app.h.bucket 1 a:x,upper_bound:0.5,lower_bound:0",
        "monotonic app.h.bucket 2 a:x,upper_bound:1.0,lower_bound:0.5"}},
      {"distributions",
       false,
       false,
       true,
       false,
       {"bucket app.h 1 a:x,upper_bound:0.5,lower_bound:0 (0, 0.5]",
        "bucket app.h 2 a:x,upper_bound:1.0,lower_bound:0.5 (0.5, 1]",
        "bucket app.h 4 a:x,upper_bound:inf,lower_bound:1.0 (1, inf]"}},
      {"distributions and counters",
       false,
       false,
       false,
       true,
       {kCounts[0], kCounts[1], "bucket app.h 1 a:x,upper_bound:0.5,lower_bound:0 (0, 0.5]",
        "bucket app.h 2 a:x,upper_bound:1.0,lower_bound:0.5 (0.5, 1]",
        "bucket app.h 4 a:x,upper_bound:inf,lower_bound:1.0 (1, inf]"}},
  };
  for (const Case& c : cases) {
    auto options = options_for({entry("h")});
    options.collect_histogram_buckets = c.buckets;
    options.non_cumulative_histogram_buckets = c.apart;
    options.histogram_buckets_as_distributions = c.distributions;
    options.collect_counters_with_distributions = c.counters;
    EXPECT_EQ(MappedPage(options).scrape(kHistogram), c.lines) << c.name;
  }
}

TEST(Mapper, BucketsOfSeveralSeriesInAnyOrder) {
  auto options = options_for({entry("h")});
  options.histogram_buckets_as_distributions = true;
  MappedPage page(options);
  EXPECT_THAT(
      page.scrape("# TYPE h histogram\n"
                  "h_bucket{le=\"-1\",a=\"x\",b=\"1\"} 1\nh_bucket{le=\"2\",a=\"y\"} 5\n"
                  "h_bucket{b=\"1\",le=\"2\",a=\"x\"} 4\nh_bucket{le=\"0\",a=\"y\"} 2\n"
                  "h_bucket{le=\"-Inf\",a=\"z\"} 0\nh_bucket{a=\"w\"} 0\n"
                  "h_bucket{a=\"w\",le=\"many\"} 0\n"),
      UnorderedElementsAre("bucket app.h 1 a:x,b:1,upper_bound:-1.0,lower_bound:-inf (-inf, -1]",
                           "bucket app.h 3 a:x,b:1,upper_bound:2.0,lower_bound:-1.0 (-1, 2]",
                           "bucket app.h 2 a:y,upper_bound:0,lower_bound:-inf (-inf, 0]",
                           "bucket app.h 3 a:y,upper_bound:2.0,lower_bound:0 (0, 2]"));
  EXPECT_EQ(page.mapper->stats().without_bound, 2u);
}

TEST(Mapper, ForcedTypes) {
  auto options =
      options_for({entry("as_gauge", "", "gauge"), entry("as_rate", "", "rate"),
                   entry("both", "", "counter_gauge"), entry("since", "", "time_elapsed"),
                   entry("busy", "", "temporal_percent"), entry("up", "state", "service_check"),
                   entry("build", "version", "metadata"), entry("u", "", "counter")});
  options.metrics[4].scale = "millisecond";
  options.metrics[5].status_map = {{"0", "critical"}, {"1", "OK"}};
  options.metrics[6].label = "v";
  options.endpoint = "e";
  EXPECT_THAT(
      MappedPage(options).scrape(
          "# TYPE as_gauge_total counter\nas_gauge_total 1\n# TYPE as_rate gauge\nas_rate 2\n"
          "# TYPE both counter\nboth 3\n# TYPE since gauge\nsince 990\n"
          "# TYPE busy counter\nbusy 5\n# TYPE up gauge\nup{a=\"b\"} 1\nup 0.9\nup 7\n"
          "# TYPE build gauge\nbuild{v=\"1.2\"} 1\nu 9\n"),
      ElementsAre("gauge app.as_gauge 1 endpoint:e", "rate app.as_rate 2 endpoint:e",
                  "gauge app.both.total 3 endpoint:e", "monotonic app.both.count 3 endpoint:e",
                  "gauge app.since 10 endpoint:e", "rate app.busy 0.5 endpoint:e",
                  "service_check app.state 0 endpoint:e", "service_check app.state 2 endpoint:e",
                  "service_check app.state 3 endpoint:e", "metadata version 1.2",
                  "monotonic app.u.count 9 endpoint:e"));
}

TEST(Mapper, WildcardsFollowExactNames) {
  MappedPage page(options_for({entry("^go_", "ignored"), entry("go_.*_exact", "", "rate"),
                               entry("go_gc", "gc"), entry("total$", "", "gauge")}));
  const std::string text =
      "# TYPE go_gc gauge\ngo_gc 1\n# TYPE go_x_exact gauge\ngo_x_exact 2\n"
      "# TYPE a_go_b gauge\na_go_b 3\nx_total 4\n";
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(page.scrape(text),
                ElementsAre("gauge app.gc 1", "gauge app.go_x_exact 2", "gauge app.x_total 4"));
  }
}

TEST(Mapper, NativeKeepsTheFirstTypeDynamicDoesNot) {
  MappedPage page(options_for({entry("a"), entry("b", "", "native_dynamic")}));
  page.scrape("# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n");
  EXPECT_THAT(page.scrape("# TYPE a counter\na 1\n# TYPE b counter\nb 1\n"),
              ElementsAre("gauge app.a 1", "monotonic app.b.count 1 flush"));
  EXPECT_THAT(page.scrape("a 1\nb 1\n"), IsEmpty());
}

TEST(Mapper, ExcludedMetrics) {
  auto options = options_for({entry(".*")});
  options.exclude_metrics = {"exact", "^pre", "fix$"};
  EXPECT_THAT(
      MappedPage(options).scrape("# TYPE exact gauge\nexact 1\n# TYPE pre_a gauge\npre_a 1\n"
                                 "# TYPE a_fix gauge\na_fix 1\n# TYPE exactly gauge\nexactly 1\n"),
      ElementsAre("gauge app.exactly 1"));
}

TEST(Mapper, LabelsExcludedIncludedRenamedAndDropping) {
  auto options = options_for({entry("g"), entry("h")});
  options.exclude_labels = {"secret"};
  options.rename_labels = {{"host", "node"}, {"upper_bound", "le"}};
  options.exclude_metrics_by_labels = {{"gone", true, {}}, {"zone", false, {"^eu", "west$"}}};
  MappedPage page(options);
  EXPECT_THAT(
      page.scrape("# TYPE g gauge\ng{secret=\"s\",host=\"h\",a=\"b\"} 1\ng{gone=\"\"} 2\n"
                  "g{zone=\"eu-1\"} 3\ng{zone=\"us-west\"} 4\ng{zone=\"us\"} 5\n" +
                  std::string(kHistogram)),
      ElementsAre("gauge app.g 1 node:h,a:b", "gauge app.g 5 zone:us",
                  "monotonic app.h.bucket 1 a:x,le:0.5", "monotonic app.h.bucket 3 a:x,le:1.0",
                  "monotonic app.h.sum 12.5 a:x", "monotonic app.h.count 7 a:x"));
  options.include_labels = {"host", "secret"};
  options.exclude_metrics_by_labels = {{"upper_bound", false, {"^0"}}};
  EXPECT_THAT(MappedPage(options).scrape("# TYPE g gauge\ng{secret=\"s\",host=\"h\",a=\"b\"} 1\n" +
                                         std::string(kHistogram)),
              ElementsAre("gauge app.g 1 node:h", "monotonic app.h.bucket 3",
                          "monotonic app.h.sum 12.5", "monotonic app.h.count 7"));
}

TEST(Mapper, PrefixIsStrippedBeforeAnythingElse) {
  auto options = options_for({entry("a"), entry("s")});
  options.raw_metric_prefix = "pre_";
  EXPECT_THAT(MappedPage(options).scrape("# TYPE pre_a gauge\npre_a 1\n# TYPE a gauge\na 2\n"
                                         "# TYPE pre_s summary\npre_s{quantile=\"1\"} 3\n"),
              ElementsAre("gauge app.a 1", "gauge app.a 2", "gauge app.s.quantile 3 quantile:1.0"));
}

TEST(Mapper, HostnameFromALabel) {
  auto options = options_for({entry("g")});
  options.hostname_label = "node";
  options.hostname_format = "n-<HOSTNAME>.local";
  EXPECT_THAT(MappedPage(options).scrape("# TYPE g gauge\ng{node=\"a\"} 1\ng 2\n"),
              ElementsAre("gauge app.g 1 node:a host=n-a.local", "gauge app.g 2"));
}

TEST(Mapper, CreatedIsNoValueOfACounter) {
  MappedPage page(options_for({entry("c"), entry("s")}));
  EXPECT_THAT(page.scrape("# TYPE c counter\nc_total 1\nc_created 1.7e9\n"
                          "# TYPE s summary\ns_count 2\ns_created 1.7e9\n# EOF\n",
                          true, "application/openmetrics-text"),
              ElementsAre("monotonic app.c.count 1", "monotonic app.s.count 2"));
}

TEST(Mapper, FirstValuesAreFlushedAfterAScrapeThatWorked) {
  MappedPage page(options_for({entry("c")}));
  const std::string text = "# TYPE c counter\nc 1\n";
  EXPECT_THAT(page.scrape(text, false), ElementsAre("monotonic app.c.count 1"));
  EXPECT_THAT(page.scrape(text), ElementsAre("monotonic app.c.count 1"));
  EXPECT_THAT(page.scrape(text, false), ElementsAre("monotonic app.c.count 1 flush"));
  EXPECT_THAT(page.scrape(text), ElementsAre("monotonic app.c.count 1"));
  EXPECT_THAT(page.scrape(text), ElementsAre("monotonic app.c.count 1 flush"));
}

TEST(Mapper, ProcessStartTimeDecidesAboutTheFirstScrape) {
  auto options =
      options_for({entry("c"), entry("g"), entry("process_start_time_seconds", "start")});
  options.use_process_start_time = true;
  const auto text = [](const char* start) {
    return "# TYPE c counter\nc{a=\"b\"} 1\n# TYPE g gauge\ng 2\n"
           "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds " +
           std::string(start) + "\n";
  };
  EXPECT_THAT(
      MappedPage(options).scrape(text("501")),
      ElementsAre("gauge app.g 2", "gauge app.start 501", "monotonic app.c.count 1 a:b flush"));
  MappedPage older(options);
  EXPECT_THAT(older.scrape(text("499")),
              ElementsAre("gauge app.g 2", "gauge app.start 499", "monotonic app.c.count 1 a:b"));
  EXPECT_THAT(older.scrape(text("499")), ElementsAre("monotonic app.c.count 1 a:b flush",
                                                     "gauge app.g 2", "gauge app.start 499"));
  // It decides although it is not sent itself.
  options.metrics.pop_back();
  EXPECT_THAT(MappedPage(options).scrape(text("501")),
              ElementsAre("gauge app.g 2", "monotonic app.c.count 1 a:b flush"));
}

constexpr std::string_view kShared =
    "# TYPE before gauge\nbefore{pod=\"a\"} 1\n"
    "# TYPE info gauge\ninfo{pod=\"a\",node=\"n1\",x=\"1\"} 1\ninfo{pod=\"b\",node=\"n2\",x=\"2\"} "
    "1\n"
    "info{pod=\"c\",node=\"n3\",x=\"3\"} 0\n"
    "# TYPE after gauge\nafter{pod=\"b\",node=\"old\"} 2\nafter{pod=\"c\"} 3\nafter 4\n";

TEST(Mapper, SharedLabelsWithMatch) {
  auto options = options_for({entry("before"), entry("after")});
  options.share_labels.push_back({"info", {"node"}, {"pod"}, std::vector<std::int64_t>{1}});
  MappedPage cached(options);
  EXPECT_THAT(cached.scrape(kShared),
              ElementsAre("gauge app.before 1 pod:a", "gauge app.after 2 pod:b,node:n2",
                          "gauge app.after 3 pod:c", "gauge app.after 4"));
  EXPECT_THAT(cached.scrape("# TYPE before gauge\nbefore{pod=\"a\"} 1\n"),
              ElementsAre("gauge app.before 1 pod:a,node:n1"));

  options.cache_shared_labels = false;
  MappedPage fresh(options);
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(fresh.scrape(kShared),
                ElementsAre("gauge app.before 1 pod:a,node:n1", "gauge app.after 2 pod:b,node:n2",
                            "gauge app.after 3 pod:c", "gauge app.after 4"));
  }
  // The source does not come: what waited for it is sent at the end.
  EXPECT_THAT(fresh.scrape("# TYPE before gauge\nbefore{pod=\"a\"} 1\n"),
              ElementsAre("gauge app.before 1 pod:a"));
}

TEST(Mapper, SharedLabelsWithoutMatchAndOnTheSourceItself) {
  auto options = options_for({entry("info"), entry("after")});
  options.share_labels.push_back({"info", {}, {}, std::nullopt});
  EXPECT_THAT(
      MappedPage(options).scrape("# TYPE info gauge\ninfo{v=\"1\"} 1\ninfo{v=\"2\",w=\"3\"} 1\n"
                                 "# TYPE after gauge\nafter{a=\"b\"} 4\n"),
      ElementsAre("gauge app.info 1 v:2,w:3", "gauge app.info 1 v:2,w:3",
                  "gauge app.after 4 a:b,v:2,w:3"));
}

TEST(Mapper, TargetInfoIsRenewedEachScrape) {
  auto options = options_for({entry("g")});
  options.target_info = true;
  MappedPage page(options);
  const auto text = [](const char* name) {
    return "# TYPE target_info gauge\ntarget_info{job=\"" + std::string(name) +
           "\"} 1\n# TYPE g gauge\ng 1\n";
  };
  EXPECT_THAT(page.scrape(text("x")), ElementsAre("gauge app.g 1 job:x"));
  EXPECT_THAT(page.scrape(text("y")), ElementsAre("gauge app.g 1 job:y"));
}

TEST(Mapper, LinesAreFilteredBeforeParsing) {
  auto options = options_for({entry(".+")});
  options.raw_line_filters = {"x=\"1\"", "^b"};
  EXPECT_THAT(MappedPage(options).scrape(
                  "# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2\n# TYPE b gauge\nb 3\n"),
              ElementsAre("gauge app.a 2 x:2"));
}

TEST(Mapper, TelemetryCountsWhatCameAndWent) {
  auto options = options_for({entry("a")});
  options.telemetry = true;
  options.exclude_metrics = {"b"};
  options.raw_line_filters = {"^c"};
  EXPECT_THAT(
      MappedPage(options).scrape("# TYPE a gauge\na 1\na 2\n# TYPE b gauge\nb 1\n"
                                 "# TYPE d gauge\nd 1\nc 1\n"),
      ElementsAre("gauge app.a 1", "gauge app.a 2", "count app.telemetry.metrics.input.count 4",
                  "count app.telemetry.metrics.ignored.count 1",
                  "count app.telemetry.metrics.processed.count 2",
                  "count app.telemetry.metrics.blacklist.count 1"));
}

TEST(Mapper, APageThatBreaksOffLeavesNothingBehind) {
  constexpr std::string_view kBegin = "# TYPE h histogram\nh_bucket{a=\"x\",le=\"0.5\"} 1\n";
  constexpr std::string_view kGauge = "# TYPE g gauge\ng 1\n";
  auto options = options_for({entry(".+")});
  options.histogram_buckets_as_distributions = true;
  MappedPage page(options);
  EXPECT_THAT(page.break_off(kBegin), IsEmpty());
  EXPECT_THAT(page.scrape(kGauge), ElementsAre("gauge app.g 1"));
  EXPECT_THAT(page.scrape("# TYPE h histogram\nh_bucket{a=\"x\",le=\"1\"} 5\n"),
              ElementsAre("bucket app.h 5 a:x,upper_bound:1.0,lower_bound:0 flush (0, 1]"));

  options = options_for({entry(".+")});
  options.share_labels = {{"info", {}, {}, std::nullopt}};
  options.cache_shared_labels = false;
  MappedPage waiting(options);
  EXPECT_THAT(waiting.break_off(kGauge), IsEmpty());
  EXPECT_THAT(waiting.break_off("# TYPE info gauge\ninfo{v=\"0\"} 1\n"), IsEmpty());
  EXPECT_THAT(waiting.scrape("# TYPE g gauge\ng 2\n# TYPE info gauge\ninfo{v=\"1\"} 1\n"),
              UnorderedElementsAre("gauge app.g 2 v:1", "gauge app.info 1 v:1"));
}

TEST(Mapper, BadOptionsNameTheEntry) {
  struct Case {
    MapperOptions options;
    const char* message;
  };
  std::vector<Case> cases;
  const auto with = [&](const char* message) -> MapperOptions& {
    return cases.emplace_back(options_for({}), message).options;
  };
  with("metrics: `a`: unknown type `gauges`").metrics = {entry("a", "", "gauges")};
  with("metrics: `a`: type temporal_percent needs").metrics = {entry("a", "", "temporal_percent")};
  with("metrics: `a`: type service_check needs a `status_map`").metrics = {
      entry("a", "", "service_check")};
  with("metrics: `a`: type metadata needs").metrics = {entry("a", "", "metadata")};
  with("metrics: `a(?=b)`: look-ahead cannot be used").metrics = {entry("a(?=b)")};
  with("exclude_metrics: `(`: missing").exclude_metrics = {"("};
  with("exclude_metrics_by_labels: zone: `(?<=a)b`: look-behind").exclude_metrics_by_labels = {
      {"zone", false, {"(?<=a)b"}}};
  with("raw_line_filters: `*a`").raw_line_filters = {"*a"};
  MapperOptions& large = with("too large together");
  for (int i = 0; i < 50; ++i) {
    large.metrics.push_back(entry("(?:" + std::string(90, 'a') + std::to_string(i) + "){90}"));
  }
  MapperOptions& labels = with("exclude_metrics_by_labels: l");
  for (int i = 0; i < 50; ++i) {
    labels.exclude_metrics_by_labels.push_back(
        {"l" + std::to_string(i), false, {"(?:" + std::string(90, 'a') + "){90}"}});
  }
  MapperOptions& host = with("hostname_format: the placeholder <HOSTNAME> is missing");
  host.hostname_label = "h";
  host.hostname_format = "x";
  for (const Case& c : cases) {
    const auto made = make_mapper(c.options);
    ASSERT_FALSE(made) << c.message;
    EXPECT_EQ(made.error().code(), Errc::invalid_config) << c.message;
    EXPECT_THAT(made.error().message(), HasSubstr(c.message));
  }
}

}  // namespace
}  // namespace remora::checks::openmetrics
