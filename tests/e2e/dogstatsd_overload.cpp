// A tag explosion against the image in a container with 64 MB: never the OOM killer, the contexts
// that were there first stay exact to the last sample, and `agent status` names who did it.
//
// Needs an engine and the image (./dev image). Every line is sent over the Unix datagram socket,
// which makes a sender wait and loses nothing, so every count can be told exactly. Options:
// --contexts N (default: two million, some half a minute; the full run is ten million), --rate N
// per second,
// --memory SIZE.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "e2e/process.hpp"
#include "e2e/world.hpp"

using namespace remora;
using namespace remora::e2e;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

int failures = 0;
void that(bool holds, const std::string& what) {
  std::printf("%s  %s\n", holds ? "ok    " : "FAILED", what.c_str());
  std::fflush(stdout);
  failures += holds ? 0 : 1;
}

int skip(const std::string& why) {
  std::printf("SKIPPED e2e_dogstatsd_overload: %s\n", why.c_str());
  const char* ci = std::getenv("CI");
  if (ci == nullptr || std::string_view(ci) != "true") return 77;
  std::printf("CI counts this as a failure\n");
  return 1;
}

Finished docker(std::vector<std::string> arguments) {
  std::string command = "exec docker";
  for (const auto& a : arguments) command += " '" + a + "'";
  Variables variables;
  for (const char* name : {"PATH", "HOME", "DOCKER_HOST"}) {
    if (const char* value = std::getenv(name)) variables[name] = value;
  }
  return run_program("/bin/sh", {"-c", command}, variables, seconds(60));
}

/// Sums of the steady metrics; of all others only how many series there were.
class SummingIntake {
 public:
  explicit SummingIntake(ServerThread& thread)
      : server_(thread, [this](const net::ServerRequest& r) { return respond(r); }) {}
  [[nodiscard]] std::string url() const { return server_.url(); }

  struct Sums {
    std::uint64_t counter = 0, histogram = 0, distribution = 0;
    std::uint64_t others = 0, payloads = 0, unreadable = 0;
  };
  [[nodiscard]] Sums sums() const {
    const std::scoped_lock lock(mutex_);
    return sums_;
  }

 private:
  net::ServerResponse respond(const net::ServerRequest& request) {
    if (request.path() == "/api/v1/validate") return {200, "application/json", R"({"valid":true})"};
    const bool series = request.path() == "/api/v2/series";
    if (series || request.path() == "/api/beta/sketches") {
      const std::size_t size =
          ZSTD_decompress(raw_.data(), raw_.size(), request.body.data(), request.body.size());
      const std::scoped_lock lock(mutex_);
      ++sums_.payloads;
      if (ZSTD_isError(size) != 0) {
        ++sums_.unreadable;
      } else {
        protozero::pbf_reader message(raw_.data(), size);
        while (message.next(1)) {
          const auto view = message.get_view();
          if (std::string_view(view.data(), view.size()).find("steady.") == std::string_view::npos)
            ++sums_.others;
          else if (series)
            add_series(protozero::pbf_reader(view));
          else
            add_sketch(protozero::pbf_reader(view));
        }
      }
    }
    return {202, "application/json", R"({"errors":[]})"};
  }

  // Source of the messages: DataDog/agent-payload proto/metrics/agent_payload.proto.
  void add_series(protozero::pbf_reader fields) {
    std::string name;
    double sum = 0;
    std::int64_t interval = 0;
    while (fields.next()) {
      if (fields.tag() == 2) {
        name = fields.get_string();
      } else if (fields.tag() == 8) {
        interval = fields.get_int64();
      } else if (fields.tag() == 4) {
        protozero::pbf_reader point = fields.get_message();
        while (point.next()) {
          if (point.tag() == 1)
            sum += point.get_double();
          else
            point.skip();
        }
      } else {
        fields.skip();
      }
    }
    const auto count =
        static_cast<std::uint64_t>(std::llround(sum * static_cast<double>(interval)));
    if (name == "steady.requests") sums_.counter += count;
    if (name == "steady.latency.count") sums_.histogram += count;
  }
  void add_sketch(protozero::pbf_reader fields) {
    while (fields.next()) {
      if (fields.tag() != 7) {
        fields.skip();
        continue;
      }
      protozero::pbf_reader sketch = fields.get_message();
      while (sketch.next()) {
        if (sketch.tag() == 2)
          sums_.distribution += static_cast<std::uint64_t>(sketch.get_int64());
        else
          sketch.skip();
      }
    }
  }

  mutable std::mutex mutex_;
  Sums sums_;
  std::string raw_ = std::string(16 * 1024 * 1024, '\0');  ///< the server's thread only
  Server server_;
};

