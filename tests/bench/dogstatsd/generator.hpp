// Sends a load at a steady rate from a process of its own, with few system calls (sendmmsg), so
// that on two cores the receiver has one for itself.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>

#include "bench/dogstatsd/load.hpp"

namespace remora::bench {

/// Where a receiver listens: a port of 127.0.0.1, or the path of a socket.
struct Address {
  Wire wire = Wire::udp;
  int port = 0;
  std::string path;
};

inline int connect_to(const Address& address) {
  if (address.wire == Wire::udp) {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(address.port));
    return connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 ? fd : -1;
  }
  const int type = address.wire == Wire::datagram ? SOCK_DGRAM : SOCK_STREAM;
  const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::strncpy(to.sun_path, address.path.c_str(), sizeof to.sun_path - 1);
  return connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 ? fd : -1;
}

/// Threading: the child has one thread; the parent must have none when it makes a generator.
class Generator {
 public:
  /// Forks; the child builds its packets and waits.
  explicit Generator(const Load& load) : load_(load) {
    void* shared =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shared_ = new (shared) Shared;
    child_ = fork();
    if (child_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      run();
      _exit(0);
    }
    wait_for(State::ready);
  }
  ~Generator() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    munmap(shared_, sizeof(Shared));
  }
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  void start(const Address& address) {
    shared_->wire = address.wire;
    shared_->port = address.port;
    std::strncpy(shared_->path, address.path.c_str(), sizeof shared_->path - 1);
    shared_->state = State::go;
  }
  /// Returns when everything was sent.
  void finish() { wait_for(State::done); }

  [[nodiscard]] TypeCounts sent() const { return shared_->sent; }
  [[nodiscard]] double seconds() const { return shared_->seconds; }
  /// Of the target; below 1 the generator or a blocking receiver held it up.
  [[nodiscard]] double rate_reached() const {
    return static_cast<double>(shared_->sent.total()) / shared_->seconds / load_.rate;
  }
  [[nodiscard]] double cpu_seconds() const { return shared_->cpu_seconds; }
  [[nodiscard]] std::uint64_t failures() const { return shared_->failures; }

 private:
  enum class State { building, ready, go, done };
  struct Shared {
    std::atomic<State> state{State::building};
    Wire wire = Wire::udp;
    int port = 0;
    char path[108] = {};
    TypeCounts sent;
    std::uint64_t failures = 0;
    double seconds = 0, cpu_seconds = 0;
  };

  static double now(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
  }
  static void sleep_until(double at) {
    timespec t{};
    t.tv_sec = static_cast<time_t>(at);
    t.tv_nsec = static_cast<long>((at - static_cast<double>(t.tv_sec)) * 1e9);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr);
  }
  void wait_for(State state) const {
    while (shared_->state.load() != state) {
      if (waitpid(child_, nullptr, WNOHANG) == child_) return;  // gone: sent() stays zero
      usleep(2000);
    }
  }

  void run() {
    const Packets packets(load_);
    std::vector<iovec> pieces(packets.size());
    std::vector<mmsghdr> messages(packets.size());
    for (std::size_t i = 0; i < packets.size(); ++i) {
      pieces[i] = {const_cast<char*>(packets.at(i).data()), packets.at(i).size()};
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    prctl(PR_SET_TIMERSLACK, 1000UL);  // ns
    shared_->state = State::ready;
    while (shared_->state.load() != State::go) usleep(1000);

    const int fd = connect_to({shared_->wire, shared_->port, shared_->path});
    const double cpu = now(CLOCK_PROCESS_CPUTIME_ID), begin = now(CLOCK_MONOTONIC);
    const std::uint64_t sent = fd < 0 ? 0 : send_all(fd, messages);
    shared_->seconds = now(CLOCK_MONOTONIC) - begin;
    shared_->cpu_seconds = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    shared_->sent = packets.count(sent);
    shared_->state = State::done;
  }

  /// In slices of 100 us, as even as sleeping allows: applications do not wait for each other to
  /// send together. What a late wake-up owes is paid back at no more than twice the rate.
  std::uint64_t send_all(int fd, std::vector<mmsghdr>& messages) {
    const double packets_per_second = static_cast<double>(load_.rate) / load_.per_packet;
    constexpr double slice = 0.0001;
    const auto most = static_cast<std::uint64_t>(2 * slice * packets_per_second) + 1;
    const auto total = static_cast<std::uint64_t>(packets_per_second * load_.seconds);
    const double begin = now(CLOCK_MONOTONIC);
    double next = begin;
    std::uint64_t sent = 0;
    while (sent < total) {
      const auto due =
          static_cast<std::uint64_t>((now(CLOCK_MONOTONIC) - begin) * packets_per_second) + 1;
      std::uint64_t budget = std::min({due > sent ? due - sent : 0, most, total - sent});
      while (budget > 0) {
        const std::size_t at = static_cast<std::size_t>(sent % messages.size());
        const auto n =
            static_cast<unsigned>(std::min<std::uint64_t>({budget, 64, messages.size() - at}));
        const int done = sendmmsg(fd, &messages[at], n, MSG_NOSIGNAL);
        if (done < 0) {
          if (errno == EINTR) continue;
          if (++shared_->failures > 10'000 || errno == EPIPE || errno == ECONNRESET) return sent;
          break;
        }
        sent += static_cast<std::uint64_t>(done);
        budget -= static_cast<std::uint64_t>(done);
      }
      next = std::max(next + slice, now(CLOCK_MONOTONIC));
      sleep_until(next);
    }
    return sent;
  }

  Load load_;
  Shared* shared_ = nullptr;
  pid_t child_ = -1;
};

}  // namespace remora::bench
