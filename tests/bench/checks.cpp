// What a run of an integration's check costs, and what an instance keeps: 1, 20 and 200 instances
// of each against real servers, 200 mixed ones on their schedule, a page of 5 MB, and the agent
// program with 20 mixed instances in files.
//
// CPU is this program's own, user and system, kernel's part of the loopback included; not that of
// the servers, which are processes of their own. A run is: the check, the commit, a flush. Each row
// is measured in a process of its own.
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>

#include "bench/bench_options.hpp"
#include "bench/exposition_page.hpp"
#include "bench/process_usage.hpp"
#include "bench/recording_intake.hpp"
#include "bench/task_of_containers.hpp"
#include "bench/tls_relay.hpp"
#include "fakes/nginx_server.hpp"
#include "fakes/redis_server.hpp"
#include "fakes/run_coroutine.hpp"
#include "remora/checks/integration_scheduler.hpp"

using namespace remora;
using namespace remora::bench;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr int kInterval = 15;  // seconds, the default of every check

[[noreturn]] void give_up(const std::string& reason) {
  std::fprintf(stderr, "FAILED: %s\n", reason.c_str());
  std::exit(1);
}

class Counts final : public metrics::FlushSink {
 public:
  void on_series(const model::SeriesView&) override { ++series; }
  void on_sketch(const model::SketchView&) override { ++series; }
  std::uint64_t series = 0;
};

/// Accepts connections of loopback and closes them, in a process of its own.
class PlainListener {
 public:
  PlainListener() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd, raw, size) != 0 || ::listen(fd, 512) != 0 || ::getsockname(fd, raw, &size) != 0)
      give_up("no socket to listen on");
    port_ = ntohs(address.sin_port);
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (int peer = 0; (peer = ::accept(fd, nullptr, nullptr)) >= 0;) ::close(peer);
      ::_exit(0);
    }
    ::close(fd);
  }
  ~PlainListener() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  PlainListener(const PlainListener&) = delete;
  PlainListener& operator=(const PlainListener&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  pid_t process_ = -1;
};

/// A page of a service of middling size: what most scraped pages are like.
std::string small_page() {
  std::string out;
  for (int family = 0; family < 20; ++family) {
    const std::string name = "app_part" + std::to_string(family) + "_requests";
    out += "# TYPE " + name + " gauge\n";
    for (int series = 0; series < 10; ++series)
      out += name + "{path=\"/api/" + std::to_string(series) + "\"} " +
             std::to_string(family * 10 + series) + "\n";
  }
  return out;
}

struct Servers {
  Servers()
      : nginx(
            "location = /nginx_status { stub_status; }\n"
            "location = /page { return 200 \"ok\"; }\n"
            "location / { root " +
            pages.path().string() + "; default_type text/plain; }") {
    // Workers of an nginx that root starts are somebody else.
    std::filesystem::permissions(pages.path(), std::filesystem::perms(0755));
    std::ofstream(pages.path("small")) << small_page();
    std::ofstream(pages.path("large")) << make_page();
  }
  fakes::TemporaryDirectory pages;
  fakes::RedisServer redis;
  fakes::NginxServer nginx;
  PlainListener plain;
};

model::Value instance_of(const std::string& check, const Servers& servers, int number) {
  model::Map out;
  const std::string name = "n" + std::to_string(number);
  if (check == "redisdb") {
    out.set("host", "127.0.0.1");
    out.set("port", std::int64_t{servers.redis.port()});
  } else if (check == "nginx") {
    out.set("nginx_status_url", servers.nginx.url() + "/nginx_status");
  } else if (check == "http_check") {
    out.set("name", name);
    out.set("url", servers.nginx.url() + "/page");
  } else if (check == "tcp_check") {
    out.set("name", name);
    out.set("host", "127.0.0.1");
    out.set("port", std::int64_t{servers.plain.port()});
  } else {
    out.set("openmetrics_endpoint", servers.nginx.url() + "/small");
    out.set("namespace", "bench");
    model::Value::List metrics;
    metrics.emplace_back(".+");
    out.set("metrics", model::Value(std::move(metrics)));
  }
  // As autodiscovery injects them.
  model::Value::List tags;
  for (const char* tag : {"ecs_cluster_name:demo", "ecs_container_name:app", "task_family:web",
                          "task_version:7", "service:web"})
    tags.emplace_back(tag);
  tags.emplace_back("number:" + std::to_string(number));
  out.set("tags", model::Value(std::move(tags)));
  return model::Value(std::move(out));
}

