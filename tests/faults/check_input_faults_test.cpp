// Labels, files and options nobody should have written, through the whole: autodiscovery and the
// scheduler of the checks, beside the container of a good neighbour. What is bad is named; time and
// memory stay within bounds; the neighbour's check runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <fstream>

#include "fakes/fake_clock.hpp"
#include "fakes/scripted_server.hpp"
#include "fakes/temporary_directory.hpp"
#include "remora/autodiscovery/reconciler.hpp"
#include "remora/checks/integration_scheduler.hpp"

namespace remora {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using Labels = std::map<std::string, std::string>;

// Far above what any of these takes in a build without optimisation, far below what an input that
// explodes would take.
constexpr seconds kMostTime{30};
constexpr double kMostMib = 150;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCountsMemory = false;  // the sanitizer's own would be counted
#else
constexpr bool kCountsMemory = true;
#endif

double peak_mib() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  return 0;
}

ecs::ContainerMetadata container(const std::string& name, const Labels& labels) {
  ecs::ContainerMetadata out;
  out.docker_id = "id-" + name;
  out.name = name;
  out.image = "app";
  out.known_status = "RUNNING";
  out.networks = {{"awsvpc", {"127.0.0.1"}, {}}};
  for (const auto& [label, value] : labels)
    out.labels[std::string(autodiscovery::kLabelPrefix) + label] = value;
  return out;
}

/// Value of com.datadoghq.ad.checks with these instances.
Labels check(const std::string& name, const std::string& instances) {
  return {{"checks", "{\"" + name + "\":{\"instances\":" + instances + "}}"}};
}

class NeighbourSink final : public metrics::FlushSink {
 public:
  void on_series(const model::SeriesView& series) override {
    ++all;
    if (series.name != "network.tcp.can_connect") return;
    model::PackedTags tags = series.tags;
    for (std::string_view tag; tags.next(tag);)
      if (tag == "instance:neighbour") ++neighbour;
  }
  void on_sketch(const model::SketchView&) override {}
  int neighbour = 0, all = 0;
};

class BadInput : public testing::Test {
 protected:
  BadInput() : started_(std::chrono::steady_clock::now()), peak_before_(peak_mib()) {}
  ~BadInput() override {
    scheduler_.reset();
    io_.restart();
    io_.poll();
  }

  /// The bad container stands first in the task.
  void update(const Labels& bad, autodiscovery::FileTemplates files = {}) {
    ecs::TaskMetadata task;
    task.task_arn = "arn";
    task.known_status = "RUNNING";
    const std::string port = std::to_string(neighbour_.port());
    task.containers.push_back(container("bad", bad));
    task.containers.push_back(
        container("good", check("tcp_check", R"([{"name":"neighbour","host":"%%host%%","port":)" +
                                                 port + R"(,"min_collection_interval":5}])")));
    autodiscovery::Reconciler reconciler({}, std::move(files));
    const auto changes = reconciler.update(task, ecs::LaunchType::managed_instances);
    for (const auto& fault : changes.new_faults) faults_.push_back(to_string(fault));
    for (const auto& config : changes.schedule) {
      checks::InstanceConfig instance;
      instance.check = config->check;
      instance.id = config->id;
      instance.source = config->source;
      instance.instance = config->instance;
      instance.init_config = config->init_config;
      const auto added = scheduler_->add(std::move(instance));
      if (!added) refused_.push_back(added.error().message());
      ++scheduled_;
    }
  }

  /// Until the neighbour has sent something, and `done` says so, too.
  void run_until(const std::function<bool()>& done) {
    while ((sink_.neighbour == 0 || !done()) && passed() < kMostTime) {
      // The servers answer in their own time: no limit of a run passes meanwhile.
      if (scheduler_->running() == 0) clock_.advance(milliseconds(500));
      io_.restart();
      io_.run_for(milliseconds(2));
      while (scheduler_->flush_some(sink_, 1000)) {
      }
    }
  }
  void expect_neighbour_and_bounds(const std::function<bool()>& done = [] { return true; }) {
    run_until(done);
    EXPECT_GT(sink_.neighbour, 0) << "the good neighbour does not run";
    EXPECT_TRUE(done());
    EXPECT_LT(passed(), kMostTime);
    if (kCountsMemory) {
      EXPECT_LT(peak_mib() - peak_before_, kMostMib);
    }
    for (const std::string& line : faults_) EXPECT_LT(line.size(), 400u);
    for (const std::string& line : refused_) EXPECT_LT(line.size(), 400u);
  }
  [[nodiscard]] std::chrono::steady_clock::duration passed() const {
    return std::chrono::steady_clock::now() - started_;
  }

