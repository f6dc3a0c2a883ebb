#include "checks/instance_sender.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "fakes/allocation_counter.hpp"
#include "fakes/fake_clock.hpp"

namespace remora::checks {
namespace {

using model::Map;
using model::Value;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Value list(std::vector<Value> items) { return Value(Value::List(std::move(items))); }

IntegrationInfo demo() {
  IntegrationInfo info;
  info.name = "demo";
  info.title = "Demo";
  info.name_space = "demo";
  return info;
}

// What came out, as "name{tags}=value".
class Collector final : public metrics::FlushSink {
 public:
  void on_series(const model::SeriesView& series) override {
    std::string line(series.name);
    line.append(series.suffix).append("{");
    std::string_view tag;
    for (model::PackedTags tags = series.tags; tags.next(tag);) line.append(tag).append(",");
    for (const std::string& more : *series.shared_tags) line.append(more).append(",");
    if (line.ends_with(',')) line.pop_back();
    lines.push_back(line + "}=" + std::to_string(static_cast<int>(series.points[0].value)));
  }
  void on_sketch(const model::SketchView& sketch) override {
    lines.push_back(std::string(sketch.name) + " sketch");
  }
  std::vector<std::string> lines;
};

class SamplerSenderTest : public testing::Test {
 protected:
  // Makes the sender of an instance with these options.
  SamplerSender& make(Map instance, const IntegrationInfo& info = demo(), Map init_config = {}) {
    info_ = info;
    InstanceConfig config;
    config.check = std::string(info.name);
    config.instance = Value(std::move(instance));
    config.init_config = Value(std::move(init_config));
    auto settings = read_instance_settings(info_, config);
    EXPECT_TRUE(settings) << settings.error().message();
    settings_ = std::move(*settings);
    metrics::CheckSamplerOptions options;
    options.tags = settings_.tags;
    sampler_.emplace(std::move(options), aggregator_, budget_);
    sender_.emplace(info_, settings_, "", *sampler_, clock_, counters_,
                    [this](model::ServiceCheck check) { checks_.push_back(std::move(check)); });
    sender_->begin_run();
    return *sender_;
  }
  std::vector<std::string> sent() {
    sampler_->commit(clock_.now(), 1000);
    Collector collector;
    sampler_->flush(collector);
    return collector.lines;
  }

