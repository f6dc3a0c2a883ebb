// From what checks and applications submit to the requests at the intake.
#include "agent/pipeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "agent/component_options.hpp"
#include "agent/dogstatsd_service.hpp"
#include "agent/integrations.hpp"
#include "fakes/fake_clock.hpp"
#include "fakes/fake_http_client.hpp"
#include "serializer/decode_series.hpp"

namespace remora::agent {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    http_.otherwise = [](const net::HttpRequest&) -> fakes::FakeHttpClient::Answer {
      return net::HttpResponse(202, "");
    };
  }
  ~PipelineTest() override {
    stop_.emit(asio::cancellation_type::terminal);
    poll();
    http_.release();
    poll();
  }

  /// The whole way out, with these settings besides the key. No DogStatsD socket is opened.
  void make(config::Environment environment = {}) {
    environment.emplace("DD_API_KEY", "0123456789abcdef0123456789abcdef");
    environment.emplace("DD_DOGSTATSD_PORT", "0");
    environment.emplace("DD_DOGSTATSD_SOCKET", "off");
    environment.emplace("DD_SERIALIZER_COMPRESSOR_KIND", "none");
    loaded_ = config::load_text(environment, "", "");
    const config::Settings& settings = loaded_.settings;
    std::vector<std::string> warnings;
    forwarder_ = std::make_unique<forwarder::Intake>(
        http_, clock_, counters_.forwarder, registry_.add("forwarder", std::chrono::seconds(60)),
        forwarder_options(settings, *intake_domains(settings, warnings)));
    asio::co_spawn(io_, forwarder_->run(),
                   asio::bind_cancellation_slot(stop_.slot(), [](std::exception_ptr) {}));
    DogstatsdOptions dogstatsd = dogstatsd_options(settings, {}, warnings);
    dogstatsd_ = std::make_unique<DogstatsdService>(std::move(dogstatsd), counters_, warnings);
    dogstatsd_->build(tagger_, clock_, warnings);
    DiscoveryOptions discovery = discovery_options(loaded_, {}, {}, {});
    discovery.directories.clear();
    integrations_ = std::make_unique<Integrations>(
        std::move(discovery), tagger_, clock_, io_.get_executor(), net::ClientOptions(), counters_,
        [this](model::ServiceCheck check) { aggregator_.submit(std::move(check)); });
    const auto compression = compression_options(settings);
    const auto [kind, level] = *compression;
    const auto to_forwarder = [this](model::Payload p) { forwarder_->submit(std::move(p)); };
    const auto limits = payload_limits(settings);
    serializers_.reset(
        new Serializers{{kind, level, series_limits(settings), counters_.serializer, to_forwarder},
                        {kind, level, limits, counters_.serializer, to_forwarder},
                        {kind, level, limits, counters_.serializer},
                        {kind, level, limits, settings.hostname, counters_.serializer}});
    pipeline_ = std::make_unique<Pipeline>(
        aggregator_, integrations_->scheduler(), dogstatsd_->source(), *serializers_, *forwarder_,
        tagger_, clock_, counters_, registry_.add("aggregator", std::chrono::seconds(60)),
        pipeline_options(settings));
    poll();
  }

  void packet(std::string_view text) {
    const dogstatsd::Packet one{text};
    dogstatsd_->source().server->on_packets({&one, 1});
  }
  void submit_gauge(std::string_view name, double value) {
    pipeline_->submit(
        model::Sample{name, model::SampleKind::gauge, value, model::empty_tags(), {}});
  }
  void begin_flush(bool everything = true) {
    asio::co_spawn(io_, pipeline_->flush(everything), [this](std::exception_ptr e) {
      EXPECT_FALSE(e);
      ++flushes_;
    });
    poll();
  }
  void flush(bool everything = true) {
    const int before = flushes_;
    begin_flush(everything);
    EXPECT_EQ(flushes_, before + 1);
  }
  void poll() {
    io_.restart();
    io_.poll();
  }

  [[nodiscard]] std::vector<std::string> bodies(std::string_view path) const {
    std::vector<std::string> all;
    for (const net::HttpRequest& request : http_.requests) {
      if (request.url.target == path) all.push_back(*request.body);
    }
    return all;
  }
  /// By name: host (empty where there is none) of every series that has arrived.
  [[nodiscard]] std::map<std::string, std::string> series_hosts() const {
    std::map<std::string, std::string> hosts;
    for (const std::string& body : bodies("/api/v2/series")) {
      protozero::pbf_reader message(body);
      while (message.next(1)) {
        const auto series = serializer::decode_series(message.get_message());
        std::string& host = hosts[series.metric];
        for (const auto& [type, name] : series.resources) {
          if (type == "host") host = name;
        }
      }
    }
    return hosts;
  }
  [[nodiscard]] nlohmann::json service_check(const std::string& name) const {
    for (const std::string& body : bodies("/api/v1/check_run")) {
      for (const auto& one : nlohmann::json::parse(body)) {
        if (one["check"] == name) return one;
      }
    }
    return {};
  }

  asio::io_context io_;
  asio::cancellation_signal stop_;
  fakes::FakeClock clock_;
  fakes::FakeHttpClient http_;
  telemetry::Counters counters_;
  telemetry::HealthRegistry registry_{clock_};
  config::Loaded loaded_;
  tagger::Tagger tagger_{tagger::TaggerOptions{}, counters_};
  metrics::CheckAggregator aggregator_{clock_, counters_.aggregator, {}};
  std::unique_ptr<forwarder::Intake> forwarder_;
  std::unique_ptr<DogstatsdService> dogstatsd_;
  std::unique_ptr<Integrations> integrations_;
  std::unique_ptr<Serializers> serializers_;
  std::unique_ptr<Pipeline> pipeline_;
  int flushes_ = 0;
};