  std::chrono::steady_clock::time_point started_;
  double peak_before_;
  asio::io_context io_;
  fakes::FakeClock clock_;
  fakes::ScriptedServer neighbour_{{{fakes::script::drain()}}};
  checks::CheckHttp http_{io_.get_executor(), net::ClientOptions()};
  checks::CheckServices services_{io_.get_executor(), clock_, http_, clock_.wall()};
  telemetry::AggregatorCounters aggregator_;
  telemetry::CheckCounters counters_;
  std::vector<model::ServiceCheck> service_checks_;
  std::unique_ptr<checks::IntegrationScheduler> scheduler_ =
      std::make_unique<checks::IntegrationScheduler>(
          services_, aggregator_, counters_,
          [this](model::ServiceCheck one) { service_checks_.push_back(std::move(one)); },
          checks::IntegrationSchedulerOptions());
  NeighbourSink sink_;
  std::vector<std::string> faults_, refused_;
  std::size_t scheduled_ = 0;
};

struct BadLabel {
  const char* name;
  std::string (*instances)();
  const char* fault;  // what a line has to say
};

std::ostream& operator<<(std::ostream& out, const BadLabel& one) { return out << one.name; }

class BadLabels : public BadInput, public testing::WithParamInterface<BadLabel> {};

INSTANTIATE_TEST_SUITE_P(
    Texts, BadLabels,
    testing::Values(
        BadLabel{"OneMegabyte", [] { return "[{\"name\":\"" + std::string(1 << 20, 'x') + "\"}]"; },
                 "1048576"},
        BadLabel{"ManySmallValues",
                 [] {
                   std::string out = "[{\"name\":\"x\",\"tags\":[1";
                   while (out.size() < 900'000) out += ",1";
                   return out + "]}]";
                 },
                 "values"},
        BadLabel{"Nested",
                 [] { return "[{\"x\":" + std::string(1000, '[') + std::string(1000, ']') + "}]"; },
                 "deep"},
        BadLabel{"NestedMaps",
                 [] {
                   std::string out = "[";
                   for (int i = 0; i < 1000; ++i) out += "{\"a\":";
                   return out + "1" + std::string(1000, '}') + "]";
                 },
                 "deep"},
        BadLabel{"NotUtf8", [] { return std::string("[{\"name\":\"\xc3\x28\"}]"); }, "UTF-8"},
        BadLabel{"Surrogate", [] { return std::string("[{\"name\":\"\\ud800\"}]"); }, "byte"},
        BadLabel{"CutOff", [] { return std::string("[{\"name\":"); }, "byte"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_P(BadLabels, AreNamedAndTheNeighbourRuns) {
  update(check("tcp_check", GetParam().instances()));
  ASSERT_EQ(faults_.size(), 1u);
  EXPECT_THAT(faults_[0], HasSubstr("container \"bad\", label com.datadoghq.ad.checks: "));
  EXPECT_THAT(faults_[0], HasSubstr(GetParam().fault));
  EXPECT_EQ(scheduled_, 1u);
  expect_neighbour_and_bounds();
}

TEST_F(BadInput, AThousandInstancesLeaveRoomForTheNeighbour) {
  std::string instances = "[";
  for (int i = 0; i < 1000; ++i) {
    instances += std::string(i > 0 ? "," : "") + R"({"name":"n)" + std::to_string(i) +
                 R"(","host":"127.0.0.1","port":)" + std::to_string(neighbour_.port()) + "}";
  }
  update(check("tcp_check", instances + "]"));
  EXPECT_EQ(faults_,
            std::vector<std::string>{"container \"bad\": more than 1000 check instances in the "
                                     "task: 1 of this container do not run"});
  EXPECT_EQ(scheduler_->instances(), 1000u);
  EXPECT_THAT(refused_, IsEmpty());
  expect_neighbour_and_bounds([this] { return counters_.runs.value >= 1000; });
  EXPECT_EQ(counters_.failures.value, 0u);
}

TEST_F(BadInput, AnInstanceWithATextOfAlmostAMegabyte) {
  // It is what the label says, so it runs; no series of it has to arrive anywhere.
  update(check("tcp_check", R"([{"host":"127.0.0.1","port":)" + std::to_string(neighbour_.port()) +
                                R"(,"min_collection_interval":5,"name":")" +
                                std::string(1'000'000, 'x') + "\"}]"));
  EXPECT_THAT(faults_, IsEmpty());
  expect_neighbour_and_bounds([this] { return counters_.runs.value >= 4; });
}