  fakes::FakeClock clock_;
  telemetry::AggregatorCounters aggregator_;
  telemetry::CheckCounters counters_;
  metrics::SamplerBudget budget_;
  IntegrationInfo info_;
  InstanceSettings settings_;
  std::optional<metrics::CheckSampler> sampler_;
  std::optional<SamplerSender> sender_;
  std::vector<model::ServiceCheck> checks_;
};

TEST_F(SamplerSenderTest, NamesGetTheNamespaceUnlessTheyAreWhole) {
  auto& sender = make({});
  sender.gauge("a", 1);
  Submission whole;
  whole.name = "other.b";
  whole.raw = true;
  sender.submit(whole);
  EXPECT_THAT(sent(), ElementsAre("demo.a{}=1", "other.b{}=0"));
  IntegrationInfo bare = demo();
  bare.name_space = "";
  make({}, bare).gauge("a", 1);
  EXPECT_THAT(sent(), ElementsAre("a{}=1"));
}

TEST_F(SamplerSenderTest, EverythingCarriesTheTagsOfTheInstanceAndItsService) {
  auto& sender = make({{"tags", list({"team:x", nullptr, 5, ""})}, {"service", "shop"}}, demo(),
                      {{"service", "not this one"}});
  sender.gauge("a", 1, std::vector<std::string>{"b:2", "a:1", "b:2"});
  sender.service_check("can_connect", model::CheckStatus::critical, std::vector<std::string>{"p:1"},
                       "refused");
  EXPECT_THAT(sent(), ElementsAre("demo.a{a:1,b:2,service:shop,team:x}=1"));
  ASSERT_EQ(checks_.size(), 1u);
  EXPECT_EQ(checks_[0].check, "demo.can_connect");
  EXPECT_EQ(checks_[0].status, model::CheckStatus::critical);
  EXPECT_EQ(checks_[0].message, "refused");
  EXPECT_EQ(checks_[0].timestamp, 1'700'000'000);
  EXPECT_THAT(*checks_[0].tags, ElementsAre("p:1", "service:shop", "team:x"));
  EXPECT_EQ(settings_.notes.size(), 2u);  // the number and the empty text; null is no fault
}

TEST_F(SamplerSenderTest, TheServiceOfInitConfigHoldsWhereTheInstanceHasNone) {
  make({}, demo(), {{"service", "shop"}}).gauge("a", 1);
  EXPECT_THAT(sent(), ElementsAre("demo.a{service:shop}=1"));
}

TEST_F(SamplerSenderTest, TagsAreTextsOrViewsOfThem) {
  auto& sender = make({});
  const std::vector<std::string_view> views{"b:2", "a:1"};
  sender.gauge("a", 1, views);
  sender.service_check("up", model::CheckStatus::ok, views, "");
  EXPECT_THAT(sent(), ElementsAre("demo.a{a:1,b:2}=1"));
  EXPECT_THAT(*checks_[0].tags, ElementsAre("a:1", "b:2"));
}

TEST_F(SamplerSenderTest, IgnoredTagsOfTheInstanceAreNotSent) {
  const Map instance{{"tags", list({"pod:x", "team:a", "env:pod"})},
                     {"service", "pod"},
                     {"ignore_tags", list({"^pod:", "", "^env"})}};
  const std::vector<std::string> own{"pod:own"};
  make(instance).gauge("a", 1, own);  // a check that has no such option
  EXPECT_THAT(sent(), ElementsAre("demo.a{pod:own,env:pod,pod:x,service:pod,team:a}=1"));
  IntegrationInfo info = demo();
  info.ignore_tags = true;
  auto& sender = make(instance, info);
  sender.gauge("a", 1, own);
  sender.service_check("up", model::CheckStatus::ok, own, "");
  EXPECT_THAT(sent(), ElementsAre("demo.a{pod:own,service:pod,team:a}=1"));
  EXPECT_THAT(*checks_[0].tags, ElementsAre("pod:own", "service:pod", "team:a"));

  InstanceConfig config;
  config.instance = Value(Map{{"ignore_tags", list({"(a)\\1"})}});
  const auto refused = read_instance_settings(info, config);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::invalid_config);
  EXPECT_THAT(refused.error().message(), HasSubstr("ignore_tags: `(a)\\1`: a back reference"));
  config.instance = Value(Map{{"ignore_tags", Map{}}});
  EXPECT_FALSE(read_instance_settings(info, config));
}

TEST_F(SamplerSenderTest, TagsThatAreNoTextAreLeftOut) {
  make({}).gauge("a", 1, std::vector<std::string>{"", "bad:\xff", "good:1"});
  EXPECT_THAT(sent(), ElementsAre("demo.a{good:1}=1"));
}

struct RenameCase {
  int line;
  std::string_view tag, renamed;
};

TEST(RenamedTag, GivesGenericKeysTheNameOfTheCheck) {
  const RenameCase cases[] = {
      {__LINE__, "host:x", "demo_host:x"},
      {__LINE__, "env:a:b", "demo_env:a:b"},
      {__LINE__, "version", "demo_version"},
      {__LINE__, "cluster_name:", "demo_cluster_name"},
      {__LINE__, "hosts:x", ""},
      {__LINE__, "Host:x", ""},
      {__LINE__, "", ""},
      {__LINE__, "x:host", ""},
  };
  for (const RenameCase& c : cases) {
    EXPECT_EQ(renamed_tag("demo", c.tag), c.renamed) << "line " << c.line;
  }
  for (const char* key : {"cluster_name", "clustername", "cluster", "clusterid", "cluster_id",
                          "env", "host_name", "hostname", "host", "service", "version"}) {
    EXPECT_TRUE(is_generic_tag_key(key)) << key;
  }
}

TEST_F(SamplerSenderTest, GenericTagsAreRenamedWhenAskedFor) {
  const std::vector<std::string> tags{"host:h"};
  const Map instance{{"tags", list({"env:p"})}, {"service", "s"}};
  make(instance).gauge("a", 1, tags);
  EXPECT_THAT(sent(), ElementsAre("demo.a{host:h,env:p,service:s}=1"));

  Map renaming = instance;
  renaming.set("disable_generic_tags", "true");
  make(renaming).gauge("a", 1, tags);
  // `service:` comes from the agent, after the check.
  EXPECT_THAT(sent(), ElementsAre("demo.a{demo_host:h,demo_env:p,service:s}=1"));

  IntegrationInfo both = demo();
  both.both_tag_forms = true;
  make(instance, both).gauge("a", 1, tags);
  EXPECT_THAT(sent(), ElementsAre("demo.a{demo_host:h,host:h,demo_env:p,env:p,service:s}=1"));
  make(renaming, both).gauge("a", 1, tags);
  EXPECT_THAT(sent(), ElementsAre("demo.a{demo_host:h,demo_env:p,service:s}=1"));
}

TEST_F(SamplerSenderTest, PatternsAreSearchedInTheWholeName) {
  const Value both(
      Map{{"include", list({"^demo\\.mem", "", "cpu"})}, {"exclude", list({"peak$"})}});
  auto& sender = make({{"metric_patterns", both}});
  for (const char* name : {"mem.used", "mem.peak", "x.cpu.y", "disk"}) sender.gauge(name, 1);
  EXPECT_THAT(sent(), ElementsAre("demo.mem.used{}=1", "demo.x.cpu.y{}=1"));
  EXPECT_EQ(sender.counts().samples, 2u);

  auto& others = make({{"metric_patterns", Map{{"exclude", list({"mem"})}}}});
  for (const char* name : {"mem.used", "disk"}) others.gauge(name, 1);
  EXPECT_THAT(sent(), ElementsAre("demo.disk{}=1"));
}

struct RefusedCase {
  int line;
  Map instance;
  Errc code;
  std::string message;
};

TEST(InstanceSettings, NamesTheOptionThatCannotBe) {
  IntegrationInfo info = demo();
  const std::string_view declined[] = {"dbm"};
  info.declined_options = declined;
  const RefusedCase cases[] = {
      {__LINE__,
       {{"metric_patterns", "x"}},
       Errc::invalid_config,
       "metric_patterns has to be an object"},
      {__LINE__,
       {{"metric_patterns", Map{{"include", "x"}}}},
       Errc::invalid_config,
       "metric_patterns.include has to be a list of texts"},
      {__LINE__,
       {{"metric_patterns", Map{{"exclude", list({1})}}}},
       Errc::invalid_config,
       "metric_patterns.exclude has to be a list of texts"},
      {__LINE__,
       {{"metric_patterns", Map{{"include", list({"(?!x)y"})}}}},
       Errc::invalid_config,
       "metric_patterns.include: `(?!x)y`: look-ahead cannot be used: expressions run on RE2, "
       "which "
       "has none; see docs/checks.md"},
      {__LINE__, {{"dbm", "true"}}, Errc::unsupported, "option dbm is not implemented by remora"},
      {__LINE__,
       {{"no_index", true}},
       Errc::unsupported,
       "option no_index is not implemented by remora"},
  };
  for (const RefusedCase& c : cases) {
    InstanceConfig config;
    config.instance = Value(c.instance);
    const auto settings = read_instance_settings(info, config);
    ASSERT_FALSE(settings) << "line " << c.line;
    EXPECT_EQ(settings.error().code(), c.code) << "line " << c.line;
    EXPECT_EQ(settings.error().message(), c.message) << "line " << c.line;
  }
  InstanceConfig off;
  off.instance = Value(Map{{"dbm", false}, {"no_index", nullptr}});
  EXPECT_TRUE(read_instance_settings(info, off));
}

struct IntervalCase {
  int line;
  Map instance, init_config;
  int seconds;
};

TEST(InstanceSettings, IntervalOfTheInstanceThenOfInitConfigThenTheUsual) {
  const IntervalCase cases[] = {
      {__LINE__, {}, {}, 15},
      {__LINE__, {{"min_collection_interval", 30}}, {{"min_collection_interval", 60}}, 30},
      {__LINE__, {{"min_collection_interval", 0}}, {{"min_collection_interval", "60"}}, 60},
      {__LINE__, {{"min_collection_interval", "5"}}, {}, 5},
      {__LINE__, {{"min_collection_interval", -5}}, {}, 15},
      {__LINE__, {{"min_collection_interval", "soon"}}, {}, 15},
      {__LINE__, {{"min_collection_interval", std::int64_t{1} << 62}}, {}, 7 * 24 * 3600},
  };
  for (const IntervalCase& c : cases) {
    InstanceConfig config;
    config.instance = Value(c.instance);
    config.init_config = Value(c.init_config);
    const auto settings = read_instance_settings(demo(), config);
    ASSERT_TRUE(settings) << "line " << c.line;
    EXPECT_EQ(settings->interval.count(), c.seconds) << "line " << c.line;
  }
}

TEST_F(SamplerSenderTest, TheLimitCountsCallsOrContextsAndWarnsOnce) {
  auto& sender = make({{"max_returned_metrics", 3}});
  const auto submit = [&](SubmitKind kind, std::string_view name) {
    Submission submission;
    submission.kind = kind;
    submission.name = name;
    submission.value = 1;
    sender.submit(submission);
  };
  for (int i = 0; i < 4; ++i) submit(SubmitKind::count, "c");  // one
  submit(SubmitKind::gauge, "g");
  submit(SubmitKind::gauge, "g");
  submit(SubmitKind::gauge, "over");
  submit(SubmitKind::count, "c");  // nothing passes any more
  submit(SubmitKind::rate, "over");
  EXPECT_THAT(sent(), ElementsAre("demo.c{}=4", "demo.g{}=1"));
  EXPECT_THAT(sender.counts().warnings,
              ElementsAre("Check demo exceeded limit of 3 metrics, ignoring next ones"));
  EXPECT_EQ(sender.counts().samples, 6u);
  sender.begin_run();
  submit(SubmitKind::gauge, "g");
  EXPECT_THAT(sent(), ElementsAre("demo.g{}=1"));
  EXPECT_THAT(sender.counts().warnings, IsEmpty());
}

TEST_F(SamplerSenderTest, ALimitOfTheCheckCannotBeTakenAway) {
  IntegrationInfo info = demo();
  info.max_returned_metrics = 2000;
  make({{"max_returned_metrics", 0}}, info);
  EXPECT_EQ(settings_.max_returned_metrics, 2000u);
  EXPECT_THAT(settings_.notes, ElementsAre(HasSubstr("default of 2000 metrics")));
  make({{"max_returned_metrics", "5000"}}, info);
  EXPECT_EQ(settings_.max_returned_metrics, 5000u);
  make({{"max_returned_metrics", 0}});
  EXPECT_EQ(settings_.max_returned_metrics, 0u);
  EXPECT_THAT(settings_.notes, IsEmpty());
}

TEST_F(SamplerSenderTest, BucketsAreCountedApart) {
  auto& sender = make({{"max_returned_metrics", 1}});
  sender.gauge("g", 1);
  Submission bucket;
  bucket.kind = SubmitKind::bucket;
  bucket.name = "b";
  bucket.value = 3;
  bucket.upper = 1;
  bucket.flush_first = true;
  sender.submit(bucket);
  EXPECT_EQ(sender.counts().samples, 1u);
  EXPECT_EQ(sender.counts().buckets, 1u);
  EXPECT_THAT(sent(), ElementsAre("demo.g{}=1", "demo.b sketch"));
}

TEST_F(SamplerSenderTest, WarningsAndMetadataAreBoundedAndHoldNoSecret) {
  auto& sender = make({});
  sender.warning("cannot reach http://user:hunter2@db/");
  for (int i = 0; i < 100; ++i) sender.warning(std::string(5'000, 'x'));
  ASSERT_EQ(sender.counts().warnings.size(), 20u);
  EXPECT_THAT(sender.counts().warnings[0], testing::Not(HasSubstr("hunter2")));
  EXPECT_EQ(sender.counts().warnings[1].size(), 1'000u);
  sender.metadata("version", "7.0.14");
  sender.metadata("version", "7.0.15");
  for (int i = 0; i < 100; ++i) sender.metadata("k" + std::to_string(i), "v\xff");
  EXPECT_EQ(sender.known_metadata().size(), 50u);
  EXPECT_EQ(sender.known_metadata().at("version"), "7.0.15");
  EXPECT_EQ(sender.known_metadata().at("k0"), "v\xEF\xBF\xBD");
}

TEST_F(SamplerSenderTest, ServiceChecksOfOneRunAreBounded) {
  auto& sender = make({});
  for (int i = 0; i < 1'100; ++i) sender.service_check("s", model::CheckStatus::ok, {}, "");
  EXPECT_EQ(checks_.size(), 1'000u);
  EXPECT_EQ(counters_.service_checks.value, 1'000u);
}

TEST_F(SamplerSenderTest, PeakMemoryOfValuesPastTheLimitOfAnInstance) {
  auto& sender = make({});
  const fakes::PeakMemory memory;
  for (int i = 0; i < 100'000; ++i) {
    sender.gauge("m", 1,
                 std::vector<std::string>{"user:" + std::to_string(i) + std::string(100, 'x')});
  }
  EXPECT_LE(sampler_->bytes(), 16u << 20);
  EXPECT_GT(sampler_->bytes(), 12u << 20);
  EXPECT_LT(memory.peak(), 24 << 20);
}

}  // namespace
}  // namespace remora::checks