/// A client: blocks while the queue of the socket is full.
class Sender {
 public:
  explicit Sender(const std::string& path) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::strncpy(to.sun_path, path.c_str(), sizeof to.sun_path - 1);
    const timeval patience{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    good_ = connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;
  ~Sender() { close(fd_); }

  void line(const char* text, std::size_t size) {
    if (packet_.size() + size > 8000) send();
    packet_.append(text, size);
  }
  void send() {
    if (!packet_.empty())
      good_ = good_ && ::send(fd_, packet_.data(), packet_.size(), MSG_NOSIGNAL) ==
                           static_cast<ssize_t>(packet_.size());
    packet_.clear();
  }
  [[nodiscard]] bool good() const { return good_; }

 private:
  int fd_;
  bool good_ = false;
  std::string packet_;
};

/// The application that behaves: the same contexts all the time, one sample of each a round.
class Steady {
 public:
  static constexpr int kContexts = 600;  // half counters, a quarter histograms and distributions
  explicit Steady(const std::string& path) : sender_(path) {}
  void round() {
    for (int id = 0; id < kContexts; ++id) {
      const int kind = id % 4;
      char text[128];
      const int n = std::snprintf(text, sizeof text, "steady.%s|#service:shop,id:%d\n",
                                  kind < 2    ? "requests:1|c"
                                  : kind == 2 ? "latency:12.5|h"
                                              : "size:17|d",
                                  id);
      sender_.line(text, static_cast<std::size_t>(n));
      ++sent[static_cast<std::size_t>(kind < 2 ? 0 : kind - 1)];
    }
    sender_.send();
  }
  [[nodiscard]] bool good() const { return sender_.good(); }
  std::array<std::uint64_t, 3> sent{};  ///< of counters, histograms, distributions

 private:
  Sender sender_;
};

/// The one that does not: every line has a tag value of its own. Ends when all were sent.
void explode(const std::string& path, std::uint64_t contexts, double rate,
             std::atomic<bool>& good) {
  Sender sender(path);
  static constexpr std::array<const char*, 5> kKinds{"1|c", "7.5|g", "12.5|h", "17|d", "u1|s"};
  const auto begin = Clock::now();
  for (std::uint64_t i = 0; i < contexts; ++i) {
    char text[128];
    const int n = std::snprintf(
        text, sizeof text, "explosion.requests:%s|#service:shop,env:prod,request_id:%016llx\n",
        kKinds[i % kKinds.size()], static_cast<unsigned long long>(i * 0x9e3779b97f4a7c15u));
    sender.line(text, static_cast<std::size_t>(n));
    if (i % 500 == 0) {
      std::this_thread::sleep_until(
          begin + std::chrono::duration_cast<Clock::duration>(
                      std::chrono::duration<double>(static_cast<double>(i) / rate)));
    }
  }
  sender.send();
  good = sender.good();
}

struct Wanted {
  std::uint64_t contexts = 2'000'000;
  double rate = 150'000;
  std::string memory = "64m";
};

/// The agent's container.
class Container {
 public:
  Container(const std::string& image, const Wanted& wanted, const std::string& directory,
            const std::map<std::string, std::string>& variables)
      : name_("remora-overload-" + std::to_string(getpid())) {
    std::vector<std::string> run{"run",         "-d",          "--name",
                                 name_,         "--network",   "host",
                                 "--memory",    wanted.memory, "--memory-swap",
                                 wanted.memory, "-v",          directory + ":/sockets"};
    for (const auto& [key, value] : variables) run.push_back("--env=" + key + "=" + value);
    run.push_back(image);
    started_ = docker(run);
  }
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;
  ~Container() { docker({"rm", "-f", name_}); }

  [[nodiscard]] const Finished& started() const { return started_; }
  [[nodiscard]] Finished exec(std::vector<std::string> command) const {
    command.insert(command.begin(), {"exec", name_});
    return docker(std::move(command));
  }
  [[nodiscard]] std::string state() const {
    return docker({"inspect", "-f", "{{.State.Running}} {{.State.OOMKilled}} {{.RestartCount}}",
                   name_})
        .output;
  }
  /// Highest use of memory as the kernel counted it for the whole container, MiB; 0 = not known.
  [[nodiscard]] double peak_mib() const {
    for (const char* file :
         {"/sys/fs/cgroup/memory/memory.max_usage_in_bytes", "/sys/fs/cgroup/memory.peak"}) {
      const Finished read = exec({"cat", file});
      if (read.code == 0) return std::strtod(read.output.c_str(), nullptr) / 1048576;
    }
    return 0;
  }
  /// Exit code after SIGTERM.
  [[nodiscard]] std::string stop() const {
    docker({"stop", "-t", "30", name_});
    return docker({"inspect", "-f", "{{.State.ExitCode}} {{.State.OOMKilled}}", name_}).output;
  }
  [[nodiscard]] std::string log() const { return docker({"logs", "--tail", "15", name_}).output; }