model::ServiceCheck check(const std::string& name, std::int64_t timestamp = 0) {
  model::ServiceCheck out;
  out.check = name;
  out.timestamp = timestamp;
  return out;
}

TEST_F(PipelineTest, TheConfiguredHostIsOnSeriesAndServiceChecksOfChecks) {
  make({{"DD_HOSTNAME", "web-1"}});
  submit_gauge("container.memory.usage", 7);
  pipeline_->submit(check("fargate_check"));
  packet("page.views:1|c\n_sc|app.up|0");
  flush();
  const auto hosts = series_hosts();
  EXPECT_THAT(hosts, Contains(testing::Pair("container.memory.usage", "web-1")));
  EXPECT_THAT(hosts, Contains(testing::Pair("datadog.agent.running", "web-1")));
  EXPECT_THAT(hosts, Contains(testing::Pair("page.views", "web-1")));
  EXPECT_EQ(service_check("fargate_check")["host_name"], "web-1");
  EXPECT_EQ(service_check("datadog.agent.up")["host_name"], "web-1");
  EXPECT_EQ(service_check("app.up")["host_name"], "web-1");
}

TEST_F(PipelineTest, InATaskNothingHasAHost) {
  make();
  submit_gauge("container.memory.usage", 7);
  pipeline_->submit(check("fargate_check"));
  flush();
  EXPECT_THAT(series_hosts(), Each(testing::Pair(testing::_, "")));
  EXPECT_THAT(series_hosts(), Contains(testing::Pair("container.memory.usage", "")));
  EXPECT_EQ(service_check("fargate_check").value("host_name", "?"), "");
}

TEST_F(PipelineTest, AServiceCheckWithoutATimeGetsThatOfItsSubmission) {
  make();
  const auto submitted = core::unix_seconds(clock_.wall());
  pipeline_->submit(check("now"));
  pipeline_->submit(check("told", 1234));
  clock_.advance(std::chrono::seconds(10));
  flush();
  EXPECT_EQ(service_check("now")["timestamp"], submitted);
  EXPECT_EQ(service_check("told")["timestamp"], 1234);
}

