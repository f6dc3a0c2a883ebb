// A TCP or TLS server on loopback that misbehaves on demand: each connection plays a script.
//
//   using namespace fakes::script;
//   fakes::ScriptedServer server({{read_request(), answer(200, "ok")},     // 1st connection
//                                 {read_request(), send("HTTP/1.1 2"), reset()}});  // 2nd
//   ... talk to 127.0.0.1:server.port() ...
//   server.requests()[0]; server.connections();
//
// The last script serves all further connections. At the end of its script a connection is closed
// in order; a step that fails because the peer has gone ends the script. Blocking sockets, one
// thread per connection, so the client under test can run on any loop or in another process.
// The destructor breaks off whatever is under way. Tests link OpenSSL::SSL and OpenSSL::Crypto.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "fakes/test_certificate.hpp"

namespace remora::fakes {

/// One accepted connection, as the steps of a script see it.
class Peer {
 public:
  using Record = std::function<void(std::string)>;
  Peer(int fd, Record record) : fd_(fd), record_(std::move(record)) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  /// Remembers `request` for ScriptedServer::requests().
  void record(std::string request) { record_(std::move(request)); }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                          : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  /// Appends what has arrived to `pending`; false when the peer has closed.
  bool receive() {
    char buffer[16 * 1024];
    const auto n =
        tls_ ? SSL_read(tls_.get(), buffer, sizeof buffer) : ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    pending.append(buffer, static_cast<std::size_t>(n));
    return true;
  }

  /// `max_version`: 0 = the newest, or TLS1_2_VERSION and the like.
  bool start_tls(const TestCertificate& identity, int max_version = 0) {
    context_.reset(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    SSL_CTX_set_max_proto_version(context_.get(), max_version);
    SSL_CTX_use_certificate(context_.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), identity.key.get());
    tls_.reset(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(tls_.get(), fd_);
    return SSL_accept(tls_.get()) == 1;
  }

  /// The name (SNI) the client asked for; empty when none.
  [[nodiscard]] std::string server_name() const {
    const char* name = SSL_get_servername(tls_.get(), TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : "";
  }

  void close() {
    if (tls_) SSL_shutdown(tls_.get());
    ::shutdown(fd_, SHUT_WR);
  }

  std::string pending;  ///< received and not yet taken by a step

 private:
  int fd_;
  Record record_;
  std::shared_ptr<SSL_CTX> context_;
  std::shared_ptr<SSL> tls_;
};

/// False ends the script.
using Step = std::function<bool(Peer&)>;
using Script = std::vector<Step>;

namespace script {

/// Reads up to the empty line behind the headers, and records it.
inline Step read_head() {
  return [](Peer& p) {
    std::size_t end;
    while ((end = p.pending.find("\r\n\r\n")) == std::string::npos) {
      if (!p.receive()) return false;
    }
    p.record(p.pending.substr(0, end + 4));
    p.pending.erase(0, end + 4);
    return true;
  };
}

/// Reads a request with its body (by Content-Length), and records it.
inline Step read_request() {
  return [](Peer& p) {
    std::size_t end;
    while ((end = p.pending.find("\r\n\r\n")) == std::string::npos) {
      if (!p.receive()) return false;
    }
    end += 4;
    const auto length = p.pending.find("Content-Length: ");
    if (length < end) end += std::stoul(p.pending.substr(length + 16));
    while (p.pending.size() < end) {
      if (!p.receive()) return false;
    }
    p.record(p.pending.substr(0, end));
    p.pending.erase(0, end);
    return true;
  };
}

inline Step send(std::string bytes) {
  return [bytes = std::move(bytes)](Peer& p) { return p.send(bytes); };
}

/// A complete answer that leaves the connection open.
inline Step answer(int status, std::string body = {}, std::string extra_headers = {}) {
  return send("HTTP/1.1 " + std::to_string(status) + " X\r\n" + extra_headers +
              "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

/// Sends `chunk` bytes at a time with `pause` between them.
inline Step send_slowly(std::string bytes, std::size_t chunk, std::chrono::milliseconds pause) {
  return [=](Peer& p) {
    for (std::size_t at = 0; at < bytes.size(); at += chunk) {
      if (!p.send(std::string_view(bytes).substr(at, chunk))) return false;
      std::this_thread::sleep_for(pause);
    }
    return true;
  };
}

/// Does nothing, reads nothing, until the peer closes or the server is destroyed.
inline Step stall() {
  return [](Peer& p) {
    pollfd entry{p.fd(), POLLRDHUP, 0};
    while (::poll(&entry, 1, -1) < 0 && errno == EINTR) {
    }
    return false;
  };
}

/// Reads and forgets everything until the peer closes.
inline Step drain() {
  return [](Peer& p) {
    while (p.receive()) p.pending.clear();
    return false;
  };
}

/// Closes with a reset (SO_LINGER 0) instead of an orderly end.
inline Step reset() {
  return [](Peer& p) {
    const linger now{1, 0};
    ::setsockopt(p.fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return false;
  };
}

/// Closes in order; needed only where steps follow, since the end of a script closes too.
inline Step close() {
  return [](Peer& p) {
    p.close();
    return true;
  };
}

/// Continues with TLS as `identity`.
inline Step tls(TestCertificate identity) {
  return [identity = std::move(identity)](Peer& p) { return p.start_tls(identity); };
}

/// Plays `steps` again and again until one fails.
inline Step forever(Script steps) {
  return [steps = std::move(steps)](Peer& p) {
    for (;;) {
      for (const Step& step : steps) {
        if (!step(p)) return false;
      }
    }
  };
}

}  // namespace script

class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
    std::signal(SIGPIPE, SIG_IGN);  // SSL_write on a closed connection would end the process
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, raw, size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, raw, &size) != 0) {
      throw std::runtime_error("ScriptedServer cannot listen");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }

  ~ScriptedServer() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (std::thread& t : players_) t.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// "http://127.0.0.1:port"
  [[nodiscard]] std::string url(const std::string& scheme = "http",
                                const std::string& host = "127.0.0.1") const {
    return scheme + "://" + host + ':' + std::to_string(port_);
  }
  /// Connections accepted so far.
  [[nodiscard]] std::size_t connections() const {
    const std::scoped_lock lock(mutex_);
    return connections_;
  }
  /// What the read steps have read so far, in order.
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

 private:
  void accept() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      const std::scoped_lock lock(mutex_);
      if (stopping_ || fd < 0) {
        if (fd >= 0) ::close(fd);
        if (stopping_ || (errno != EINTR && errno != ECONNABORTED)) return;
        continue;
      }
      open_.insert(fd);
      const std::size_t index = std::min(connections_++, scripts_.size() - 1);
      players_.emplace_back([this, fd, index] { play(fd, scripts_[index]); });
    }
  }

  void play(int fd, const Script& steps) {
    {
      Peer peer(fd, [this](std::string request) {
        const std::scoped_lock lock(mutex_);
        requests_.push_back(std::move(request));
      });
      bool completed = true;
      for (const Step& step : steps) {
        if (!step(peer)) {
          completed = false;
          break;
        }
      }
      if (completed) peer.close();
    }
    const std::scoped_lock lock(mutex_);
    open_.erase(fd);
    ::close(fd);
  }

  std::vector<Script> scripts_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  bool stopping_ = false;
  std::size_t connections_ = 0;
  std::set<int> open_;
  std::vector<std::string> requests_;
  std::vector<std::thread> players_;
  std::thread acceptor_;
};

}  // namespace remora::fakes