 private:
  std::string name_;
  Finished started_;
};

std::uint64_t number_after(const std::string& text, const std::string& label) {
  const std::size_t at = text.find(label);
  if (at == std::string::npos) return 0;
  const std::size_t digits = text.find_first_of("0123456789", at + label.size());
  return digits == std::string::npos ? 0 : std::strtoull(text.c_str() + digits, nullptr, 10);
}

void scenario(const std::string& image, const Wanted& wanted, const std::string& directory) {
  ServerThread thread;
  const Task task(thread);
  const SummingIntake intake(thread);
  const std::string socket = directory + "/dsd.socket";
  const Container agent(image, wanted, directory,
                        {{"ECS_CONTAINER_METADATA_URI_V4", task.url()},
                         {"AWS_EXECUTION_ENV", "AWS_ECS_MANAGED_INSTANCES"},
                         {"DD_ECS_DEPLOYMENT_MODE", "sidecar"},
                         {"DD_API_KEY", "00d1e2f3a4b5c6d78091a2b3c4d5e6f7"},
                         {"DD_DD_URL", intake.url()},
                         {"DD_DOGSTATSD_PORT", "0"},
                         {"DD_DOGSTATSD_SOCKET", "/sockets/dsd.socket"}});
  that(agent.started().code == 0, "the container starts with " + wanted.memory + " of memory " +
                                      (agent.started().code == 0 ? "" : agent.started().output));
  that(eventually([&] { return std::filesystem::exists(socket); }), "the socket is there");
  that(eventually([&] { return agent.exec({"agent", "health"}).code == 0; }), "healthy");
  if (failures > 0) return;

  Steady steady(socket);
  for (int i = 0; i < 20; ++i) {  // known before the explosion
    steady.round();
    std::this_thread::sleep_for(milliseconds(100));
  }
  std::atomic<bool> sent_all{false}, done{false};
  const auto begin = Clock::now();
  std::thread explosion([&] {
    explode(socket, wanted.contexts, wanted.rate, sent_all);
    done = true;
  });
  while (!done) {
    steady.round();
    std::this_thread::sleep_for(milliseconds(100));
  }
  explosion.join();
  const double took = std::chrono::duration<double>(Clock::now() - begin).count();
  char text[160];
  std::snprintf(text, sizeof text, "%.1f million new contexts in %.1f s, %.0f a second",
                static_cast<double>(wanted.contexts) / 1e6, took,
                static_cast<double>(wanted.contexts) / took);
  that(sent_all, text);
  for (int i = 0; i < 10; ++i) {
    steady.round();
    std::this_thread::sleep_for(milliseconds(100));
  }

  const std::string state = agent.state();
  that(state.starts_with("true false 0"),
       "runs, not killed by the kernel, not restarted: " + state);
  that(agent.exec({"agent", "health"}).code == 0, "healthy after it");
  const std::string status = agent.exec({"agent", "status"}).output;
  that(status.find("explosion.requests") != std::string::npos, "status names the metric");
  that(status.find("request_id") != std::string::npos, "status names the tag key");
  const std::uint64_t refused = number_after(status, "explosion.requests");
  std::printf("        peak of the container %.1f MiB; status: %llu\n", agent.peak_mib(),
              static_cast<unsigned long long>(refused));

  that(steady.good(), "no packet of the steady application was refused by the socket");
  const std::string end = agent.stop();
  that(end.starts_with("0 false"), "SIGTERM: exit code 0, not killed: " + end);
  const SummingIntake::Sums sums = intake.sums();
  const auto exact = [](const char* what, std::uint64_t arrived, std::uint64_t sent) {
    that(arrived == sent, std::string(what) + ": " + std::to_string(arrived) + " of " +
                              std::to_string(sent) + " arrived");
  };
  exact("old counters", sums.counter, steady.sent[0]);
  exact("samples of old histograms", sums.histogram, steady.sent[1]);
  exact("samples of old distributions", sums.distribution, steady.sent[2]);
  that(sums.unreadable == 0, "every payload can be read");
  std::printf("        %llu payloads; %llu series of the explosion were shipped\n",
              static_cast<unsigned long long>(sums.payloads),
              static_cast<unsigned long long>(sums.others));
  if (failures > 0)
    std::printf("--- status\n%s\n--- log\n%s\n", status.c_str(), agent.log().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  Wanted wanted;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--contexts") wanted.contexts = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--rate") wanted.rate = std::strtod(argv[i + 1], nullptr);
    if (name == "--memory") wanted.memory = argv[i + 1];
  }
  const char* named = std::getenv("REMORA_IMAGE");
  const std::string image = named != nullptr ? named : "remora:dev";
  if (docker({"info"}).code != 0) return skip("no Docker engine answers");
  if (docker({"image", "inspect", image}).code != 0)
    return skip("the image " + image + " is not there: ./dev image");

  std::string directory = "/tmp/remora-overload-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) return 1;
  chmod(directory.c_str(), 0777);
  scenario(image, wanted, directory);
  std::filesystem::remove_all(directory);
  std::printf("%d failed\n", failures);
  return failures == 0 ? 0 : 1;
}
