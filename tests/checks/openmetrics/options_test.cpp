#include "checks/openmetrics/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace remora::checks::openmetrics {
namespace {

using model::Map;
using model::Value;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

Value list(Value::List items) { return Value(std::move(items)); }

MapperOptions current(Map instance) {
  if (instance.find("metrics") == nullptr) instance.set("metrics", list({".*"}));
  auto read = read_mapper_options(Value(std::move(instance)));
  EXPECT_TRUE(read) << read.error().message();
  return read ? std::move(*read) : MapperOptions();
}

LegacyMapperOptions legacy(Map instance) {
  if (instance.find("metrics") == nullptr) instance.set("metrics", list({"*"}));
  if (instance.find("namespace") == nullptr) instance.set("namespace", "app");
  auto read = read_legacy_options(Value(std::move(instance)));
  EXPECT_TRUE(read) << read.error().message();
  return read ? std::move(*read) : LegacyMapperOptions();
}

TEST(MapperOptions, HaveTheDefaultsOfTheAgent) {
  const MapperOptions read = current({}), plain;
  EXPECT_EQ(read.metrics.size(), 1u);
  EXPECT_EQ(read.metrics[0].key, ".*");
  EXPECT_EQ(read.metrics[0].name, "");
  EXPECT_EQ(read.metrics[0].type, "native");
  EXPECT_TRUE(read.tag_by_endpoint);
  EXPECT_TRUE(read.collect_histogram_buckets);
  EXPECT_TRUE(read.cache_shared_labels);
  EXPECT_TRUE(read.cache_metric_wildcards);
  EXPECT_FALSE(read.use_latest_spec);
  EXPECT_FALSE(read.telemetry);
}

TEST(MapperOptions, ReadsTheShapesOfMetrics) {
  const auto metrics = [](const char* option, Value value) {
    Map instance{{"metrics", list({"first"})}};
    instance.set(option, std::move(value));
    return current(std::move(instance)).metrics;
  };
  auto read = metrics(
      "extra_metrics",
      list({"name", Map{{"a", "b"}, {"c", Map{{"name", "d"}, {"type", "rate"}, {"more", 1}}}},
            Map{{"up", Map{{"type", "service_check"},
                           {"status_map", Map{{"0", "critical"}, {"1", "OK"}}}}}},
            Map{{"busy", Map{{"type", "temporal_percent"}, {"scale", 1000}}}},
            Map{{"build", Map{{"type", "metadata"}, {"label", "version"}, {"name", "version"}}}},
            Map{{"empty", Map{}}}, 5}));
  ASSERT_EQ(read.size(), 9u);
  EXPECT_EQ(read[0].key, "first");
  EXPECT_EQ(read[1].key, "name");
  EXPECT_EQ(read[2].key + '>' + read[2].name + '>' + read[2].type, "a>b>native");
  EXPECT_EQ(read[3].key + '>' + read[3].name + '>' + read[3].type, "c>d>rate");
  EXPECT_THAT(read[4].status_map, ElementsAre(Pair("0", "critical"), Pair("1", "OK")));
  EXPECT_EQ(read[5].scale, "1000");
  EXPECT_EQ(read[6].label + '>' + read[6].name, "version>version");
  EXPECT_EQ(read[7].key + '>' + read[7].name + '>' + read[7].type, "empty>>native");
  EXPECT_EQ(read[8].key, "5");
  EXPECT_EQ(metrics("metrics", "alone").at(0).key, "alone");
  EXPECT_THAT(metrics("metrics", list({})), IsEmpty());
}

TEST(MapperOptions, ReadsEveryOptionAlsoWrittenAsText) {
  const MapperOptions read = current(
      {{"namespace", "app"},
       {"raw_metric_prefix", "my_"},
       {"exclude_metrics", list({"a", "^b"})},
       {"exclude_metrics_by_labels",
        Map{{"zone", true}, {"env", "true"}, {"region", list({"^eu", 5})}, {"one", "^x"}}},
       {"exclude_labels", list({"l", 1})},
       {"include_labels", "only"},
       {"rename_labels", Map{{"a", "b"}, {"c", 4}}},
       {"tag_by_endpoint", "false"},
       {"hostname_label", "node"},
       {"hostname_format", "x-<HOSTNAME>"},
       {"collect_histogram_buckets", "no"},
       {"non_cumulative_histogram_buckets", "true"},
       {"histogram_buckets_as_distributions", "yes"},
       {"collect_counters_with_distributions", "on"},
       {"use_process_start_time", 1},
       {"share_labels",
        Map{{"all", true},
            {"text", "True"},
            {"some", Map{{"labels", list({"a"})}, {"match", "m"}, {"values", list({1, "2"})}}}}},
       {"cache_shared_labels", "0"},
       {"target_info", "1"},
       {"raw_line_filters", list({"^go_"})},
       {"cache_metric_wildcards", false},
       {"use_latest_spec", true},
       {"telemetry", "true"},
       {"nobody_knows", Map{}}});
  EXPECT_EQ(read.name_space, "app");
  EXPECT_EQ(read.raw_metric_prefix, "my_");
  EXPECT_THAT(read.exclude_metrics, ElementsAre("a", "^b"));
  ASSERT_EQ(read.exclude_metrics_by_labels.size(), 4u);
  EXPECT_TRUE(read.exclude_metrics_by_labels[0].any_value);
  EXPECT_TRUE(read.exclude_metrics_by_labels[1].any_value);
  EXPECT_EQ(read.exclude_metrics_by_labels[2].label, "region");
  EXPECT_FALSE(read.exclude_metrics_by_labels[2].any_value);
  EXPECT_THAT(read.exclude_metrics_by_labels[2].patterns, ElementsAre("^eu", "5"));
  EXPECT_THAT(read.exclude_metrics_by_labels[3].patterns, ElementsAre("^x"));
  EXPECT_THAT(read.exclude_labels, ElementsAre("l", "1"));
  EXPECT_THAT(read.include_labels, ElementsAre("only"));
  EXPECT_THAT(read.rename_labels, ElementsAre(Pair("a", "b"), Pair("c", "4")));
  EXPECT_FALSE(read.tag_by_endpoint);
  EXPECT_EQ(read.hostname_label, "node");
  EXPECT_EQ(read.hostname_format, "x-<HOSTNAME>");
  EXPECT_FALSE(read.collect_histogram_buckets);
  EXPECT_TRUE(read.non_cumulative_histogram_buckets);
  EXPECT_TRUE(read.histogram_buckets_as_distributions);
  EXPECT_TRUE(read.collect_counters_with_distributions);
  EXPECT_TRUE(read.use_process_start_time);
  ASSERT_EQ(read.share_labels.size(), 3u);
  EXPECT_EQ(read.share_labels[1].metric, "text");
  EXPECT_THAT(read.share_labels[1].labels, IsEmpty());
  EXPECT_FALSE(read.share_labels[1].values);
  EXPECT_THAT(read.share_labels[2].labels, ElementsAre("a"));
  EXPECT_THAT(read.share_labels[2].match, ElementsAre("m"));
  EXPECT_THAT(*read.share_labels[2].values, ElementsAre(1, 2));
  EXPECT_FALSE(read.cache_shared_labels);
  EXPECT_TRUE(read.target_info);
  EXPECT_THAT(read.raw_line_filters, ElementsAre("^go_"));
  EXPECT_FALSE(read.cache_metric_wildcards);
  EXPECT_TRUE(read.use_latest_spec);
  EXPECT_TRUE(read.telemetry);
}

TEST(MapperOptions, NameTheEntryOfAWrongShape) {
  const Value wrong_list = list({"a", Value::List{}});
  struct Row {
    int line;
    const char* option;
    Value value;
    const char* message;
  };
  const Row rows[] = {
      {__LINE__, "metrics", nullptr, "`metrics` is missing"},
      {__LINE__, "metrics", Map{{"a", "b"}}, "`metrics` is an object, not a list"},
      {__LINE__, "metrics", wrong_list, "`metrics[1]` is a list, not a text or an object"},
      {__LINE__, "metrics", list({nullptr}), "`metrics[0]` is null"},
      {__LINE__, "metrics", list({Map{{"a", wrong_list}}}), "`metrics[0].a` is a list"},
      {__LINE__, "metrics", list({Map{{"a", Map{{"name", wrong_list}}}}}),
       "`metrics[0].a`: `name` is a list, not a text"},
      {__LINE__, "metrics", list({Map{{"a", Map{{"type", Map{}}}}}}), "`metrics[0].a`: `type`"},
      {__LINE__, "metrics", list({Map{{"a", Map{{"status_map", wrong_list}}}}}),
       "`metrics[0].a.status_map` is a list, not an object"},
      {__LINE__, "metrics", list({Map{{"a", Map{{"status_map", Map{{"1", Map{}}}}}}}}),
       "`metrics[0].a.status_map.1` is an object, not a text"},
      {__LINE__, "metrics", list(Value::List(1001, "a.*")), "more than 1000 expressions"},
      {__LINE__, "metrics", list(Value::List(20001, "a")), "more than 20000 entries"},
      {__LINE__, "extra_metrics", list({wrong_list}), "`extra_metrics[0]` is a list"},
      {__LINE__, "namespace", Map{}, "`namespace` is an object, not a text"},
      {__LINE__, "raw_metric_prefix", wrong_list, "`raw_metric_prefix` is a list"},
      {__LINE__, "hostname_label", wrong_list, "`hostname_label`"},
      {__LINE__, "hostname_format", wrong_list, "`hostname_format`"},
      {__LINE__, "exclude_metrics", wrong_list, "`exclude_metrics[1]` is a list, not a text"},
      {__LINE__, "exclude_labels", Map{}, "`exclude_labels` is an object, not a list of texts"},
      {__LINE__, "include_labels", wrong_list, "`include_labels[1]`"},
      {__LINE__, "raw_line_filters", wrong_list, "`raw_line_filters[1]`"},
      {__LINE__, "rename_labels", wrong_list, "`rename_labels` is a list, not an object"},
      {__LINE__, "rename_labels", Map{{"a", Map{}}}, "`rename_labels.a` is an object"},
      {__LINE__, "exclude_metrics_by_labels", wrong_list, "`exclude_metrics_by_labels` is a list"},
      {__LINE__, "exclude_metrics_by_labels", Map{{"zone", false}},
       "`exclude_metrics_by_labels.zone` is a boolean, not a list of expressions or `true`"},
      {__LINE__, "exclude_metrics_by_labels", Map{{"zone", wrong_list}},
       "`exclude_metrics_by_labels.zone[1]` is a list"},
      {__LINE__, "share_labels", "info", "`share_labels` is a text, not an object"},
      {__LINE__, "share_labels", Map{{"info", false}},
       "`share_labels.info` is a boolean, not an object or `true`"},
      {__LINE__, "share_labels", Map{{"info", Map{{"labels", Map{}}}}},
       "`share_labels.info.labels` is an object"},
      {__LINE__, "share_labels", Map{{"info", Map{{"values", list({"x"})}}}},
       "`share_labels.info.values[0]` is a text, not a whole number"},
      {__LINE__, "share_labels", Map{{"info", Map{{"values", 1}}}},
       "`share_labels.info.values` is a number, not a list"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    Map instance{{"metrics", list({"a"})}};
    instance.set(row.option, row.value);
    const auto read = read_mapper_options(Value(std::move(instance)));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), Errc::invalid_config);
    EXPECT_THAT(read.error().message(), HasSubstr(row.message));
  }
}