checks::InstanceConfig config_of(const std::string& check, model::Value instance, int number) {
  checks::InstanceConfig out;
  out.check = check;
  out.id = check + ":" + std::to_string(number);
  out.source = "file:bench";
  out.instance = std::move(instance);
  out.init_config = model::Value(model::Map{});
  return out;
}

/// Everything an agent gives to checks.
struct Host {
  Host() : http(io.get_executor(), net::ClientOptions()) {}
  asio::io_context io;
  core::SystemClock clock;
  checks::CheckHttp http;
  checks::CheckServices services{io.get_executor(), clock, http, clock.wall()};
  telemetry::AggregatorCounters aggregator;
  telemetry::CheckCounters counters;
  metrics::SamplerBudget budget;
};

double cpu_seconds() { return cpu_seconds_of(getpid()); }

double status_mib(const char* name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name))
      return std::strtod(line.c_str() + line.find(':') + 1, nullptr) / 1024;
  return 0;
}

/// Runs `work` in a process of its own and gives back what it returned.
template <class T, class Work>
T in_own_process(Work work) {
  int ends[2];
  if (pipe(ends) != 0) give_up("no pipe");
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    const T measured = work();
    _exit(write(ends[1], &measured, sizeof measured) == sizeof measured ? 0 : 1);
  }
  close(ends[1]);
  T measured{};
  const bool read_all = read(ends[0], &measured, sizeof measured) == sizeof measured;
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!read_all || status != 0) give_up("a measurement ended early");
  return measured;
}

struct Spread {
  double median = 0, min = 0, max = 0;
};
Spread spread_of(const std::vector<double>& values) {
  return {median(values), *std::min_element(values.begin(), values.end()),
          *std::max_element(values.begin(), values.end())};
}
Json json_of(const Spread& spread) {
  return {{"median", spread.median}, {"min", spread.min}, {"max", spread.max}};
}

struct RunCost {
  Spread microseconds;       ///< CPU of one run
  double rss_kib = 0;        ///< more than before the instances were made, each
  std::uint64_t series = 0;  ///< of one run
};

std::unique_ptr<checks::IntegrationInstance> make(const checks::IntegrationInfo& info, Host& host,
                                                  checks::InstanceConfig config) {
  checks::InstancePorts ports{host.aggregator, host.counters, host.budget,
                              [](model::ServiceCheck) {}};
  auto made = checks::IntegrationInstance::make(info, std::move(config), host.services, ports, {});
  if (!made) give_up(std::string(info.name) + ": " + made.error().message());
  return std::move(*made);
}

RunCost cost_of(const checks::IntegrationInfo& info, const Servers& servers, int count,
                int rounds) {
  Host host;
  const std::string check(info.name);
  const double before = memory_of(getpid()).rss_mib;
  std::vector<std::unique_ptr<checks::IntegrationInstance>> instances;
  for (int i = 0; i < count; ++i)
    instances.push_back(make(info, host, config_of(check, instance_of(check, servers, i), i)));
  Counts sink;
  const auto round = [&] {
    for (const auto& instance : instances) {
      const checks::RunOutcome outcome = fakes::run(host.io, instance->run());
      if (!outcome.error.empty()) give_up(check + ": " + outcome.error);
      (void)instance->flush(sink);
    }
  };
  round();
  round();  // rates come with the second one
  std::vector<double> costs;
  RunCost out;
  for (int i = 0; i < rounds; ++i) {
    sink.series = 0;
    const double begin = cpu_seconds();
    round();
    costs.push_back((cpu_seconds() - begin) * 1e6 / count);
  }
  out.microseconds = spread_of(costs);
  out.rss_kib = (memory_of(getpid()).rss_mib - before) * 1024 / count;
  out.series = sink.series / static_cast<std::uint64_t>(count);
  return out;
}

struct Scheduled {
  double percent = 0;  ///< of one core
  double rss_mib = 0;
  std::uint64_t runs = 0, failures = 0, series = 0;
};

