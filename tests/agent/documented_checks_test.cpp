// docs/checks.md against what the checks send: each one is made from the label to copy that stands
// on the page, runs against a real server, and everything that leaves it is on the page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "fakes/nginx_server.hpp"
#include "fakes/recording_sender.hpp"
#include "fakes/redis_server.hpp"
#include "fakes/run_coroutine.hpp"
#include "fakes/source_dir.hpp"
#include "fakes/temporary_directory.hpp"
#include "fakes/test_certificate.hpp"
#include "remora/autodiscovery/parse.hpp"
#include "remora/checks/integration.hpp"
#include "remora/checks/integration_instance.hpp"

namespace remora::checks {
namespace {

using testing::Contains;

/// The section of one check, as a reader takes it.
struct Section {
  std::string label;                         ///< JSON, without the escapes of the task definition
  std::map<std::string, std::string> types;  ///< metric -> type
  std::set<std::string> service_checks;
};

std::map<std::string, Section> read_page() {
  std::ifstream in(fakes::source_dir() + "/docs/checks.md");
  std::map<std::string, Section> sections;
  std::string line, name, table;
  while (std::getline(in, line)) {
    constexpr std::string_view kLabel = "  \"com.datadoghq.ad.checks\": \"";
    if (line.starts_with("## ")) {
      name = line.substr(3);
    } else if (line.starts_with(kLabel)) {
      std::string& label = sections[name].label;
      for (std::size_t i = kLabel.size(); i + 1 < line.size(); ++i) {
        if (line[i] == '\\') ++i;
        label += line[i];
      }
    } else if (line.starts_with("| ") && !line.starts_with("| `") && !line.starts_with("| -")) {
      table = line.substr(2, line.find(" |", 2) - 2);
    } else if (line.starts_with("| `")) {
      const std::string first = line.substr(3, line.find('`', 3) - 3);
      const auto second = line.find("| ", 2) + 2;
      if (table == "Metric")
        sections[name].types[first] = line.substr(second, line.find(" |", second) - second);
      if (table == "Service check") sections[name].service_checks.insert(first);
    }
  }
  return sections;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  EXPECT_NE(text.find(from), std::string::npos) << from << " is not in " << text;
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// Names as they leave the agent.
struct Names : metrics::FlushSink {
  void on_series(const model::SeriesView& series) override {
    all.insert(std::string(series.name).append(series.suffix));
  }
  void on_sketch(const model::SketchView& sketch) override { all.emplace(sketch.name); }
  std::set<std::string> all;
};

class DocumentedChecks : public testing::Test {
 protected:
  static void SetUpTestSuite() { page() = read_page(); }
  void SetUp() override {
    for (const auto& [there, package] :
         {std::pair{fakes::RedisServer::installed(), "redis-server"},
          std::pair{fakes::NginxServer::installed(), "nginx-light"}}) {
      if (there) continue;
      if (std::getenv("CI") != nullptr) FAIL() << "install the package " << package;
      GTEST_SKIP() << "SKIPPED agent: no " << package << " (Debian package)";
    }
  }
  static std::map<std::string, Section>& page() {
    static std::map<std::string, Section> all;
    return all;
  }

  /// The label of the page for `check`, with `changes` (from, to), run three times; `more` are
  /// options besides. What was sent is in metrics_ and service_checks_, added up over all calls.
  void run(const std::string& check,
           const std::vector<std::pair<std::string, std::string>>& changes, model::Map more = {}) {
    std::string label = page()[check].label;
    for (const auto& [from, to] : changes) label = replaced(label, from, to);
    const auto parsed = autodiscovery::parse_json(label);
    ASSERT_TRUE(parsed) << label;
    const model::Value* entry = parsed->find(check);
    ASSERT_NE(entry, nullptr) << label;
    InstanceConfig config;
    config.check = check;
    config.id = check + ":1";
    config.instance = entry->find("instances")->list()->front();
    for (const model::MapEntry& option : more.entries())
      config.instance.map()->set(option.key, option.value);

    asio::io_context io;
    core::SystemClock clock;
    auto http = std::make_unique<CheckHttp>(io.get_executor(), net::ClientOptions());
    const CheckServices services{io.get_executor(), clock, *http, clock.wall()};
    telemetry::AggregatorCounters aggregator;
    telemetry::CheckCounters counters;
    metrics::SamplerBudget budget;
    const InstancePorts ports{aggregator, counters, budget, [this](model::ServiceCheck sent) {
                                service_checks_.insert(sent.check);
                              }};
    const IntegrationInfo* info = find_integration(check);
    ASSERT_NE(info, nullptr) << check;
    auto instance = IntegrationInstance::make(*info, config, services, ports, {});
    ASSERT_TRUE(instance) << instance.error().message();
    Names names;
    for (int i = 0; i < 3; ++i) {
      (void)fakes::run(io, (*instance)->run());
      (*instance)->flush(names);
    }
    metrics_.merge(names.all);

    // Once more without the sampler, which makes gauges of rates.
    fakes::RecordingSender sender;
    auto bare = info->create(config, services);
    ASSERT_TRUE(bare) << bare.error().message();
    (void)fakes::run(io, (*bare)->run(sender));
    const std::string prefix = info->name_space.empty() ? "" : std::string(info->name_space) + '.';
    for (const fakes::RecordedValue& value : sender.values) {
      kinds_[(value.raw ? "" : prefix) + value.name] =
          fakes::RecordingSender::kind_name(value.kind);
    }
    bare->reset();
    instance->reset();
    http.reset();
    io.restart();
    io.run();
  }

  /// All that was sent is documented, with its type; and every service check of the page was sent.
  void expect_documented(const std::string& check) {
    const Section& section = page()[check];
    std::set<std::string> documented;
    for (const auto& [name, type] : section.types) documented.insert(name);
    EXPECT_FALSE(metrics_.empty());
    for (const std::string& name : metrics_) {
      // A histogram is one name on the page and several series.
      const std::string whole = name.substr(0, name.rfind('.'));
      const auto found = section.types.find(whole);
      const bool of_histogram = found != section.types.end() && found->second == "histogram";
      EXPECT_TRUE(documented.contains(name) || of_histogram) << name << " is not on the page";
    }
    for (const auto& [name, kind] : kinds_) {
      const auto found = section.types.find(name);
      if (found != section.types.end()) {
        EXPECT_EQ(found->second, kind) << name;
      }
    }
    EXPECT_EQ(service_checks_, section.service_checks);
  }

  std::set<std::string> metrics_, service_checks_;
  std::map<std::string, std::string> kinds_;
};

TEST_F(DocumentedChecks, EveryCheckHasASectionWithALabel) {
  for (const IntegrationInfo* info : integrations()) {
    const Section& section = page()[std::string(info->name)];
    EXPECT_FALSE(section.label.empty()) << info->name;
    EXPECT_EQ(section.types.size(), info->metrics.size()) << info->name;
    EXPECT_EQ(section.service_checks.size(), info->service_checks.size()) << info->name;
  }
}

TEST_F(DocumentedChecks, Redisdb) {
  fakes::RedisServer primary;
  fakes::RedisServer replica({"--replicaof", "127.0.0.1", std::to_string(primary.port())});
  (void)primary.cli("SET a 1");
  (void)primary.cli("CONFIG SET slowlog-log-slower-than 0");
  for (const auto* server : {&primary, &replica}) {
    run("redisdb", {{"%%host%%", "127.0.0.1"}, {"6379", std::to_string(server->port())}},
        {{"command_stats", true}, {"collect_client_metrics", true}});
  }
  EXPECT_GT(metrics_.size(), 60u);
  expect_documented("redisdb");
}

TEST_F(DocumentedChecks, Nginx) {
  fakes::NginxServer nginx("location = /nginx_status { stub_status; }");
  run("nginx", {{"%%host%%:80", "127.0.0.1:" + std::to_string(nginx.port())}});
  EXPECT_EQ(metrics_.size(), 7u);
  expect_documented("nginx");
}

TEST_F(DocumentedChecks, HttpCheck) {
  fakes::TemporaryDirectory directory;
  const fakes::TestCa ca;
  ca.write_bundle(directory.path("ca.pem"));
  fakes::write_files(ca.issue("127.0.0.1"), directory.path("tls"));
  fakes::NginxServer nginx({"location = /health { return 200 ok; }", "", directory.path("tls")});
  fakes::NginxServer plain("location = /health { return 404; }");
  const std::vector<std::pair<std::string, std::string>> encrypted{
      {"http://", "https://"}, {"%%host%%:8080", "127.0.0.1:" + std::to_string(nginx.port())}};
  run("http_check", encrypted, {{"tls_ca_cert", directory.path("ca.pem")}});
  run("http_check", {{"%%host%%:8080", "127.0.0.1:" + std::to_string(plain.port())}});
  expect_documented("http_check");
  for (const auto& [name, type] : page()["http_check"].types) EXPECT_THAT(metrics_, Contains(name));
}

TEST_F(DocumentedChecks, TcpCheck) {
  fakes::RedisServer server;
  run("tcp_check", {{"%%host%%", "127.0.0.1"}, {"8080", std::to_string(server.port())}},
      {{"collect_response_time", true}});
  expect_documented("tcp_check");
  for (const auto& [name, type] : page()["tcp_check"].types) EXPECT_THAT(metrics_, Contains(name));
}

TEST_F(DocumentedChecks, Openmetrics) {
  fakes::NginxServer server(
      "location = /metrics { default_type text/plain; return 200 '# TYPE up gauge\\nup 1\\n'; }");
  const std::vector<std::pair<std::string, std::string>> here{
      {"%%host%%:8080", "127.0.0.1:" + std::to_string(server.port())}, {"my_app", "<namespace>"}};
  run("openmetrics", here);
  auto older = here;
  older.emplace_back("openmetrics_endpoint", "prometheus_url");
  older.emplace_back(R"([".*"])", R"(["*"])");
  run("openmetrics", older);
  EXPECT_THAT(metrics_, Contains("<namespace>.up"));
  EXPECT_EQ(service_checks_, page()["openmetrics"].service_checks);
}

}  // namespace
}  // namespace remora::checks
