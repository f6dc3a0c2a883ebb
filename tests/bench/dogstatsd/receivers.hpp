// What is measured: the floor, the agent, and the peers that a package registry offers.
#pragma once

#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <optional>

#include "bench/dogstatsd/counting_intake.hpp"
#include "bench/dogstatsd/floor.hpp"
#include "bench/recording_intake.hpp"
#include "fakes/source_dir.hpp"

namespace remora::bench {

/// What one receiver used for one load.
struct Usage {
  std::string failure;  ///< empty: it worked
  double cpu_seconds = 0;
  double idle_mib = 0, peak_mib = 0;
  std::uint64_t sent = 0;
  double rate_reached = 1;
  double generator_cpu_seconds = 0;
  std::optional<std::uint64_t> received;  ///< messages it says it got, where it can be asked
  long dropped_by_kernel = 0;             ///< messages, UDP only
  std::uint64_t shipped_bytes = 0, series = 0, sketches = 0;

  [[nodiscard]] double cpu_per_million() const {
    return sent == 0 ? 0 : cpu_seconds / static_cast<double>(sent) * 1e6;
  }
  [[nodiscard]] double lost() const {
    if (sent == 0) return 0;
    const auto all = static_cast<double>(sent);
    return received ? 1 - static_cast<double>(*received) / all
                    : static_cast<double>(dropped_by_kernel) / all;
  }
};

class Receiver {
 public:
  virtual ~Receiver() { std::remove(log().c_str()); }
  [[nodiscard]] virtual std::string name() const = 0;
  /// Why it cannot take part at all, or with this wire; empty when it can.
  [[nodiscard]] virtual std::string missing(Wire wire) = 0;