/// `count` instances of all checks in turn, each on its interval, for `time` after the first one.
Scheduled schedule(const std::vector<const checks::IntegrationInfo*>& infos, const Servers& servers,
                   int count, seconds time) {
  Host host;
  checks::IntegrationScheduler scheduler(host.services, host.aggregator, host.counters,
                                         [](model::ServiceCheck) {}, {});
  for (int i = 0; i < count; ++i) {
    const std::string check(infos[static_cast<std::size_t>(i) % infos.size()]->name);
    const auto added = scheduler.add(config_of(check, instance_of(check, servers, i), i));
    if (!added) give_up(added.error().message());
  }
  Counts sink;
  const auto run_for = [&](seconds wanted) {
    asio::co_spawn(
        host.io,
        [&]() -> asio::awaitable<void> {
          const core::SteadyTime end = host.clock.now() + wanted;
          core::SteadyTime next = host.clock.now();
          while (next < end) {
            next = std::min(end, next + seconds(kInterval));
            (void)co_await host.clock.sleep_until(next);
            while (scheduler.flush_some(sink, 100)) {
            }
          }
        },
        [&](std::exception_ptr) { host.io.stop(); });
    host.io.restart();
    host.io.run();
  };
  run_for(seconds(2 * kInterval));  // each has run and has its rates
  const std::uint64_t runs = host.counters.runs.value, series = sink.series;
  const double begin = cpu_seconds();
  const auto wall = std::chrono::steady_clock::now();
  run_for(time);
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - wall;
  Scheduled out;
  out.percent = (cpu_seconds() - begin) / passed.count() * 100;
  out.rss_mib = memory_of(getpid()).rss_mib;
  out.runs = host.counters.runs.value - runs;
  out.failures = host.counters.failures.value;
  out.series = sink.series - series;
  return out;
}

struct Page {
  Spread mb_per_second;
  double peak_mib = 0;  ///< above what the process had before the first run
  std::uint64_t series = 0;
};

Page page_of(const checks::IntegrationInfo& info, const Servers& servers, std::int64_t limit,
             int runs) {
  Host host;
  model::Value instance = instance_of("openmetrics", servers, 0);
  instance.map()->set("openmetrics_endpoint", servers.nginx.url() + "/large");
  if (limit > 0) instance.map()->set("max_returned_metrics", limit);
  const auto made = make(info, host, config_of("openmetrics", std::move(instance), 0));
  Counts sink;
  const double before = status_mib("VmRSS");
  std::vector<double> speeds;
  for (int i = 0; i < runs; ++i) {
    sink.series = 0;
    const double begin = cpu_seconds();
    const checks::RunOutcome outcome = fakes::run(host.io, made->run());
    if (!outcome.error.empty()) give_up("openmetrics: " + outcome.error);
    (void)made->flush(sink);
    speeds.push_back(static_cast<double>(kPageBytes) / 1e6 / (cpu_seconds() - begin));
  }
  Page out;
  out.mb_per_second = spread_of(speeds);
  out.peak_mib = status_mib("VmHWM") - before;
  out.series = sink.series;
  return out;
}

/// One agent program with a task of three containers and the files of `confd`; its intake.
struct Subject {
  Subject(const Options& options, const std::string& confd, const std::string& bundle)
      : tasks(*thread, 3), intake(std::make_unique<RecordingIntake>(*thread)) {
    if (options.tls) relay = std::make_unique<TlsRelay>(intake->url(), bundle);
    auto variables = agent_variables(tasks.url(0), relay ? relay->url() : intake->url());
    if (relay) variables["DD_TLS_CERT_FILE"] = bundle;
    variables["DD_CONFD_PATH"] = confd;
    agent =
        std::make_unique<e2e::Process>(options.agent, std::vector<std::string>{"run"}, variables);
  }
  [[nodiscard]] std::size_t series() const {
    std::size_t out = 0;
    for (const Arrival& arrival : intake->arrivals()) out += arrival.series;
    return out;
  }
  std::unique_ptr<e2e::ServerThread> thread = std::make_unique<e2e::ServerThread>();
  Tasks tasks;
  std::unique_ptr<RecordingIntake> intake;
  std::unique_ptr<TlsRelay> relay;
  std::unique_ptr<e2e::Process> agent;
};

