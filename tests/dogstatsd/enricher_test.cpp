#include "remora/dogstatsd/enricher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "dogstatsd/task_tagger.hpp"

namespace remora::dogstatsd {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Strings = std::vector<std::string>;

class EnricherTest : public testing::Test {
 protected:
  Enricher make(EnricherOptions options = {}) {
    return Enricher(std::move(options), origins, warnings);
  }
  static MetricMessage message(std::string_view name, std::optional<std::string_view> tags = {}) {
    MetricMessage out;
    out.name = name;
    out.has_tags = tags.has_value();
    out.tags = tags.value_or("");
    return out;
  }
  static Strings tags_of(const EnrichedMetric& metric) {
    return {metric.tags.begin(), metric.tags.end()};
  }

  TaskTagger task;
  telemetry::DogstatsdCounters counters;
  Strings warnings;
  Origins origins{{}, task.tagger, counters, nullptr};
};

struct TagRow {
  const char* name;
  std::optional<std::string_view> tags;
  Strings sent;
  std::optional<std::string_view> host;
};

class ClientTags : public EnricherTest, public testing::WithParamInterface<TagRow> {};

TEST_P(ClientTags, AreSortedUniqueAndRidOfSpecialOnes) {
  Enricher enricher = make();
  (void)enricher.metric(message("before", "host:old,zzz"), 0);  // nothing of it may stay
  const EnrichedMetric metric = enricher.metric(message("m", GetParam().tags), 0);
  EXPECT_EQ(metric.name, "m");
  EXPECT_EQ(tags_of(metric), GetParam().sent);
  EXPECT_EQ(metric.has_host, GetParam().host.has_value());
  EXPECT_EQ(metric.host, GetParam().host.value_or(""));
  EXPECT_FALSE(metric.filtered);
}

INSTANTIATE_TEST_SUITE_P(
    All, ClientTags,
    testing::Values(
        TagRow{"None", {}, {}, {}}, TagRow{"EmptyField", "", {}, {}},
        TagRow{"OneOrder", "b,a", {"a", "b"}, {}}, TagRow{"TheOther", "a,b", {"a", "b"}, {}},
        TagRow{"Twice", "a,a", {"a"}, {}}, TagRow{"KeyTwice", "k:b,k:a", {"k:a", "k:b"}, {}},
        TagRow{"Empty", ",a,,b,", {"a", "b"}, {}}, TagRow{"OfTheOrigin", "env:prod,x", {"x"}, {}},
        TagRow{"NotQuiteOfTheOrigin", "env:prod2,env,x", {"env", "env:prod2", "x"}, {}},
        TagRow{"Host", "host:h1", {}, "h1"}, TagRow{"EmptyHost", "host:,a", {"a"}, ""},
        TagRow{"LastHostWins", "host:h1,a,host:h2", {"a"}, "h2"},
        TagRow{"NoHost", "hostname:h1,host", {"host", "hostname:h1"}, {}},
        TagRow{"Entity", "dd.internal.entity_id:pod,x", {"x"}, {}},
        TagRow{"JmxCheck", "dd.internal.jmx_check_name:tomcat,x", {"x"}, {}},
        TagRow{"Cardinality", "dd.internal.card:low,x", {"x"}, {}},
        TagRow{"OtherInternal", "dd.internal.x:y", {"dd.internal.x:y"}, {}},
        // Only the first sets it; a further one is a tag like any other.
        TagRow{"CardinalityTwice",
               "dd.internal.card:low,dd.internal.card:high",
               {"dd.internal.card:high"},
               {}},
        TagRow{"CardinalityEmptyFirst", "dd.internal.card:,dd.internal.card:low", {}, {}},
        TagRow{"NotUtf8", "\xff,a", {"a", "\xff"}, {}}),
    [](const auto& row) { return row.param.name; });

TEST_F(EnricherTest, CardinalityOfTheTagReachesTheOrigin) {
  Enricher enricher = make();
  const auto origin = [&](std::string_view tags, std::string_view card) {
    MetricMessage m = message("m", tags);
    m.local_data = task.web;
    m.cardinality = card;
    const EnrichedMetric metric = enricher.metric(m, 0);
    return std::pair(metric.origin, tags_of(metric));
  };
  const auto high = origin("dd.internal.card:high,x", "");
  EXPECT_EQ(high.second, Strings{"x"});
  EXPECT_THAT(origins.tags(high.first), Contains("container_id:" + task.web));
  // The field was there first: the tag stays one.
  const auto both = origin("dd.internal.card:low", "high");
  EXPECT_EQ(both.first, high.first);
  EXPECT_EQ(both.second, Strings{"dd.internal.card:low"});
  const auto none = origin("dd.internal.card:none,env:prod", "");
  EXPECT_EQ(origins.tags(none.first), Strings{});
  EXPECT_EQ(none.second, Strings{"env:prod"}) << "no origin holds it now";
}

TEST_F(EnricherTest, OriginIsThatOfSocketClientAndEntity) {
  Enricher enricher = make();
  MetricMessage m = message("m", "ecs_container_name:web,x");
  m.local_data = task.web;
  EnrichedMetric metric = enricher.metric(m, 0);
  EXPECT_THAT(origins.tags(metric.origin), Contains("ecs_container_name:web"));
  EXPECT_EQ(tags_of(metric), Strings{"x"});

  metric = enricher.metric(m, origins.container(task.init));
  EXPECT_THAT(origins.tags(metric.origin), Contains("ecs_container_name:web"));
  EXPECT_THAT(origins.tags(metric.origin), Contains("ecs_container_name:init"));

  m.tags = "dd.internal.entity_id:none";
  metric = enricher.metric(m, origins.container(task.init));
  EXPECT_THAT(origins.tags(metric.origin), Not(Contains("ecs_container_name:web")));
  EXPECT_THAT(origins.tags(metric.origin), Contains("ecs_container_name:init"));
}

struct NameRow {
  const char* name;
  std::string_view name_space, metric, expected;
};

class Namespaces : public EnricherTest, public testing::WithParamInterface<NameRow> {};

TEST_P(Namespaces, StandBeforeNames) {
  EnricherOptions options;
  options.metric_namespace = GetParam().name_space;
  options.namespace_exclusions = {"jvm", "datadog.agent"};
  Enricher enricher = make(options);
  EXPECT_EQ(enricher.metric(message(GetParam().metric), 0).name, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, Namespaces,
    testing::Values(NameRow{"None", "", "a", "a"}, NameRow{"WithoutDot", "app", "a", "app.a"},
                    NameRow{"WithDot", "app.", "a", "app.a"},
                    NameRow{"Excluded", "app", "jvm.heap", "jvm.heap"},
                    NameRow{"ExcludedAsAPlainPrefix", "app", "jvmx", "jvmx"},
                    NameRow{"NotExcluded", "app", "datadog.agen", "app.datadog.agen"},
                    NameRow{"SameStart", "app", "app.a", "app.app.a"}),
    [](const auto& row) { return row.param.name; });

TEST_F(EnricherTest, FilterListSeesTheFinalName) {
  EnricherOptions options;
  options.metric_namespace = "app";
  options.filter_list = {"app.a", "b"};
  Enricher enricher = make(options);
  EXPECT_TRUE(enricher.metric(message("a"), 0).filtered);
  EXPECT_FALSE(enricher.metric(message("b"), 0).filtered);
  options.filter_match_prefix = true;
  Enricher by_prefix = make(options);
  EXPECT_TRUE(by_prefix.metric(message("abc"), 0).filtered);
  EXPECT_FALSE(by_prefix.metric(message("b"), 0).filtered);
}

TEST_F(EnricherTest, SeriesOfHistogramsHaveTheirOwnList) {
  EnricherOptions options;
  options.filter_list = {"h.max", "h.count", "h"};
  options.histogram_suffixes = {".max", ".95percentile"};
  const Enricher enricher = make(options);
  EXPECT_TRUE(enricher.drops_series("h", ".max"));
  EXPECT_FALSE(enricher.drops_series("h", ".count")) << "no configured aggregate";
  EXPECT_FALSE(enricher.drops_series("h", ".95percentile"));
  EXPECT_FALSE(enricher.drops_series("h", "")) << "dropped on arrival, not here";
  options.filter_match_prefix = true;
  const Enricher by_prefix = make(options);
  EXPECT_TRUE(by_prefix.drops_series("h", ".max"));
  EXPECT_FALSE(by_prefix.drops_series("h", ".95percentile"));
}

TEST_F(EnricherTest, MapperComesFirstAndItsTagsAreReadLikeThoseOfTheClient) {
  EnricherOptions options;
  options.metric_namespace = "app";
  options.filter_list = {"app.dropped"};
  options.mapper_profiles_json =
      R"([{"name":"p","prefix":"job.","mappings":[
           {"match":"job.*.on.*","name":"job.run","tags":{"type":"$1","host":"$2"}},
           {"match":"job.bad","name":"dropped"}]}])";
  Enricher enricher = make(options);
  EXPECT_TRUE(warnings.empty());
  const EnrichedMetric metric = enricher.metric(message("job.mail.on.h9", "z,type:a,host:h1"), 0);
  EXPECT_EQ(metric.name, "app.job.run");
  EXPECT_EQ(tags_of(metric), (Strings{"type:a", "type:mail", "z"}));
  EXPECT_EQ(metric.host, "h9");
  EXPECT_TRUE(enricher.metric(message("job.bad"), 0).filtered);
  EXPECT_EQ(enricher.metric(message("job.other"), 0).name, "app.job.other");
}

