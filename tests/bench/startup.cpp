// From the start of the process to: DogStatsD's sockets are open, `agent health` would pass, the
// first container metrics are at the intake. And how long `agent health` itself takes.
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "bench/recording_intake.hpp"
#include "bench/task_of_containers.hpp"
#include "e2e/process.hpp"
#include "remora/api/health_view.hpp"
#include "remora/api/ipc_client.hpp"

using namespace remora;
using namespace remora::bench;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kContainers = 10;

double ms(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

// The UDP port and the Unix socket: what applications send from now on is kept.
class DogstatsdSockets {
 public:
  explicit DogstatsdSockets(const e2e::Variables& variables)
      : path_(variables.at("DD_DOGSTATSD_SOCKET")) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(variables.at("DD_DOGSTATSD_PORT"))));
    connect(udp_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  ~DogstatsdSockets() { close(udp_); }
  DogstatsdSockets(const DogstatsdSockets&) = delete;
  DogstatsdSockets& operator=(const DogstatsdSockets&) = delete;

  [[nodiscard]] bool open() const { return udp_open() && unix_open(); }

 private:
  // A closed port of this machine answers at once.
  [[nodiscard]] bool udp_open() const {
    char none = 0;
    if (send(udp_, "\n", 1, 0) != 1) return false;
    return recv(udp_, &none, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
  }
  [[nodiscard]] bool unix_open() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const bool open = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return open;
  }

  std::string path_;
  int udp_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

bool healthy(const api::IpcIdentity& identity) {
  const auto reply = api::ipc_request(identity, "health", milliseconds(1000));
  if (!reply || reply->status != 200) return false;
  const auto report = api::parse_health_json(reply->body);
  return report && report->ok();
}

/// Polls every 0.2 ms; negative when it did not happen within 20 s.
template <class Condition>
double wait_for(Clock::time_point begin, Condition condition) {
  while (!condition()) {
    if (Clock::now() - begin > std::chrono::seconds(20)) return -1;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return ms(Clock::now() - begin);
}

Clock::time_point first_metrics(const RecordingIntake& intake) {
  for (const Arrival& arrival : intake.arrivals()) {
    if (arrival.containers) return arrival.at;
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = Options::parse(argc, argv);
  const int runs = options.runs > 0 ? options.runs : 20;
  std::vector<double> listening, health, first, first_late, command;
  bool well = true;
  for (int run = 0; run < runs; ++run) {
    // Odd runs: the endpoint has no stats for the first two seconds, as beside a fresh container.
    const bool late = run % 2 == 1;
    e2e::ServerThread thread;
    RecordingIntake intake(thread);
    Tasks tasks(thread, kContainers);
    tasks.has_stats = !late;
    const auto variables = agent_variables(tasks.url(run), intake.url());
    const api::IpcIdentity identity{kApiKey, tasks.url(run), api::current_mount_namespace()};

    const DogstatsdSockets sockets(variables);
    auto begin = Clock::now();
    e2e::Process agent(options.agent, {"run"}, variables);
    listening.push_back(wait_for(begin, [&] { return sockets.open(); }));
    health.push_back(wait_for(begin, [&] { return healthy(identity); }));
    if (late) {
      // Not always at the same distance to the agent's look every 250 ms.
      std::this_thread::sleep_until(begin + milliseconds(2'000 + run * 85 % 250));
      begin = Clock::now();
      tasks.has_stats = true;
    }
    if (wait_for(begin, [&] { return first_metrics(intake) != Clock::time_point{}; }) < 0) {
      agent.kill(SIGKILL);
      (void)agent.wait(milliseconds(1000));
      std::printf("FAILED: no container metrics within 20 s; the agent said:\n%s\n",
                  agent.output().c_str());
      return 1;
    }
    (late ? first_late : first).push_back(ms(first_metrics(intake) - begin));

    agent.kill(SIGTERM);
    well &= agent.wait(std::chrono::seconds(15)) == 0;
  }

  // `agent health`: from fork to exit, waited for without polling.
  {
    e2e::ServerThread thread;
    RecordingIntake intake(thread, false);
    Tasks tasks(thread, kContainers);
    const auto variables = agent_variables(tasks.url(1), intake.url());
    const api::IpcIdentity identity{kApiKey, tasks.url(1), api::current_mount_namespace()};
    e2e::Process agent(options.agent, {"run"}, variables);
    wait_for(Clock::now(), [&] { return healthy(identity); });
    for (int run = 0; run < runs; ++run) {
      const auto begin = Clock::now();
      e2e::Process health_command(options.agent, {"health"}, variables);
      siginfo_t info{};
      waitid(P_PID, static_cast<id_t>(health_command.pid()), &info, WEXITED | WNOWAIT);
      command.push_back(ms(Clock::now() - begin));
      well &= info.si_status == 0;
      (void)health_command.wait(milliseconds(1000));
    }
    agent.kill(SIGTERM);
    well &= agent.wait(std::chrono::seconds(15)) == 0;
  }

  Json result;
  result["runs"] = runs;
  result["containers"] = kContainers;
  std::printf("%-46s %9s %9s %9s\n", "milliseconds", "median", "min", "max");
  const auto print = [&](const char* key, const char* text, const std::vector<double>& values) {
    if (values.empty()) return;
    const Json s = spread(values);
    result[key] = s;
    well &= s["min"].get<double>() >= 0;
    std::printf("%-46s %9.1f %9.1f %9.1f\n", text, s["median"].get<double>(),
                s["min"].get<double>(), s["max"].get<double>());
  };
  print("listener_ms", "start to DogStatsD's sockets open", listening);
  print("healthy_ms", "start to healthy", health);
  print("first_metrics_ms", "start to first metrics, stats there", first);
  print("first_metrics_late_ms", "stats appear to first metrics, stats after 2 s", first_late);
  print("health_command_ms", "`agent health`, whole process", command);
  options.write(result);
  if (!well) std::printf("FAILED: an agent was not healthy or did not stop cleanly\n");
  return well ? 0 : 1;
}