  Usage measure(const Load& load) {
    Usage usage;
    Generator generator(load);
    Address address{load.wire, 0, ""};
    if (load.wire == Wire::udp) {
      address.port = free_port(SOCK_DGRAM);
    } else {
      address.path = "/tmp/remora-bench-" + std::to_string(getpid()) + ".sock";
    }
    start(address);
    const auto listening = [&] {
      return load.wire == Wire::udp ? kernel_drops(address.port) >= 0
                                    : unix_socket_is_bound(address.path);
    };
    for (int i = 0; i < 1000 && !listening(); ++i) usleep(10'000);
    if (!listening()) {
      usage.failure = "did not listen: " + last_words();
      child_.stop(SIGKILL);
      if (!address.path.empty()) unlink(address.path.c_str());
      return usage;
    }
    sleep(settle_seconds());
    usage.idle_mib = memory_of(child_.pid()).rss_mib;
    const double cpu_before = cpu_seconds_of(child_.pid());

    generator.start(address);
    generator.finish();
    usage.sent = generator.sent().total();
    usage.rate_reached = generator.rate_reached();
    usage.generator_cpu_seconds = generator.cpu_seconds();
    usleep(300'000);  // what is in the socket buffer
    if (!child_.running()) {
      usage.failure = "ended under the load: " + last_words();
      return usage;
    }
    if (load.wire == Wire::udp) {
      usage.dropped_by_kernel = kernel_drops(address.port) * load.per_packet;
    }
    usage.peak_mib = peak_rss_of(child_.pid());
    finish(usage, generator.sent(), cpu_before);
    if (load.wire != Wire::udp) unlink(address.path.c_str());
    return usage;
  }

 protected:
  virtual void start(const Address& address) = 0;
  virtual void finish(Usage& usage, const TypeCounts& sent, double cpu_before) = 0;
  [[nodiscard]] virtual unsigned settle_seconds() const { return 1; }
  [[nodiscard]] std::string log() const {
    return "/tmp/remora-bench-" + std::to_string(getpid()) + ".log";
  }
  [[nodiscard]] std::string last_words() const {
    std::ifstream file(log());
    std::string line, last;
    while (std::getline(file, line)) {
      if (!line.empty()) last = line;
    }
    return last.substr(0, 200);
  }
  Child child_;
};

class Floor final : public Receiver {
 public:
  Floor() {
    void* shared =
        mmap(nullptr, sizeof *messages_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    messages_ = new (shared) std::atomic<std::uint64_t>(0);
  }
  [[nodiscard]] std::string name() const override { return "floor"; }
  [[nodiscard]] std::string missing(Wire) override { return ""; }

 protected:
  void start(const Address& address) override {
    messages_->store(0);
    child_.fork_into([&] { run_floor(address, *messages_); });
  }
  void finish(Usage& usage, const TypeCounts&, double cpu_before) override {
    usage.received = messages_->load();
    usage.cpu_seconds = cpu_seconds_of(child_.pid()) - cpu_before;
    child_.stop(SIGKILL);
  }

 private:
  std::atomic<std::uint64_t>* messages_ = nullptr;
};

/// The release program against an intake that accepts everything. Its CPU includes everything until
/// it has exited: all flushes of what it received, the one at SIGTERM too.
class Remora final : public Receiver {
 public:
  explicit Remora(std::string program) : program_(std::move(program)) {}
  [[nodiscard]] std::string name() const override { return "remora"; }
  [[nodiscard]] std::string missing(Wire) override {
    return access(program_.c_str(), X_OK) == 0 ? "" : program_ + " is not there (./dev build)";
  }

 protected:
  void start(const Address& address) override {
    intake_.emplace();
    e2e::Variables variables = agent_variables(intake_->metadata, intake_->url);
    variables["DD_DOGSTATSD_PORT"] = std::to_string(address.port);
    variables["DD_DOGSTATSD_SOCKET"] = address.wire == Wire::datagram ? address.path : "";
    variables["DD_DOGSTATSD_STREAM_SOCKET"] = address.wire == Wire::stream ? address.path : "";
    child_.run(program_, {"run"}, variables, log());
  }
  [[nodiscard]] unsigned settle_seconds() const override { return 3; }
  void finish(Usage& usage, const TypeCounts& sent, double cpu_before) override {
    const Child::End end = child_.stop(SIGTERM);
    usage.cpu_seconds = end.cpu_seconds - cpu_before;
    if (end.code != 0)
      usage.failure = "exit code " + std::to_string(end.code) + ": " + last_words();
    const Arrived arrived = intake_->count();
    intake_.reset();
    if (arrived.bad > 0) usage.failure = std::to_string(arrived.bad) + " payloads not readable";
    usage.shipped_bytes = arrived.bytes;
    usage.series = arrived.series;
    usage.sketches = arrived.sketches;
    if (sent.countable() > 0) {
      usage.received = static_cast<std::uint64_t>(
          std::llround(static_cast<double>(arrived.samples.countable()) /
                       static_cast<double>(sent.countable()) * static_cast<double>(usage.sent)));
    }
  }

 private:
  std::string program_;
  std::optional<CountingIntake> intake_;
};

inline const std::string kPeers = fakes::source_dir() + "/build/bench-peers";

/// Runs a command of an installer; its last line when it fails.
inline std::string failure_of(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "no shell";
  std::string last, line;
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) {
    if (c != '\n') {
      line += static_cast<char>(c);
    } else if (!line.empty()) {
      last = std::exchange(line, "");
    }
  }
  if (!line.empty()) last = line;
  return pclose(pipe) == 0 ? "" : last.empty() ? "it failed" : last.substr(0, 120);
}

/// Datadog's DogStatsD in Rust, from the Python package that carries the program. Its CPU is that
/// of the load alone, flushes every 10 s. It ships over https to a site only and trusts built-in
/// roots, so it cannot reach an intake here: payloads are built, and the proxy it is given answers
/// 404. What it lost is known only as far as the kernel tells.
class ServerlessCompat final : public Receiver {
 public:
  [[nodiscard]] std::string name() const override { return "serverless-compat"; }
  [[nodiscard]] std::string missing(Wire wire) override {
    if (wire != Wire::udp) return "UDP only";
    if (access(kProgram.c_str(), F_OK) != 0 && tried_.empty()) {
      tried_ =
          failure_of("python3 -m pip install -q --no-deps --disable-pip-version-check --target '" +
                     kPeers + "/python' datadog-serverless-compat==" + kVersion);
    }
    if (access(kProgram.c_str(), F_OK) != 0) return "pip could not install it: " + tried_;
    chmod(kProgram.c_str(), 0755);
    return "";
  }

 protected:
  void start(const Address& address) override {
    intake_.emplace();
    child_.run(kProgram, {},
               {{"ASCSVCRT_SPRING__APPLICATION__NAME", "bench"},  // it starts in known clouds only
                {"DD_API_KEY", kApiKey},
                {"DD_SITE", "bench.invalid"},
                {"DD_PROXY_HTTPS", intake_->url},
                {"DD_LOG_LEVEL", "error"},
                {"DD_APM_RECEIVER_PORT", std::to_string(free_port(SOCK_STREAM))},
                {"DD_DOGSTATSD_PORT", std::to_string(address.port)}},
               log());
  }
  void finish(Usage& usage, const TypeCounts&, double cpu_before) override {
    usage.cpu_seconds = cpu_seconds_of(child_.pid()) - cpu_before;
    child_.stop(SIGKILL);
    intake_.reset();
  }

 private:
  static constexpr const char* kVersion = "0.19.0";
  const std::string kProgram =
      kPeers + "/python/datadog_serverless_compat/bin/linux-amd64/datadog-serverless-compat";
  std::string tried_;
  std::optional<CountingIntake> intake_;
};

/// Prometheus' receiver of DogStatsD, built through the Go module proxy. It only aggregates:
/// nothing is flushed, and sets are not supported.
class StatsdExporter final : public Receiver {
 public:
  [[nodiscard]] std::string name() const override { return "statsd_exporter"; }
  [[nodiscard]] std::string missing(Wire wire) override {
    if (wire == Wire::stream) return "no framed stream";
    if (access(kProgram.c_str(), F_OK) != 0 && tried_.empty()) {
      tried_ = failure_of("GOBIN='" + kPeers +
                          "' go install github.com/prometheus/statsd_exporter@v" + kVersion);
    }
    return access(kProgram.c_str(), X_OK) == 0 ? "" : "go could not install it: " + tried_;
  }

 protected:
  void start(const Address& address) override {
    const bool udp = address.wire == Wire::udp;
    child_.run(kProgram,
               {"--statsd.listen-tcp=", "--log.level=error",
                "--web.listen-address=127.0.0.1:" + std::to_string(free_port(SOCK_STREAM)),
                "--statsd.listen-udp=" + (udp ? "127.0.0.1:" + std::to_string(address.port) : ""),
                "--statsd.listen-unixgram=" + (udp ? "" : address.path)},
               {{"HOME", "/tmp"}}, log());
  }
  void finish(Usage& usage, const TypeCounts&, double cpu_before) override {
    usage.cpu_seconds = cpu_seconds_of(child_.pid()) - cpu_before;
    child_.stop(SIGKILL);
  }

 private:
  static constexpr const char* kVersion = "0.28.0";
  const std::string kProgram = kPeers + "/statsd_exporter";
  std::string tried_;
};

}  // namespace remora::bench