TEST(LegacyOptions, HaveTheDefaultsOfTheAgent) {
  const LegacyMapperOptions read = legacy({});
  EXPECT_EQ(read.name_space, "app");
  EXPECT_THAT(read.metrics, ElementsAre(Pair("*", "*")));
  EXPECT_TRUE(read.send_histograms_buckets);
  EXPECT_TRUE(read.send_monotonic_counter);
  EXPECT_FALSE(read.send_monotonic_with_gauge);
  EXPECT_EQ(legacy({{"namespace", ""}}).name_space, "");
}

TEST(LegacyOptions, ReadsEveryOptionAlsoWrittenAsText) {
  const LegacyMapperOptions read = legacy(
      {{"metrics", list({"a", Map{{"b", "c"}, {"d*", "e"}}, 7})},
       {"prometheus_metrics_prefix", "my_"},
       {"type_overrides", Map{{"a", "gauge"}, {"b*", "counter"}}},
       {"ignore_metrics", list({"x", "y*"})},
       {"ignore_metrics_by_labels", Map{{"zone", list({"eu", 1})}, {"any", "*"}}},
       {"exclude_labels", list({"l"})},
       {"include_labels", list({"m"})},
       {"labels_mapper", Map{{"n", "o"}}},
       {"label_joins",
        Map{{"info", Map{{"labels_to_match", list({"pod"})}, {"labels_to_get", list({"node"})}}},
            {"old", Map{{"label_to_match", "pod"}, {"labels_to_get", "*"}}}}},
       {"label_to_hostname", "node"},
       {"label_to_hostname_suffix", "-c"},
       {"send_histograms_buckets", "false"},
       {"non_cumulative_buckets", "true"},
       {"send_distribution_buckets", "true"},
       {"send_monotonic_counter", "false"},
       {"send_monotonic_with_gauge", "true"},
       {"send_distribution_counts_as_monotonic", "true"},
       {"send_distribution_sums_as_monotonic", "true"},
       {"use_process_start_time", "true"},
       {"metadata_metric_name", "build"},
       {"metadata_label_map", Map{{"version", "v"}}},
       {"telemetry", "true"}});
  EXPECT_THAT(read.metrics,
              ElementsAre(Pair("a", "a"), Pair("b", "c"), Pair("d*", "e"), Pair("7", "7")));
  EXPECT_EQ(read.prometheus_metrics_prefix, "my_");
  EXPECT_THAT(read.type_overrides, ElementsAre(Pair("a", "gauge"), Pair("b*", "counter")));
  EXPECT_THAT(read.ignore_metrics, ElementsAre("x", "y*"));
  ASSERT_EQ(read.ignore_metrics_by_labels.size(), 2u);
  EXPECT_THAT(read.ignore_metrics_by_labels[0].values, ElementsAre("eu", "1"));
  EXPECT_THAT(read.ignore_metrics_by_labels[1].values, ElementsAre("*"));
  EXPECT_THAT(read.exclude_labels, ElementsAre("l"));
  EXPECT_THAT(read.include_labels, ElementsAre("m"));
  EXPECT_THAT(read.labels_mapper, ElementsAre(Pair("n", "o")));
  ASSERT_EQ(read.label_joins.size(), 2u);
  EXPECT_EQ(read.label_joins[0].metric, "info");
  EXPECT_THAT(read.label_joins[0].labels_to_match, ElementsAre("pod"));
  EXPECT_THAT(read.label_joins[0].labels_to_get, ElementsAre("node"));
  EXPECT_THAT(read.label_joins[1].labels_to_match, ElementsAre("pod"));
  EXPECT_THAT(read.label_joins[1].labels_to_get, ElementsAre("*"));
  EXPECT_EQ(read.label_to_hostname, "node");
  EXPECT_EQ(read.label_to_hostname_suffix, "-c");
  EXPECT_FALSE(read.send_histograms_buckets);
  EXPECT_TRUE(read.non_cumulative_buckets);
  EXPECT_TRUE(read.send_distribution_buckets);
  EXPECT_FALSE(read.send_monotonic_counter);
  EXPECT_TRUE(read.send_monotonic_with_gauge);
  EXPECT_TRUE(read.send_distribution_counts_as_monotonic);
  EXPECT_TRUE(read.send_distribution_sums_as_monotonic);
  EXPECT_TRUE(read.use_process_start_time);
  EXPECT_EQ(read.metadata_metric_name, "build");
  EXPECT_THAT(read.metadata_label_map, ElementsAre(Pair("version", "v")));
  EXPECT_TRUE(read.telemetry);
}

