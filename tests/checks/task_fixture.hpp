// A check over the real task source and tagger, with the metadata endpoint under the test's
// control.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <utility>

#include "fakes/fake_clock.hpp"
#include "fakes/fake_http_client.hpp"
#include "fakes/fake_sender.hpp"
#include "fakes/run_coroutine.hpp"
#include "remora/checks/check.hpp"
#include "remora/ecs/task_source.hpp"
#include "remora/tagger/tagger.hpp"

namespace remora::checks {

inline constexpr std::string_view kContainerA = "158d1c8083dd49d6b527399fd6414f5c-1000000001";
inline constexpr std::string_view kContainerB = "158d1c8083dd49d6b527399fd6414f5c-1000000002";

class TaskFixture : public testing::Test {
 protected:
  TaskFixture() {
    http_.otherwise = [this](const net::HttpRequest& r) -> fakes::FakeHttpClient::Answer {
      const bool stats = r.url.target.ends_with("/stats");
      return net::HttpResponse(stats ? stats_status_ : 200, stats ? stats_body_ : task_body_);
    };
  }

  static std::string container(std::string_view id, std::string_view name,
                               std::string_view status = "RUNNING") {
    return R"({"DockerId": ")" + std::string(id) + R"(", "Name": ")" + std::string(name) +
           R"(", "DockerName": ")" + std::string(name) +
           R"(", "Image": "redis:7", "Limits": {"CPU": 10},
            "KnownStatus": ")" +
           std::string(status) + R"(", "StartedAt": "2023-11-14T22:12:20Z", "Type": "NORMAL"})";
  }
  static std::string task(std::string_view containers) {
    return R"({"Cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/demo",
      "TaskARN": "arn:aws:ecs:eu-west-1:111122223333:task/demo/158d1c8083dd49d6b527399fd6414f5c",
      "Family": "shop", "Revision": "3", "KnownStatus": "RUNNING", "LaunchType": "MANAGED_INSTANCES",
      "Limits": {"CPU": 0.5, "Memory": 1024}, "Containers": [)" +
           std::string(containers) + "]}";
  }
  static std::string stats(std::string_view id, std::uint64_t cpu) {
    return "\"" + std::string(id) + R"(": {"cpu_stats": {"cpu_usage": {"total_usage": )" +
           std::to_string(cpu) + R"(}}, "memory_stats": {"usage": 1000}})";
  }

  /// Fetches /task and tells the tagger, as the runtime does.
  void update_task(std::string body) {
    task_body_ = std::move(body);
    const auto fetched = fakes::run(io_, source_.refresh());
    ASSERT_TRUE(fetched) << fetched.error().message();
    tagger_.update(**fetched, ecs::LaunchType::managed_instances);
  }
  Result<void> run(Check& check) {
    sender_.clear();
    return fakes::run(io_, check.run(sender_));
  }
  [[nodiscard]] static net::Url base_url() {
    net::Url url;
    url.scheme = "http";
    url.host = "169.254.170.2";
    url.port = 80;
    url.target = "/v4/abc";
    return url;
  }
  [[nodiscard]] static ecs::MetadataClientOptions client_options() {
    ecs::MetadataClientOptions options;
    options.base = base_url();
    options.retry_max_elapsed = std::chrono::milliseconds(0);  // a failure is final at once
    options.startup_404 = std::chrono::seconds(0);
    return options;
  }

  std::string task_body_, stats_body_ = "{}";
  int stats_status_ = 200;
  asio::io_context io_;
  fakes::FakeClock clock_;
  fakes::FakeHttpClient http_;
  fakes::FakeSender sender_;
  telemetry::Counters counters_;
  telemetry::HealthRegistry health_{clock_};
  ecs::MetadataClient client_{http_, clock_, counters_.ecs, client_options()};
  ecs::TaskSource source_{client_, clock_, health_.add("ecs", std::chrono::seconds(0)),
                          counters_.ecs, ecs::TaskSourceOptions()};
  tagger::Tagger tagger_{tagger::TaggerOptions(), counters_};
};

}  // namespace remora::checks
