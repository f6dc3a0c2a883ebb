#include "agent/stop_signals.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <string_view>

namespace remora::agent {
namespace {

constexpr std::array kStops = {SIGTERM, SIGINT, SIGQUIT};
constexpr std::array kIgnored = {SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ, SIGCHLD};

// All that the handlers touch.
std::atomic<int> g_counter{-1};
std::atomic<int> g_last{0};
std::atomic<unsigned> g_limit{0};
std::atomic<bool> g_armed{false};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

std::array<struct sigaction, kStops.size()> g_stops_before;
std::array<struct sigaction, kIgnored.size()> g_ignored_before;
struct sigaction g_alarm_before;

void on_stop(int signal) {
  const int error = errno;
  g_last = signal;
  if (!g_armed.exchange(true)) ::alarm(g_limit);
  const std::uint64_t one = 1;
  (void)!::write(g_counter, &one, sizeof one);
  errno = error;
}

void on_alarm(int) {
  constexpr std::string_view kText = "agent: stuck, ended by its alarm\n";
  // Nobody may read stderr; this handler must not wait for it.
  pollfd out{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0) {
    (void)!::write(STDERR_FILENO, kText.data(), kText.size());
  }
  ::_exit(1);
}

void set(int signal, void (*handler)(int), struct sigaction& before) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, &before);
}

}  // namespace

StopSignals::StopSignals(std::chrono::seconds limit)
    : descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  g_counter = descriptor_;
  g_limit = static_cast<unsigned>(std::max<std::int64_t>(limit.count(), 1));
  g_armed = false;
  set(SIGALRM, on_alarm, g_alarm_before);
  for (std::size_t i = 0; i < kIgnored.size(); ++i) set(kIgnored[i], SIG_IGN, g_ignored_before[i]);
  for (std::size_t i = 0; i < kStops.size(); ++i) set(kStops[i], on_stop, g_stops_before[i]);
  // Whoever started us may have blocked them.
  sigset_t ours;
  sigemptyset(&ours);
  sigaddset(&ours, SIGALRM);
  for (const int signal : kStops) sigaddset(&ours, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &ours, nullptr);
}

StopSignals::~StopSignals() {
  for (std::size_t i = 0; i < kStops.size(); ++i) {
    ::sigaction(kStops[i], &g_stops_before[i], nullptr);
  }
  for (std::size_t i = 0; i < kIgnored.size(); ++i) {
    ::sigaction(kIgnored[i], &g_ignored_before[i], nullptr);
  }
  ::alarm(0);
  ::sigaction(SIGALRM, &g_alarm_before, nullptr);
  g_counter = -1;
  if (descriptor_ >= 0) ::close(descriptor_);
}

asio::awaitable<int> StopSignals::wait() {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::posix::stream_descriptor counter(executor);
  while (waiting_ == 0) {
    if (::read(descriptor_, &waiting_, sizeof waiting_) == sizeof waiting_) break;
    waiting_ = 0;
    boost::system::error_code ec;
    if (!counter.is_open()) counter.assign(::dup(descriptor_), ec);
    if (ec) co_return 0;
    const auto [failed] =
        co_await counter.async_wait(asio::posix::stream_descriptor::wait_read, no_throw);
    if (failed) co_return 0;
  }
  --waiting_;
  co_return g_last.load();
}

const char* signal_name(int signal) noexcept {
  switch (signal) {
    case SIGTERM:
      return "SIGTERM";
    case SIGINT:
      return "SIGINT";
    case SIGQUIT:
      return "SIGQUIT";
    default:
      return "a signal";
  }
}

}  // namespace remora::agent