TEST(LegacyOptions, NameTheEntryOfAWrongShape) {
  const Value wrong_list = list({"a", Value::List{}});
  struct Row {
    int line;
    const char* option;
    Value value;
    const char* message;
  };
  const Row rows[] = {
      {__LINE__, "namespace", nullptr, "`namespace` is missing"},
      {__LINE__, "metrics", nullptr, "`metrics` is missing"},
      {__LINE__, "metrics", list({}), "`metrics` is empty"},
      {__LINE__, "metrics", wrong_list, "`metrics[1]` is a list, not a text or an object"},
      {__LINE__, "metrics", list({Map{{"a", Map{{"name", "b"}}}}}),
       "`metrics[0].a` is an object, not a text"},
      {__LINE__, "type_overrides", wrong_list, "`type_overrides` is a list"},
      {__LINE__, "labels_mapper", Map{{"a", nullptr}}, "`labels_mapper.a` is null"},
      {__LINE__, "metadata_label_map", "v", "`metadata_label_map` is a text, not an object"},
      {__LINE__, "ignore_metrics", wrong_list, "`ignore_metrics[1]`"},
      {__LINE__, "ignore_metrics_by_labels", Map{{"zone", Map{}}},
       "`ignore_metrics_by_labels.zone` is an object"},
      {__LINE__, "label_joins", wrong_list, "`label_joins` is a list"},
      {__LINE__, "label_joins", Map{{"info", "pod"}}, "`label_joins.info` is a text"},
      {__LINE__, "label_joins", Map{{"info", Map{{"labels_to_match", "pod"}}}},
       "`label_joins.info.labels_to_get` is missing"},
      {__LINE__, "label_joins", Map{{"info", Map{{"labels_to_get", wrong_list}}}},
       "`label_joins.info.labels_to_get[1]` is a list"},
      {__LINE__, "label_to_hostname", Map{}, "`label_to_hostname`"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    Map instance{{"namespace", "app"}, {"metrics", list({"a"})}};
    instance.set(row.option, row.value);
    const auto read = read_legacy_options(Value(std::move(instance)));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), Errc::invalid_config);
    EXPECT_THAT(read.error().message(), HasSubstr(row.message));
  }
}

}  // namespace
}  // namespace remora::checks::openmetrics