TEST_F(BadInput, ChecksAndOptionsThatDoNotExist) {
  update({{"checks",
           R"({"no_such_check":{"instances":[{}]},
               "redisdb":{"instances":[{"host":"h","port":"none"}]},
               "http_check":{"instances":[{"name":"x","url":"http://h","auth_type":"ntlm"}]}})"}});
  EXPECT_THAT(faults_, IsEmpty());
  EXPECT_THAT(refused_, testing::UnorderedElementsAre(HasSubstr("no_such_check"), HasSubstr("port"),
                                                      HasSubstr("auth_type")));
  EXPECT_EQ(scheduler_->status().children.back().title, "Check Initialization Errors");
  EXPECT_EQ(scheduler_->status().children.back().children.size(), 3u);
  expect_neighbour_and_bounds();
}

TEST_F(BadInput, FilesWithAliasesThatExplode) {
  const fakes::TemporaryDirectory directory;
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) text += ", " + before;
    text += "]\n";
  }
  std::ofstream(directory.path("redisdb.yaml")) << text + "instances: [{host: *a11, port: 1}]\n";
  std::ofstream(directory.path("nginx.yaml")) << "instances: &a\n  - {again: *a}\n";
  std::ofstream(directory.path("tcp_check.yaml")) << std::string(5000, '[');
  std::ofstream(directory.path("http_check.yaml"))
      << "instances:\n  - {name: file, url: 'http://127.0.0.1:" << neighbour_.port() << "/'}\n";
  auto files = autodiscovery::load_files({directory.path().string()}, {}, {});
  for (const auto& fault : files.faults.kept()) {
    EXPECT_THAT(to_string(fault), HasSubstr(directory.path().string()));
  }
  EXPECT_EQ(files.faults.count(), 3u);
  EXPECT_EQ(files.templates.size(), 1u);  // the good file beside them
  update({}, std::move(files));
  EXPECT_EQ(scheduled_, 2u);
  expect_neighbour_and_bounds();
}

// `(a+)+$` takes a backtracking engine 2^n steps over n times 'a' and something else.
TEST_F(BadInput, ExpressionsThatExplodeElsewhere) {
  const std::string page = std::string(4'000'000, 'a') + "!";
  fakes::ScriptedServer server({{fakes::script::read_request(), fakes::script::answer(200, page)}});
  const std::string name(100'000, 'a');
  fakes::ScriptedServer json({{fakes::script::read_request(),
                               fakes::script::answer(200, "{\"" + name + "!\": 1, \"good\": 2}",
                                                     "Content-Type: application/json\r\n")}});
  update({{"checks",
           R"({"http_check":{"instances":[{"name":"slow","min_collection_interval":5,
                 "content_match":"^(a+)+$","url":")" +
               server.url() + R"("}]},
               "nginx":{"instances":[{"min_collection_interval":5,"use_vts":true,
                 "metric_patterns":{"exclude":["nginx.(a+)+$", "^(a|aa)+$"]},
                 "nginx_status_url":")" +
               json.url() + R"("}]}})"}});
  EXPECT_THAT(faults_, IsEmpty());
  EXPECT_THAT(refused_, IsEmpty());
  expect_neighbour_and_bounds([this] {
    return std::any_of(service_checks_.begin(), service_checks_.end(),
                       [](const auto& one) { return one.check == "http.can_connect"; }) &&
           std::any_of(service_checks_.begin(), service_checks_.end(),
                       [](const auto& one) { return one.check == "nginx.can_connect"; });
  });
  for (const model::ServiceCheck& one : service_checks_) {
    if (one.check != "http.can_connect") continue;
    EXPECT_EQ(one.status, model::CheckStatus::critical);
    EXPECT_EQ(one.message, "Content \"^(a+)+$\" not found in response.");
  }
}

TEST_F(BadInput, ExpressionsThatAreTooLargeAreRefusedWithTheOption) {
  update({{"checks",
           R"({"http_check":{"instances":[{"name":"x","url":"http://127.0.0.1/",
                 "content_match":"((a{100}){100}){100}"}]},
               "nginx":{"instances":[{"nginx_status_url":"http://127.0.0.1/",
                 "metric_patterns":{"include":["(x{1000}){1000}"]}}]},
               "tcp_check":{"instances":[{"name":"x","host":"127.0.0.1","port":1,
                 "metric_patterns":{"exclude":["("]}}]}})"}});
  EXPECT_THAT(refused_, testing::UnorderedElementsAre(HasSubstr("content_match"),
                                                      HasSubstr("metric_patterns.include"),
                                                      HasSubstr("metric_patterns.exclude")));
  expect_neighbour_and_bounds();
}

}  // namespace
}  // namespace remora
