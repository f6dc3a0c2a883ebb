// Against exporters from Debian: the Pushgateway, which shows whatever is pushed to it, and the one
// inside HAProxy. The sets in tests/fixtures/checks/openmetrics/ are written by
// REMORA_WRITE_GOLDEN=1, and read in a review.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "checks/http/check_run.hpp"
#include "fakes/server_process.hpp"
#include "fakes/source_dir.hpp"
#include "remora/checks/openmetrics/openmetrics.hpp"

namespace remora::checks {
namespace {

using fakes::ServerProcess;
using model::CheckStatus;
using model::Map;
using model::Value;
using testing::ElementsAre;
using testing::IsEmpty;

Value list(Value::List items) { return Value(std::move(items)); }

class RealExporter : public CheckRun {
 protected:
  RealExporter(const char* program, const char* package)
      : CheckRun(kOpenmetrics), program_(program), package_(package) {}
  void SetUp() override {
    if (::access(program_, X_OK) == 0) return;
    if (std::getenv("CI") != nullptr) FAIL() << "no " << program_ << ": install " << package_;
    GTEST_SKIP() << "SKIPPED checks_openmetrics: no " << program_ << " (Debian package " << package_
                 << ")";
  }
  void run_twice(const ServerProcess& server, Map instance) {
    server_ = &server;
    make(std::move(instance));
    for (int i = 0; i < 2; ++i) {
      const auto done = run();
      ASSERT_TRUE(done) << done.error().message();
      EXPECT_THAT(sender_.warnings, IsEmpty());
    }
  }
  std::string golden() const {
    std::vector<std::pair<std::string, std::string>> replace{
        {"endpoint:" + server_->url() + "/metrics", "endpoint:URL"}};
    for (const auto& value : sender_.values) {
      for (const std::string& tag : value.tags) {
        // Of the program itself, here and there.
        if (tag.starts_with("version:")) replace.emplace_back(tag, "version:VERSION");
      }
    }
    return sender_.golden(replace);
  }
  void expect_golden(const std::string& name) const {
    const std::string path = fakes::source_dir() + "/tests/fixtures/checks/openmetrics/" + name;
    if (std::getenv("REMORA_WRITE_GOLDEN") != nullptr) std::ofstream(path) << golden();
    std::ifstream file(path);
    const std::string wanted{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(golden(), wanted) << path;
  }

 private:
  const char* program_;
  const char* package_;
  const ServerProcess* server_ = nullptr;
};

class Pushgateway : public RealExporter {
 protected:
  Pushgateway() : RealExporter("/usr/bin/prometheus-pushgateway", "prometheus-pushgateway") {}
  static ServerProcess start() {
    return ServerProcess([](std::uint16_t port, const std::string&) {
      return std::vector<std::string>{"/usr/bin/prometheus-pushgateway", "--web.listen-address",
                                      "127.0.0.1:" + std::to_string(port)};
    });
  }
  static void push(const ServerProcess& server) {
    const std::string answer = server.request(
        "PUT", "/metrics/job/batch/shard/7",
        "# TYPE orders_total counter\norders_total{kind=\"new\"} 12\norders_total{kind=\"old\"} 3\n"
        "# TYPE queue_depth gauge\nqueue_depth 4.5\n"
        "# TYPE took_seconds histogram\ntook_seconds_bucket{le=\"0.1\"} 2\n"
        "took_seconds_bucket{le=\"1\"} 5\ntook_seconds_bucket{le=\"+Inf\"} 6\n"
        "took_seconds_sum 9.25\ntook_seconds_count 6\n"
        "# TYPE size_bytes summary\nsize_bytes{quantile=\"0.5\"} 100\n"
        "size_bytes{quantile=\"0.99\"} 900\nsize_bytes_sum 4000\nsize_bytes_count 40\n"
        "# TYPE anything untyped\nanything 1\n");
    ASSERT_THAT(answer, testing::StartsWith("HTTP/1.1 200")) << answer;
  }
  static Value pushed() {
    return list({"orders", "queue_depth", "took_seconds", Map{{"size_bytes", "size"}}, "anything"});
  }
};

TEST_F(Pushgateway, HasTheGoldenMetrics) {
  const ServerProcess server = start();
  push(server);
  const Map instance{{"openmetrics_endpoint", server.url() + "/metrics"},
                     {"namespace", "app"},
                     {"metrics", pushed()}};
  run_twice(server, instance);
  expect_golden("pushgateway.txt");
  EXPECT_EQ(sender_.value("app.orders.count", "kind:new"), 12);
  EXPECT_EQ(sender_.value("app.queue_depth", "job:batch"), 4.5);
  EXPECT_EQ(sender_.value("app.took_seconds.bucket", "upper_bound:0.1"), 2);
  EXPECT_EQ(sender_.value("app.took_seconds.sum", "shard:7"), 9.25);
  EXPECT_EQ(sender_.value("app.size.quantile", "quantile:0.99"), 900);

  Map sketches = instance;
  sketches.set("collect_counters_with_distributions", true);
  run_twice(server, sketches);
  expect_golden("pushgateway_distributions.txt");
  EXPECT_EQ(sender_.find("app.took_seconds", "upper_bound:1.0")->value, 3);
}

TEST_F(Pushgateway, HasTheGoldenMetricsOfTheOlderEngine) {
  const ServerProcess server = start();
  push(server);
  run_twice(server, {{"prometheus_url", server.url() + "/metrics"},
                     {"namespace", "app"},
                     {"metrics", list({"orders_*", "queue_depth", "took_seconds",
                                       Map{{"size_bytes", "size"}}, "anything"})},
                     {"type_overrides", Map{{"anything", "gauge"}}}});
  expect_golden("pushgateway_prometheus_url.txt");
  EXPECT_EQ(sender_.value("app.took_seconds.count", "upper_bound:none"), 6);
  EXPECT_EQ(sender_.value("app.anything"), 1);
}

TEST_F(Pushgateway, EverythingIsReadWithoutAComplaint) {
  const ServerProcess server = start();
  push(server);
  run_twice(server, {{"openmetrics_endpoint", server.url() + "/metrics"},
                     {"metrics", list({".*"})},
                     {"tag_by_endpoint", false}});
  EXPECT_GT(sender_.values.size(), 40u);
  EXPECT_EQ(sender_.value("queue_depth"), 4.5);
  EXPECT_NE(sender_.find("go_goroutines"), nullptr);
  EXPECT_NE(sender_.find("process_cpu_seconds.count"), nullptr);
}

class Haproxy : public RealExporter {
 protected:
  Haproxy() : RealExporter("/usr/sbin/haproxy", "haproxy") {}
  // `backends`: what stands behind the frontend.
  static ServerProcess start(const std::string& backends) {
    return ServerProcess([&](std::uint16_t port, const std::string& directory) {
      const std::string config = directory + "/haproxy.cfg";
      std::ofstream(config)
          << "global\n  maxconn 50\n  nbthread 1\ndefaults\n  mode http\n  timeout connect 1s\n"
             "  timeout client 10s\n  timeout server 10s\nfrontend public\n  bind 127.0.0.1:"
          << port << "\n  http-request use-service prometheus-exporter if { path /metrics }\n"
          << backends;
      return std::vector<std::string>{"/usr/sbin/haproxy", "-db", "-f", config};
    });
  }
  static Map instance(const ServerProcess& server) {
    return {{"openmetrics_endpoint", server.url() + "/metrics"},
            {"namespace", "haproxy"},
            {"raw_metric_prefix", "haproxy_"},
            {"metrics", list({".*"})}};
  }
};

TEST_F(Haproxy, AloneHasTheGoldenMetrics) {
  const ServerProcess server = start("");
  run_twice(server, instance(server));
  expect_golden("haproxy_alone.txt");
  const auto requests = [&] {
    return sender_.value("haproxy.frontend_http_requests.count", "proxy:public").value_or(0);
  };
  const double before = requests();
  ASSERT_TRUE(run());
  EXPECT_EQ(requests(), before + 1);
  EXPECT_EQ(sender_.value("haproxy.process_max_connections"), 50);
}

TEST_F(Haproxy, WithTwoBackendsHasTheGoldenMetrics) {
  const std::string backends =
      "  use_backend images if { path_beg /images }\n  default_backend app\n"
      "backend app\n  server one 127.0.0.1:1\n  server two 127.0.0.1:1\n"
      "backend images\n  server three 127.0.0.1:1 disabled\n";
  const ServerProcess server = start(backends);
  EXPECT_THAT(server.request("GET", "/images/a.png"), testing::StartsWith("HTTP/1.1 503"));
  Map options = instance(server);
  options.set("max_returned_metrics", 5000);
  run_twice(server, options);
  expect_golden("haproxy_backends.txt");
  EXPECT_EQ(sender_.check("haproxy.openmetrics.health")->status, CheckStatus::ok);
  EXPECT_EQ(sender_.value("haproxy.backend_active_servers", "proxy:app"), 2);

  run_twice(server, {{"prometheus_url", server.url() + "/metrics"},
                     {"namespace", "haproxy"},
                     {"metrics", list({"haproxy_backend_*", "haproxy_server_status"})},
                     {"exclude_labels", list({"state"})}});
  expect_golden("haproxy_prometheus_url.txt");
}

TEST_F(Haproxy, StoppedIsCritical) {
  ServerProcess server = start("");
  run_twice(server, instance(server));
  server.stop();
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::network);
  EXPECT_EQ(sender_.check("haproxy.openmetrics.health")->status, CheckStatus::critical);
  EXPECT_THAT(sender_.values, IsEmpty());
}

}  // namespace
}  // namespace remora::checks