TEST_F(EnricherTest, BadOptionsAreNamedAndLeftOut) {
  EnricherOptions options;
  options.mapper_profiles_json = R"([{"name":"p"}])";
  options.tag_filter_list_json = "{";
  Enricher enricher = make(options);
  EXPECT_THAT(warnings, testing::UnorderedElementsAre(HasSubstr("dogstatsd_mapper_profiles"),
                                                      HasSubstr("metric_tag_filterlist")));
  EXPECT_EQ(enricher.metric(message("a"), 0).name, "a");
}

TEST_F(EnricherTest, TagFilterListCountsForValuesThatAddUp) {
  EnricherOptions options;
  options.metric_namespace = "app";
  options.tag_filter_list_json =
      R"([{"metric_name":"app.m","action":"exclude","tags":["user","env"]}])";
  Enricher enricher = make(options);
  const auto enrich = [&](MetricType type, std::int64_t timestamp = 0) {
    MetricMessage m = message("m", "user:7,x");
    m.type = type;
    m.timestamp = timestamp;
    const EnrichedMetric metric = enricher.metric(m, 0);
    const model::TagList& own = origins.tags(metric.origin);
    const bool env = std::find(own.begin(), own.end(), "env:prod") != own.end();
    return std::pair(tags_of(metric), env);
  };
  const std::pair stripped(Strings{"x"}, false);
  const std::pair whole(Strings{"user:7", "x"}, true);
  EXPECT_EQ(enrich(MetricType::counter), stripped);
  EXPECT_EQ(enrich(MetricType::distribution), stripped);
  EXPECT_EQ(enrich(MetricType::gauge), whole);
  EXPECT_EQ(enrich(MetricType::set), whole);
  EXPECT_EQ(enrich(MetricType::histogram), whole);
  EXPECT_EQ(enrich(MetricType::timing), whole);
  EXPECT_EQ(enrich(MetricType::counter, 1'600'000'000), whole) << "sent as it came";
}

TEST_F(EnricherTest, LinesOfManyTagsAndLongNames) {
  Enricher enricher = make();
  std::string tags;
  for (int i = 0; i < 10'000; ++i) tags += "key:" + std::to_string(i % 5'000) + ",";
  const std::string name(8'192, '\xfe');
  const EnrichedMetric metric = enricher.metric(message(name, tags), 0);
  EXPECT_EQ(metric.name, name);
  EXPECT_EQ(metric.tags.size(), 5'000u);
  EXPECT_TRUE(std::is_sorted(metric.tags.begin(), metric.tags.end()));
}

TEST_F(EnricherTest, CopyName) {
  EnricherOptions options;
  options.copy_prefix = "dist.";
  EXPECT_EQ(make(options).copy_name("app.h"), "dist.app.h");
  EXPECT_EQ(make().copy_name("app.h"), "app.h");
}

struct HostRow {
  const char* name;
  std::string_view field;
  std::string_view tags;
  const char* expected;
};

class Hosts : public EnricherTest, public testing::WithParamInterface<HostRow> {};

TEST_P(Hosts, OfEventsAndServiceChecks) {
  EnricherOptions options;
  options.hostname = "agent-host";
  Enricher enricher = make(options);
  EventMessage event;
  event.title = "t";
  event.host = GetParam().field;
  event.tags = GetParam().tags;
  event.has_tags = true;
  EXPECT_EQ(enricher.event(event, 0, 1).host, GetParam().expected);
  ServiceCheckMessage check;
  check.name = "c";
  check.host = GetParam().field;
  check.tags = GetParam().tags;
  check.has_tags = true;
  EXPECT_EQ(enricher.service_check(check, 0, 1).host, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(All, Hosts,
                         testing::Values(HostRow{"Ours", "", "", "agent-host"},
                                         HostRow{"Tag", "", "host:tag", "tag"},
                                         HostRow{"EmptyTag", "", "host:", ""},
                                         HostRow{"Field", "field", "", "field"},
                                         HostRow{"FieldBeforeTag", "field", "host:tag", "field"}),
                         [](const auto& row) { return row.param.name; });

TEST_F(EnricherTest, Event) {
  Enricher enricher = make();
  EventMessage message;
  message.title = R"(a\nb)";
  message.text = R"(\n\\n\t\n)";
  message.timestamp = 5;
  message.priority = model::EventPriority::low;
  message.alert_type = model::AlertType::error;
  message.aggregation_key = "key";
  message.source_type_name = "nagios";
  message.tags = "b,a,,b,env:prod,dd.internal.entity_id:none";
  message.has_tags = true;
  const model::Event event = enricher.event(message, origins.container(task.web), 99);
  EXPECT_EQ(event.title, "a\nb");
  EXPECT_EQ(event.text, "\n\\\n\\t\n");
  EXPECT_EQ(event.timestamp, 5);
  EXPECT_EQ(event.priority, model::EventPriority::low);
  EXPECT_EQ(event.alert_type, model::AlertType::error);
  EXPECT_EQ(event.aggregation_key, "key");
  EXPECT_EQ(event.source_type_name, "nagios");
  Strings expected = *task.tagger.container_tags(task.web, tagger::Cardinality::low);
  expected.insert(expected.end(), {"a", "b"});
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(*event.tags, expected);
}

TEST_F(EnricherTest, EventWithoutTimeOrTags) {
  Enricher enricher = make();
  EventMessage message;
  message.title = "t";
  const model::Event event = enricher.event(message, 0, 99);
  EXPECT_EQ(event.timestamp, 99);
  EXPECT_EQ(event.tags.get(), &origins.tags(0)) << "the list of the origin, not a copy";
}

TEST_F(EnricherTest, ServiceCheck) {
  EnricherOptions options;
  options.metric_namespace = "app";  // of metrics alone
  Enricher enricher = make(options);
  ServiceCheckMessage message;
  message.name = "db.up";
  message.status = model::CheckStatus::critical;
  message.message = R"(down\nhard)";
  message.tags = "x,dd.internal.card:none";
  message.has_tags = true;
  model::ServiceCheck check = enricher.service_check(message, 0, 99);
  EXPECT_EQ(check.check, "db.up");
  EXPECT_EQ(check.status, model::CheckStatus::critical);
  EXPECT_EQ(check.message, R"(down\nhard)") << "checks are not unescaped";
  EXPECT_EQ(check.timestamp, 99);
  EXPECT_EQ(*check.tags, Strings{"x"});
  message.timestamp = 7;
  EXPECT_EQ(enricher.service_check(message, 0, 99).timestamp, 7);
}

}  // namespace
}  // namespace remora::dogstatsd
