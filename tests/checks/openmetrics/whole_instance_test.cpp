// The check as the agent runs it: from pages to series and sketches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>

#include "fakes/run_coroutine.hpp"
#include "fakes/scripted_server.hpp"
#include "remora/checks/integration_instance.hpp"
#include "remora/checks/openmetrics/openmetrics.hpp"
#include "remora/core/clock.hpp"

namespace remora::checks {
namespace {

using namespace fakes::script;
using fakes::Script;
using fakes::ScriptedServer;
using model::Map;
using model::Value;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

Value list(Value::List items) { return Value(std::move(items)); }

Script page(const std::string& body) { return {read_request(), answer(200, body)}; }

// "name{tags}=value type", and "name{tags} sketch count sum".
class Collector final : public metrics::FlushSink {
 public:
  void on_series(const model::SeriesView& series) override {
    EXPECT_EQ(series.origin, (model::Origin{10, 11, 119}));
    std::string line(series.name);
    line.append(series.suffix) += tags_text(series.tags, *series.shared_tags);
    char value[40];
    std::snprintf(value, sizeof value, "=%g", series.points[0].value);
    line += value;
    line += series.type == model::SeriesType::count ? " count" : " gauge";
    lines.push_back(std::move(line));
  }
  void on_sketch(const model::SketchView& sketch) override {
    std::string line(sketch.name);
    line += tags_text(sketch.tags, *sketch.shared_tags);
    char value[60];
    std::snprintf(value, sizeof value, " sketch of %lld",
                  static_cast<long long>(sketch.points[0].count));
    lines.push_back(line + value);
  }
  std::vector<std::string> lines;

 private:
  template <class Shared>
  static std::string tags_text(model::PackedTags tags, const Shared& shared) {
    std::string text = "{";
    std::string_view tag;
    while (tags.next(tag)) text.append(text == "{" ? "" : ",").append(tag);
    for (const std::string& more : shared) text.append(text == "{" ? "" : ",").append(more);
    return text + "}";
  }
};

class WholeInstance : public testing::Test {
 protected:
  WholeInstance() : http_(std::make_unique<CheckHttp>(io_.get_executor(), net::ClientOptions())) {}
  ~WholeInstance() override {
    instance_.reset();
    http_.reset();
    io_.restart();
    io_.run();
  }

  Result<void> try_make(Map options) {
    InstanceConfig config;
    config.check = "openmetrics";
    config.id = "openmetrics:1";
    if (options.find("metrics") == nullptr) options.set("metrics", list({".*"}));
    config.instance = Value(std::move(options));
    auto made = IntegrationInstance::make(
        kOpenmetrics, std::move(config), {io_.get_executor(), clock_, *http_, clock_.wall()},
        {aggregator_, counters_, budget_,
         [this](model::ServiceCheck check) { checks_.push_back(std::move(check)); }},
        {});
    if (!made) return made.error();
    instance_ = std::move(*made);
    return {};
  }
  void make(const ScriptedServer& server, Map options) {
    options.set("openmetrics_endpoint", server.url() + "/metrics");
    if (options.find("tag_by_endpoint") == nullptr) options.set("tag_by_endpoint", false);
    const auto made = try_make(std::move(options));
    ASSERT_TRUE(made) << made.error().message();
  }
  RunOutcome run() { return fakes::run(io_, instance_->run()); }
  std::vector<std::string> flush() {
    Collector collector;
    instance_->flush(collector);
    return collector.lines;
  }