TEST_F(PipelineTest, EachSwitchHoldsBackItsKindAndNoOther) {
  const std::map<std::string, std::string> kinds{{"SERIES", "/api/v2/series"},
                                                 {"SERVICE_CHECKS", "/api/v1/check_run"},
                                                 {"SKETCHES", "/api/beta/sketches"},
                                                 {"EVENTS", "/intake/"}};
  for (const auto& [off, held] : kinds) {
    SCOPED_TRACE(off);
    http_.requests.clear();
    make({{"DD_ENABLE_PAYLOADS_" + off, "false"}});
    submit_gauge("container.memory.usage", 7);
    pipeline_->submit(check("a"));
    packet("page.views:1|c\npage.time:3|d\n_sc|app.up|0\n_e{1,1}:a|b");
    flush();
    for (const auto& [kind, path] : kinds) {
      EXPECT_EQ(bodies(path).empty(), path == held) << path;
    }
  }
}

TEST_F(PipelineTest, TheStartIsToldOnce) {
  make();
  flush();
  EXPECT_THAT(series_hosts(), Contains(testing::Key("datadog.agent.started")));
  http_.requests.clear();
  clock_.advance(std::chrono::seconds(15));
  flush();
  EXPECT_THAT(series_hosts(), Not(Contains(testing::Key("datadog.agent.started"))));
  EXPECT_THAT(series_hosts(), Contains(testing::Key("datadog.agent.running")));
}

TEST_F(PipelineTest, OnlyAFlushOfEverythingGivesTheOpenBucket) {
  make();
  packet("page.views:1|c");
  flush(false);
  EXPECT_THAT(series_hosts(), Not(Contains(testing::Key("page.views"))));
  flush(true);
  EXPECT_THAT(series_hosts(), Contains(testing::Key("page.views")));
}

TEST_F(PipelineTest, TwoFlushesFollowEachOther) {
  make();
  for (int i = 0; i < 1000; ++i) packet("m" + std::to_string(i) + ":1|c");
  asio::co_spawn(io_, pipeline_->flush(true), [this](std::exception_ptr) { ++flushes_; });
  asio::co_spawn(io_, pipeline_->flush(true), [this](std::exception_ptr) { ++flushes_; });
  poll();
  EXPECT_EQ(flushes_, 1) << "the second looks again after a pause";
  EXPECT_FALSE(pipeline_->flushing());
  clock_.advance(std::chrono::milliseconds(5));
  poll();
  EXPECT_EQ(flushes_, 2);
}

// 8,000 contexts with long tags are many payloads; the intake takes none.
TEST_F(PipelineTest, AFlushWaitsForAnIntakeThatIsBehindButNotForEver) {
  make({{"DD_FORWARDER_RETRY_QUEUE_PAYLOADS_MAX_SIZE", "100000"},
        {"DD_SERIALIZER_MAX_SERIES_UNCOMPRESSED_PAYLOAD_SIZE", "20000"}});
  http_.hold(true);
  for (int i = 0; i < 4000; ++i) packet("m" + std::to_string(i) + ":1|c");
  clock_.advance(std::chrono::seconds(20));
  begin_flush(false);
  EXPECT_EQ(flushes_, 0);
  EXPECT_GE(forwarder_->queued_bytes(), 50'000u);
  EXPECT_LT(forwarder_->queued_bytes(), 100'000u) << "the rest waits in the sampler";
  for (int i = 0; i < 249 && flushes_ == 0; ++i) {
    clock_.advance(std::chrono::milliseconds(20));
    poll();
  }
  EXPECT_EQ(flushes_, 0) << "after 4.98 s";
  clock_.advance(std::chrono::milliseconds(20));
  poll();
  EXPECT_EQ(flushes_, 1) << "after 5 s";
}

TEST_F(PipelineTest, AFlushAtStopDoesNotWait) {
  make({{"DD_FORWARDER_RETRY_QUEUE_PAYLOADS_MAX_SIZE", "100000"},
        {"DD_SERIALIZER_MAX_SERIES_UNCOMPRESSED_PAYLOAD_SIZE", "20000"}});
  http_.hold(true);
  for (int i = 0; i < 4000; ++i) packet("m" + std::to_string(i) + ":1|c");
  flush(true);
}

}  // namespace
}  // namespace remora::agent
