#include "remora/api/ipc_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "api/ipc_wire.hpp"

namespace remora::api {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// The daemon's queue is full: try to connect again after this pause.
constexpr std::chrono::milliseconds kConnectRetry(20);
/// How often a connection that was closed without a word is tried again: strangers that keep the
/// daemon's places taken may have displaced us, or we got no CPU within the time it gives.
constexpr int kRetriesWhenClosed = 10;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

/// One name somebody listens on, up to its greeting.
struct Candidate {
  int index = 0;
  Descriptor socket;  ///< empty while the listener's queue is full, and before a retry
  int closed = 0;     ///< times the listener has closed without a word
  SteadyClock::time_point not_before;  ///< of the next attempt to connect
  std::string nonce;
  std::string received;
};

enum class Connect { done, busy, absent };

class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds timeout) : end_(SteadyClock::now() + timeout) {}
  [[nodiscard]] std::chrono::milliseconds left() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - SteadyClock::now());
    return std::max(left, std::chrono::milliseconds(0));
  }

 private:
  SteadyClock::time_point end_;
};

Error system_failure(std::string_view what) {
  return fail(Errc::io, std::string(what) + ": " + std::generic_category().message(errno));
}

/// Connects without waiting. The error is one of this process, such as no descriptors left.
Result<Connect> connect_to(const std::string& name, Descriptor& socket) {
  Descriptor fresh(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fresh.get() < 0) return system_failure("no socket for the connection to the agent");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // Abstract: a NUL byte, then the name; its length counts, not a terminator.
  name.copy(address.sun_path + 1, sizeof(address.sun_path) - 1);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::connect(fresh.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0) {
    socket = std::move(fresh);
    return Connect::done;
  }
  if (errno == EAGAIN || errno == EINTR) return Connect::busy;
  return Connect::absent;
}

bool send_all(int fd, std::string_view text, const Deadline& deadline) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd entry{fd, POLLOUT, 0};
      const int ready = ::poll(&entry, 1, static_cast<int>(deadline.left().count()));
      if (ready == 0) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

enum class Received { data, nothing_yet, end };

Received receive(int fd, std::string& buffer) {
  std::array<char, 16384> bytes;
  const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
  if (got > 0) {
    buffer.append(bytes.data(), static_cast<std::size_t>(got));
    return Received::data;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Received::nothing_yet;
  return Received::end;
}

/// The daemon among those that listen, proved, with the client's proof prefix ready to be made.
struct Proved {
  Candidate candidate;
  std::string server_nonce;
};

enum class Greeted { wait, impostor, proved };

Greeted check_greeting(const IpcIdentity& identity, const Candidate& candidate,
                       std::string& server_nonce) {
  const Line line = take_line(candidate.received);
  if (line.state == LineState::incomplete) return Greeted::wait;
  const auto greeting =
      line.state == LineState::complete ? parse_greeting(line.text) : std::optional<Greeting>();
  if (!greeting) return Greeted::impostor;
  const IpcKey key = ipc_key(identity, candidate.index);
  const auto expected = ipc_proof(key, "server", candidate.nonce, greeting->nonce, "");
  if (!same_proof(expected, greeting->proof)) return Greeted::impostor;
  server_nonce = greeting->nonce;
  return Greeted::proved;
}

/// Speaks to everybody who listens at the same time, so an impostor that keeps silent costs no
/// time, and returns the first who proves to know the secret.
class Search {
 public:
  Search(const IpcIdentity& identity, const Deadline& deadline)
      : identity_(identity), deadline_(deadline) {
    for (int index = 0; index < kIpcNames; ++index) {
      Candidate candidate;
      candidate.index = index;
      candidates_.push_back(std::move(candidate));
    }
  }

  Result<Proved> run() {
    for (;;) {
      if (auto connected = connect_pending(); !connected) return connected.error();
      if (candidates_.empty()) break;
      if (deadline_.left().count() == 0) {
        return fail(Errc::timeout, "the agent did not answer in time");
      }
      if (auto found = wait_for_greeting()) return std::move(*found);
    }
    if (impostors_ > 0) {
      return fail(Errc::unauthorized,
                  "somebody else listens in the agent's place, or with another API key");
    }
    return fail(Errc::not_found, "no agent listens for this API key in this container");
  }

 private:
  Result<void> connect_pending() {
    for (auto it = candidates_.begin(); it != candidates_.end();) {
      Candidate& candidate = *it;
      if (candidate.socket.get() >= 0 || SteadyClock::now() < candidate.not_before) {
        ++it;
        continue;
      }
      const auto connected =
          connect_to(ipc_socket_name(identity_, candidate.index), candidate.socket);
      if (!connected) return connected.error();
      if (*connected == Connect::absent) {
        it = candidates_.erase(it);
        continue;
      }
      if (*connected == Connect::done) {
        candidate.nonce = make_nonce();
        // A fresh socket takes this line at once. If not, its silence ends in a timeout.
        const std::string hello = "REMORA1 " + candidate.nonce + "\n";
        (void)::send(candidate.socket.get(), hello.data(), hello.size(), MSG_NOSIGNAL);
      }
      ++it;
    }
    return {};
  }

  std::optional<Proved> wait_for_greeting() {
    auto wait = deadline_.left();
    std::vector<pollfd> entries;
    for (const Candidate& candidate : candidates_) {
      if (candidate.socket.get() < 0) wait = std::min(wait, kConnectRetry);
      entries.push_back({candidate.socket.get(), POLLIN, 0});  // negative ones are skipped
    }
    if (::poll(entries.data(), entries.size(), static_cast<int>(wait.count())) <= 0) return {};
    std::vector<Candidate> remaining;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      Candidate& candidate = candidates_[i];
      if (entries[i].revents != 0) {
        const Received received = receive(candidate.socket.get(), candidate.received);
        if (received == Received::end && candidate.received.empty() &&
            ++candidate.closed <= kRetriesWhenClosed) {
          candidate.socket = Descriptor();
          candidate.not_before = SteadyClock::now() + kConnectRetry;
          remaining.push_back(std::move(candidate));
          continue;
        }
        std::string server_nonce;
        const Greeted greeted = received == Received::end
                                    ? Greeted::impostor
                                    : check_greeting(identity_, candidate, server_nonce);
        if (greeted == Greeted::proved) {
          return Proved{std::move(candidate), std::move(server_nonce)};
        }
        if (greeted == Greeted::impostor) {
          ++impostors_;
          continue;
        }
      }
      remaining.push_back(std::move(candidate));
    }
    candidates_ = std::move(remaining);
    return {};
  }

  const IpcIdentity& identity_;
  const Deadline& deadline_;
  std::vector<Candidate> candidates_;
  int impostors_ = 0;
};

