#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/openmetrics/mapped_page.hpp"

namespace remora::checks::openmetrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

LegacyMapperOptions options_for(TextPairs metrics) {
  LegacyMapperOptions options;
  options.name_space = "app";
  options.metrics = std::move(metrics);
  options.endpoint = "http://h:1/metrics";
  return options;
}

constexpr std::string_view kHistogram =
    "# TYPE h histogram\nh_bucket{le=\"0.5\"} 1\nh_bucket{le=\"1\"} 3\nh_bucket{le=\"+Inf\"} 7\n"
    "h_sum 12.5\nh_count 7\n";

TEST(LegacyMapper, CountersKeepTotalAndGetNoSuffix) {
  auto options = options_for({{"c_total", "c_total"}, {"g", "renamed"}});
  const std::string text =
      "# TYPE c_total counter\nc_total{a=\"b\"} 5\n# TYPE g gauge\ng 1\n# TYPE other gauge\nother "
      "1\n";
  EXPECT_THAT(MappedPage(options).scrape(text),
              ElementsAre("monotonic app.c_total 5 a:b", "gauge app.renamed 1"));
  options.send_monotonic_counter = false;
  EXPECT_THAT(MappedPage(options).scrape(text),
              ElementsAre("gauge app.c_total 5 a:b", "gauge app.renamed 1"));
  options.send_monotonic_with_gauge = true;
  EXPECT_THAT(MappedPage(options).scrape(text),
              ElementsAre("gauge app.c_total 5 a:b", "monotonic app.c_total.total 5 a:b",
                          "gauge app.renamed 1"));
}

TEST(LegacyMapper, APageThatBreaksOffLeavesNothingBehind) {
  auto options = options_for({{"*", "*"}});
  options.non_cumulative_buckets = true;
  MappedPage page(options);
  EXPECT_THAT(page.break_off("# TYPE h histogram\nh_bucket{le=\"0.5\"} 1\n"), IsEmpty());
  EXPECT_THAT(page.scrape("# TYPE h histogram\nh_bucket{le=\"1\"} 5\n"),
              ElementsAre("gauge app.h.count 5 upper_bound:1.0,lower_bound:0"));
}

TEST(LegacyMapper, SamplesAwayFromTheirTypeLine) {
  EXPECT_THAT(
      MappedPage(options_for({{"*", "*"}}))
          .scrape("# TYPE w_total counter\nw_total{width=\"w1\"} 436\n"
                  "# TYPE db_keys gauge\n# TYPE db_capacity gauge\ndb_keys{db=\"db0\"} 1584\n"
                  "db_capacity{db=\"db0\", type=\"prime\"} 40320\n"
                  "# TYPE db_expiring gauge\ndb_expiring{db=\"db0\"} 1583\n"),
      ElementsAre("monotonic app.w_total 436 width:w1", "gauge app.db_keys 1584 db:db0",
                  "gauge app.db_capacity 40320 db:db0,type:prime",
                  "gauge app.db_expiring 1583 db:db0"));
}

TEST(LegacyMapper, ACounterHasBothSpellings) {
  for (const std::string declared : {"a", "a_total"}) {
    for (const std::string exposed : {"a", "a_total"}) {
      for (const std::string configured : {"a", "a_total"}) {
        EXPECT_THAT(MappedPage(options_for({{configured, "sent"}}))
                        .scrape("# TYPE " + declared + " counter\n" + exposed + " 5\n"),
                    ElementsAre("monotonic app.sent 5"))
            << declared << ' ' << exposed << ' ' << configured;
      }
    }
  }
  // A pattern sends the name that the samples have.
  EXPECT_THAT(MappedPage(options_for({{"*", "*"}})).scrape("# TYPE a counter\na_total 5\n"),
              ElementsAre("monotonic app.a_total 5"));
}

TEST(LegacyMapper, BucketsUnderThePlainNameOfTheirHistogram) {
  EXPECT_THAT(
      MappedPage(options_for({{"h", "h"}}))
          .scrape("# TYPE h histogram\nh{le=\"0.5\"} 1\nh{le=\"+Inf\"} 7\nh_sum 12.5\nh_count 7\n"),
      ElementsAre("gauge app.h.count 1 upper_bound:0.5", "gauge app.h.sum 12.5",
                  "gauge app.h.count 7 upper_bound:none"));
}

TEST(LegacyMapper, HealthCheckAloneCarriesTheEndpoint) {
  EXPECT_THAT(MappedPage(options_for({})).mapper->check_tags(),
              ElementsAre("endpoint:http://h:1/metrics"));
}

TEST(LegacyMapper, Wildcards) {
  MappedPage page(options_for({{"go_*", "go_*"}, {"go_x", "y"}}));
  EXPECT_THAT(
      page.scrape(
          "# TYPE go_a gauge\ngo_a 1\n# TYPE go_x gauge\ngo_x 2\n# TYPE goo gauge\ngoo 3\n"),
      ElementsAre("gauge app.go_a 1", "gauge app.y 2"));
}

TEST(LegacyMapper, UntypedNeedsAnOverride) {
  auto options = options_for({{"a", "a"}, {"b_x", "b_x"}});
  EXPECT_THAT(MappedPage(options).scrape("a 1\nb_x 2\n"), IsEmpty());
  options.type_overrides = {{"a", "counter"}, {"b_*", "gauge"}};
  EXPECT_THAT(MappedPage(options).scrape("a 1\nb_x 2\n"),
              ElementsAre("monotonic app.a 1", "gauge app.b_x 2"));
}