  asio::io_context io_;
  core::SystemClock clock_;
  std::unique_ptr<CheckHttp> http_;
  telemetry::AggregatorCounters aggregator_;
  telemetry::CheckCounters counters_;
  metrics::SamplerBudget budget_;
  std::vector<model::ServiceCheck> checks_;
  std::unique_ptr<IntegrationInstance> instance_;
};

TEST_F(WholeInstance, CountersShowTheirGrowthFromTheSecondScrapeOn) {
  const std::string type = "# TYPE c counter\n";
  ScriptedServer server({page(type + "c{n=\"1\"} 100\n"),
                         page(type + "c{n=\"1\"} 107\nc{n=\"2\"} 3\n"),
                         page(type + "c{n=\"1\"} 2\nc{n=\"2\"} 3\n")});
  make(server, {{"namespace", "app"}});
  EXPECT_EQ(run().error, "");
  EXPECT_THAT(flush(), IsEmpty());
  EXPECT_EQ(run().error, "");
  EXPECT_THAT(flush(),
              UnorderedElementsAre("app.c.count{n:1}=7 count", "app.c.count{n:2}=3 count"));
  EXPECT_EQ(run().error, "");  // began anew: what it counted since is all of it
  EXPECT_THAT(flush(),
              UnorderedElementsAre("app.c.count{n:1}=2 count", "app.c.count{n:2}=0 count"));
}

TEST_F(WholeInstance, HistogramsAsDistributionsAreSketches) {
  const auto histogram = [](int low, int all) {
    return "# TYPE h histogram\nh_bucket{le=\"1\"} " + std::to_string(low) +
           "\nh_bucket{le=\"+Inf\"} " + std::to_string(all) + "\nh_sum 9\nh_count " +
           std::to_string(all) + "\n";
  };
  ScriptedServer server({page(histogram(10, 20)), page(histogram(13, 24))});
  make(server, {{"namespace", "app"}, {"histogram_buckets_as_distributions", "true"}});
  EXPECT_EQ(run().buckets, 2u);
  EXPECT_THAT(flush(), IsEmpty());
  EXPECT_EQ(run().buckets, 2u);
  EXPECT_THAT(flush(), UnorderedElementsAre("app.h{lower_bound:0,upper_bound:1.0} sketch of 3",
                                            "app.h{lower_bound:1.0,upper_bound:inf} sketch of 1"));
}

TEST_F(WholeInstance, TwoThousandMetricsAreTheLimitUnlessToldOtherwise) {
  std::string text = "# TYPE g gauge\n";
  for (int i = 0; i < 2500; ++i) text += "g{n=\"" + std::to_string(i) + "\"} 1\n";
  ScriptedServer server({page(text)});
  make(server, {});
  const RunOutcome outcome = run();
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.samples, 2000u);
  EXPECT_THAT(outcome.warnings,
              ElementsAre("Check openmetrics exceeded limit of 2000 metrics, ignoring next ones"));
  EXPECT_EQ(flush().size(), 2000u);
  make(server, {{"max_returned_metrics", "3000"}});
  EXPECT_EQ(run().samples, 2500u);
}

TEST_F(WholeInstance, TagsOfTheInstanceAreThereOnceUnlessIgnored) {
  ScriptedServer server({page("# TYPE g gauge\ng{a=\"1\"} 1\n")});
  const Map options{{"namespace", "app"},
                    {"tags", list({"team:x", "pod:1"})},
                    {"service", "shop"},
                    {"tag_by_endpoint", true}};
  make(server, options);
  EXPECT_EQ(run().error, "");
  const std::string endpoint = "endpoint:" + server.url() + "/metrics";
  EXPECT_THAT(flush(),
              ElementsAre("app.g{a:1," + endpoint + ",pod:1,service:shop,team:x}=1 gauge"));
  ASSERT_EQ(checks_.size(), 1u);
  EXPECT_EQ(checks_[0].check, "app.openmetrics.health");
  EXPECT_THAT(*checks_[0].tags, ElementsAre(endpoint, "pod:1", "service:shop", "team:x"));

  Map ignoring = options;
  ignoring.set("ignore_tags", list({"^pod:"}));
  make(server, ignoring);
  EXPECT_EQ(run().error, "");
  EXPECT_THAT(flush(), ElementsAre("app.g{a:1," + endpoint + ",service:shop,team:x}=1 gauge"));
  EXPECT_THAT(*checks_[1].tags, ElementsAre(endpoint, "service:shop", "team:x"));

  Map older{{"prometheus_url", server.url()}, {"metrics", list({"g"})}};
  for (const char* key : {"namespace", "tags", "service"}) older.set(key, *options.find(key));
  older.set("ignore_tags", "pod");
  ASSERT_TRUE(try_make(older));
  EXPECT_EQ(run().error, "");
  EXPECT_THAT(flush(), ElementsAre("app.g{a:1,service:shop,team:x}=1 gauge"));
  EXPECT_EQ(checks_[2].check, "app.prometheus.health");
  EXPECT_THAT(*checks_[2].tags, ElementsAre("endpoint:" + server.url(), "service:shop", "team:x"));
}

TEST_F(WholeInstance, WhatIsNotImplementedIsDeclinedByName) {
  const auto made = try_make({{"openmetrics_endpoint", "http://127.0.0.1:1/"},
                              {"collect_histograms_as_distributions", "true"}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), Errc::unsupported);
  EXPECT_THAT(made.error().message(), HasSubstr("collect_histograms_as_distributions"));
  EXPECT_TRUE(try_make({{"openmetrics_endpoint", "http://127.0.0.1:1/"},
                        {"collect_histograms_as_distributions", false}}));
}

}  // namespace
}  // namespace remora::checks