Result<IpcReply> read_reply(int fd, const Deadline& deadline) {
  std::string received;
  std::optional<ReplyHead> head;
  std::size_t body_at = 0;
  for (;;) {
    if (!head) {
      const auto end = received.find('\n');
      if (end != std::string::npos) {
        const Line line = take_line(std::string_view(received).substr(0, end + 1));
        if (line.state == LineState::complete) head = parse_reply_head(line.text);
        if (!head) return fail(Errc::io, "the agent's answer cannot be read");
        body_at = end + 1;
      } else if (received.size() > kMaxLineBytes) {
        return fail(Errc::io, "the agent's answer cannot be read");
      }
    }
    if (head && received.size() - body_at >= head->length) {
      IpcReply reply;
      reply.status = head->status;
      reply.body = received.substr(body_at, head->length);
      return reply;
    }
    pollfd entry{fd, POLLIN, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(deadline.left().count()));
    if (ready == 0) return fail(Errc::timeout, "the agent did not answer in time");
    if (ready < 0) continue;  // interrupted
    if (receive(fd, received) == Received::end) {
      if (received.empty()) return fail(Errc::unauthorized, "the agent refused the request");
      return fail(Errc::io, "the agent's answer ended early");
    }
  }
}

/// Whether the daemon, proved to be the one, closed before its reply.
bool was_refused(const Result<IpcReply>& reply) {
  return !reply && reply.error().code() == Errc::unauthorized;
}

Result<IpcReply> converse(const IpcIdentity& identity, const Proved& proved,
                          std::string_view request, const Deadline& deadline) {
  const Candidate& daemon = proved.candidate;
  const IpcKey key = ipc_key(identity, daemon.index);
  std::string line = ipc_proof(key, "client", daemon.nonce, proved.server_nonce, request);
  line.append(" ").append(request).append("\n");
  if (!send_all(daemon.socket.get(), line, deadline)) {
    return fail(Errc::unauthorized, "the agent closed the connection");
  }
  return read_reply(daemon.socket.get(), deadline);
}

}  // namespace

Result<IpcReply> ipc_request(const IpcIdentity& identity, std::string_view request,
                             std::chrono::milliseconds timeout) {
  if (identity.secret.empty()) {
    return fail(Errc::unauthorized, "no API key is set (DD_API_KEY)");
  }
  const Deadline deadline(timeout);
  std::optional<Result<IpcReply>> refused;
  for (int attempt = 0; attempt <= kRetriesWhenClosed; ++attempt) {
    auto proved = Search(identity, deadline).run();
    if (!proved) return refused ? std::move(*refused) : proved.error();
    auto reply = converse(identity, *proved, request, deadline);
    // Both sides know the secret: refused can only mean that the proof came too late.
    if (!was_refused(reply)) return reply;
    refused = std::move(reply);
  }
  return std::move(*refused);
}

}  // namespace remora::api
