// Memory after 60 s with 1, 10 and 50 containers; CPU per hour, extrapolated; size of the program.
//
// The intake is behind TLS and the agent has read the trust store of this machine (--plain:
// without).
#include <sys/stat.h>

#include <csignal>
#include <cstdio>

#include "bench/process_usage.hpp"
#include "bench/recording_intake.hpp"
#include "bench/task_of_containers.hpp"
#include "bench/tls_relay.hpp"
#include "e2e/process.hpp"

using namespace remora;
using namespace remora::bench;
using std::chrono::seconds;

namespace {

struct Subject {
  int containers;
  std::unique_ptr<Tasks> tasks;
  std::unique_ptr<e2e::Process> agent;
  double cpu_at_start = 0;
  Memory memory;
};

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const Options options = Options::parse(argc, argv);
  const int total = options.seconds > 0 ? options.seconds : 300;
  const int warm_up =
      std::min(15, total / 4);  // first samples and the trust store are start, not hour
  const int memory_at = std::min(60, total);

  const std::string bundle = "/tmp/remora-bench-" + std::to_string(getpid()) + ".pem";
  e2e::ServerThread* thread = new e2e::ServerThread;  // outlives the relay's threads
  auto* intake = new RecordingIntake(*thread, false);
  auto* relay = options.tls ? new TlsRelay(intake->url(), bundle) : nullptr;

  std::vector<Subject> subjects;
  for (const int containers : {1, 10, 50}) {
    Subject s{containers, std::make_unique<Tasks>(*thread, containers), nullptr, 0, {}};
    auto variables =
        agent_variables(s.tasks->url(containers), relay ? relay->url() : intake->url());
    if (relay != nullptr) variables["DD_TLS_CERT_FILE"] = bundle;
    s.agent =
        std::make_unique<e2e::Process>(options.agent, std::vector<std::string>{"run"}, variables);
    subjects.push_back(std::move(s));
  }
  const auto begin = std::chrono::steady_clock::now();
  std::this_thread::sleep_until(begin + seconds(warm_up));
  for (Subject& s : subjects) s.cpu_at_start = cpu_seconds_of(s.agent->pid());
  std::this_thread::sleep_until(begin + seconds(memory_at));
  for (Subject& s : subjects) s.memory = memory_of(s.agent->pid());
  std::this_thread::sleep_until(begin + seconds(total));

  Json result;
  struct stat file {};
  stat(options.agent.c_str(), &file);
  result["program_mib"] = static_cast<double>(file.st_size) / 1048576;
  result["tls"] = options.tls;
  std::printf("program file: %.1f MiB; intake over %s\n", result["program_mib"].get<double>(),
              options.tls ? "https with this machine's roots" : "http");
  std::printf("%-11s %9s %14s %15s %10s\n", "containers", "RSS MiB", "anonymous MiB",
              "CPU s per hour", "% of core");
  bool alive = true;
  for (Subject& s : subjects) {
    const double used = cpu_seconds_of(s.agent->pid()) - s.cpu_at_start;
    const double share = used / (total - warm_up);
    alive = alive && s.memory.rss_mib > 0;
    std::printf("%-11d %9.1f %14.1f %15.2f %10.3f\n", s.containers, s.memory.rss_mib,
                s.memory.anonymous_mib, share * 3600, share * 100);
    result["containers"].push_back({{"containers", s.containers},
                                    {"rss_mib", s.memory.rss_mib},
                                    {"anonymous_mib", s.memory.anonymous_mib},
                                    {"cpu_seconds_per_hour", share * 3600},
                                    {"cpu_percent_of_core", share * 100}});
  }
  std::printf("measured: memory after %d s, CPU from %d s to %d s\n", memory_at, warm_up, total);
  options.write(result);
  std::remove(bundle.c_str());
  for (Subject& s : subjects) s.agent->kill(SIGTERM);
  for (Subject& s : subjects) {
    if (s.agent->wait(seconds(15)) != 0) alive = false;
    if (!alive) std::printf("%s\n", s.agent->output().c_str());
  }
  const bool delivered = !intake->arrivals().empty();
  if (!alive || !delivered) std::printf("FAILED: an agent ended, or nothing arrived\n");
  std::fflush(stdout);
  std::_Exit(alive && delivered ? 0 : 1);
}