/// The same file for every check: its instances as the schedule above has them.
void write_confd(const fakes::TemporaryDirectory& directory,
                 const std::vector<const checks::IntegrationInfo*>& infos, const Servers& servers,
                 int count) {
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const std::string check(infos[i]->name);
    model::Value::List instances;
    for (int n = static_cast<int>(i); n < count; n += static_cast<int>(infos.size()))
      instances.push_back(instance_of(check, servers, n));
    // JSON is YAML.
    std::ofstream(directory.path(check + ".yaml"))
        << "instances: " << model::Value(std::move(instances)).json_text() << "\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const Options options = Options::parse(argc, argv);
  if (!fakes::RedisServer::installed() || !fakes::NginxServer::installed())
    give_up("it needs the Debian packages redis-server and nginx-light");
  const Servers servers;
  Json result;

  std::vector<const checks::IntegrationInfo*> infos;
  for (const char* name : {"redisdb", "nginx", "http_check", "tcp_check", "openmetrics"})
    if (const auto* info = checks::find_integration(name)) infos.push_back(info);

  std::printf("%-12s %9s %30s %16s %8s\n", "check", "instances", "CPU µs a run (min-max)",
              "RSS KiB each", "series");
  double mixed = 0;  // CPU µs of one run of each, with 200 instances
  for (const auto* info : infos) {
    for (const int count : {1, 20, 200}) {
      const int rounds = options.runs > 0 ? options.runs : count == 1 ? 400 : count == 20 ? 60 : 20;
      const RunCost cost =
          in_own_process<RunCost>([&] { return cost_of(*info, servers, count, rounds); });
      if (count == 200) mixed += cost.microseconds.median;
      std::printf("%-12s %9d %14.1f (%.1f-%.1f) %16.1f %8llu\n", std::string(info->name).c_str(),
                  count, cost.microseconds.median, cost.microseconds.min, cost.microseconds.max,
                  cost.rss_kib, static_cast<unsigned long long>(cost.series));
      result["runs"].push_back({{"check", info->name},
                                {"instances", count},
                                {"cpu_microseconds", json_of(cost.microseconds)},
                                {"rss_kib_each", cost.rss_kib},
                                {"series", cost.series}});
    }
  }
  const double computed = mixed / static_cast<double>(infos.size()) * 1e-6 * 200 / kInterval * 100;
  const seconds time(options.seconds > 0 ? options.seconds : 60);
  const Scheduled real =
      in_own_process<Scheduled>([&] { return schedule(infos, servers, 200, time); });
  std::printf(
      "200 mixed instances every %d s: %.2f %% of a core computed, %.2f %% in %d s "
      "(%llu runs, %llu failed, %llu series), RSS %.1f MiB\n",
      kInterval, computed, real.percent, static_cast<int>(time.count()),
      static_cast<unsigned long long>(real.runs), static_cast<unsigned long long>(real.failures),
      static_cast<unsigned long long>(real.series), real.rss_mib);
  result["mixed_200"] = {{"percent_of_core_computed", computed},
                         {"percent_of_core", real.percent},
                         {"seconds", time.count()},
                         {"runs", real.runs},
                         {"failures", real.failures},
                         {"series", real.series},
                         {"rss_mib", real.rss_mib}};
  if (const auto* openmetrics = checks::find_integration("openmetrics")) {
    for (const std::int64_t limit : {0, 1'000'000}) {
      const Page page = in_own_process<Page>([&] {
        return page_of(*openmetrics, servers, limit, options.runs > 0 ? options.runs : 20);
      });
      std::printf("page of 5 MB, %s: %.0f MB/s (%.0f-%.0f), peak %.1f MiB, %llu series\n",
                  limit == 0 ? "2,000 metrics returned at most" : "no limit",
                  page.mb_per_second.median, page.mb_per_second.min, page.mb_per_second.max,
                  page.peak_mib, static_cast<unsigned long long>(page.series));
      result["page"].push_back({{"max_returned_metrics", limit},
                                {"mb_per_second", json_of(page.mb_per_second)},
                                {"peak_mib", page.peak_mib},
                                {"series", page.series}});
    }
  }
  // Last: threads are not for forking. These two and their relays end with the process.
  constexpr int kInFiles = 20;
  const fakes::TemporaryDirectory none, files, roots;
  write_confd(files, infos, servers, kInFiles);
  auto* idle = new Subject(options, none.path().string(), roots.path("idle.pem"));
  auto* busy = new Subject(options, files.path().string(), roots.path("busy.pem"));
  std::this_thread::sleep_for(time + seconds(kInterval));
  bool good = true;
  for (const auto& [subject, count] : {std::pair(idle, 0), std::pair(busy, kInFiles)}) {
    const Memory memory = memory_of(subject->agent->pid());
    const double cpu = cpu_seconds_of(subject->agent->pid());
    subject->agent->kill(SIGTERM);
    good = subject->agent->wait(seconds(15)) == 0 && memory.rss_mib > 0 && good;
    std::printf(
        "agent with %d instances after %d s: RSS %.1f MiB, anonymous %.1f MiB, "
        "%.2f CPU s, %zu series\n",
        count, static_cast<int>(time.count()) + kInterval, memory.rss_mib, memory.anonymous_mib,
        cpu, subject->series());
    result["agent"].push_back({{"instances", count},
                               {"rss_mib", memory.rss_mib},
                               {"anonymous_mib", memory.anonymous_mib},
                               {"cpu_seconds", cpu},
                               {"series", subject->series()}});
  }
  good = good && busy->series() > idle->series() + 20 * kInFiles;
  options.write(result);
  if (!good) std::printf("FAILED: an agent ended, or its checks sent nothing\n");
  if (real.failures > 0) std::printf("FAILED: runs failed\n");
  std::fflush(stdout);
  return good && real.failures == 0 ? 0 : 1;
}