TEST(LegacyMapper, Histograms) {
  auto options = options_for({{"h", "h"}});
  EXPECT_THAT(
      MappedPage(options).scrape(kHistogram),
      ElementsAre("gauge app.h.count 1 upper_bound:0.5", "gauge app.h.count 3 upper_bound:1.0",
                  "gauge app.h.sum 12.5", "gauge app.h.count 7 upper_bound:none"));
  options.send_distribution_counts_as_monotonic = true;
  options.send_distribution_sums_as_monotonic = true;
  options.send_histograms_buckets = false;
  EXPECT_THAT(MappedPage(options).scrape(kHistogram),
              ElementsAre("monotonic app.h.sum 12.5", "monotonic app.h.count 7"));
  options.send_histograms_buckets = true;
  options.non_cumulative_buckets = true;
  EXPECT_THAT(MappedPage(options).scrape(kHistogram),
              ElementsAre("monotonic app.h.sum 12.5", "monotonic app.h.count 7 upper_bound:none",
                          "monotonic app.h.count 1 upper_bound:0.5,lower_bound:0",
                          "monotonic app.h.count 2 upper_bound:1.0,lower_bound:0.5",
                          "monotonic app.h.count 4 upper_bound:inf,lower_bound:1.0"));
  options.send_distribution_buckets = true;
  EXPECT_THAT(MappedPage(options).scrape(kHistogram),
              ElementsAre("bucket app.h 1 upper_bound:0.5,lower_bound:0.0 (0, 0.5]",
                          "bucket app.h 2 upper_bound:1.0,lower_bound:0.5 (0.5, 1]",
                          "bucket app.h 4 upper_bound:inf,lower_bound:1.0 (1, inf]"));
}

TEST(LegacyMapper, Summaries) {
  auto options = options_for({{"s", "s"}});
  const std::string text = "# TYPE s summary\ns{quantile=\"0\"} 1\ns 9\ns_sum 2\ns_count 3\n";
  MappedPage page(options);
  EXPECT_THAT(page.scrape(text), ElementsAre("gauge app.s.quantile 1 quantile:0.0",
                                             "gauge app.s.sum 2", "gauge app.s.count 3"));
  EXPECT_EQ(page.mapper->stats().without_bound, 1u);
}

TEST(LegacyMapper, LabelsAndIgnoredMetrics) {
  auto options = options_for({{"*", "*"}});
  options.prometheus_metrics_prefix = "pre_";
  options.labels_mapper = {{"host", "node"}};
  options.exclude_labels = {"secret"};
  options.ignore_metrics = {"gone", "skip_*"};
  options.ignore_metrics_by_labels = {{"zone", {"eu", "us"}}, {"never", {"*"}}, {"empty", {}}};
  options.label_to_hostname = "host";
  options.label_to_hostname_suffix = "-x";
  EXPECT_THAT(MappedPage(options).scrape(
                  "# TYPE pre_a gauge\npre_a{host=\"h\",secret=\"s\"} 1\npre_a{zone=\"eu\"} 2\n"
                  "pre_a{zone=\"eu-1\"} 3\npre_a{never=\"\"} 4\npre_a{empty=\"\"} 5\n"
                  "# TYPE gone gauge\ngone 1\n# TYPE skip_b gauge\nskip_b 1\n"),
              ElementsAre("gauge app.a 1 node:h host=h-x", "gauge app.a 3 zone:eu-1",
                          "gauge app.a 5 empty:"));
}

TEST(LegacyMapper, LabelJoinsSendNothingBeforeTheyKnowAPage) {
  auto options = options_for({{"a", "a"}});
  options.label_joins = {{"info", {"pod"}, {"node"}}, {"all", {"*"}, {"*"}}};
  MappedPage page(options);
  const std::string text =
      "# TYPE a gauge\na{pod=\"x\"} 1\na{pod=\"y\"} 2\n"
      "# TYPE info gauge\ninfo{pod=\"x\",node=\"n\",other=\"o\"} 1\ninfo{pod=\"y\",node=\"m\"} 0\n"
      "# TYPE all gauge\nall{cluster=\"c\"} 1\n";
  EXPECT_THAT(page.scrape(text), IsEmpty());
  EXPECT_THAT(page.scrape(text),
              ElementsAre("gauge app.a 1 pod:x,cluster:c,node:n", "gauge app.a 2 pod:y,cluster:c"));
}

TEST(LegacyMapper, FirstValuesAndMetadata) {
  auto options = options_for({{"c", "c"}});
  options.metadata_metric_name = "build";
  options.metadata_label_map = {{"version", "v"}};
  MappedPage page(options);
  const std::string text =
      "# TYPE c counter\nc 1\n# TYPE build gauge\nbuild{v=\"1.2\"} 1\nbuild{v=\"2\"} 1\n";
  EXPECT_THAT(page.scrape(text), ElementsAre("monotonic app.c 1", "metadata version 1.2"));
  EXPECT_THAT(page.scrape(text), ElementsAre("monotonic app.c 1 flush", "metadata version 1.2"));
}

}  // namespace
}  // namespace remora::checks::openmetrics
