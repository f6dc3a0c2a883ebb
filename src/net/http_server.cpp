#include "remora/net/http_server.hpp"

#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <list>
#include <optional>

#include "net/http1.hpp"
#include "remora/core/log.hpp"
#include "remora/net/deadline.hpp"

namespace remora::net {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

const core::Logger kLog("net");

constexpr auto kAcceptPause = std::chrono::milliseconds(100);  // out of file descriptors
// After a rejected request the peer may still be sending; closing at once would reset the
// connection and take the answer with it (RFC 9112 section 9.6).
constexpr auto kLinger = std::chrono::milliseconds(500);
constexpr std::size_t kLingerBytes = 1024 * 1024;
// What a peer is given to say what it wants, even when others wait for its place.
constexpr auto kSilentGrace = std::chrono::milliseconds(200);

struct Session {
  explicit Session(tcp::socket s) : socket(std::move(s)) {}
  tcp::socket socket;
  asio::cancellation_signal cancel;  ///< ends a handler that waits
  /// Since when it waits for the peer: from its start, or its last answer, until a whole request is
  /// there. Bytes that drip in do not make it younger.
  std::optional<SteadyClock::time_point> silent_since = SteadyClock::now();

  void close() {
    error_code ignored;
    socket.close(ignored);
  }
};

}  // namespace

struct HttpServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::any_io_executor e, ServerOptions o, Handler h)
      : executor(std::move(e)),
        options(std::move(o)),
        handler(std::move(h)),
        acceptor(executor),
        ended(executor) {}

  asio::any_io_executor executor;
  ServerOptions options;
  Handler handler;
  tcp::acceptor acceptor;
  asio::steady_timer ended;  ///< `run` waits on it; cancelled whenever a connection has ended
  std::list<std::shared_ptr<Session>> sessions;
  std::uint16_t port = 0;
  bool stopped = false;
  core::LogThrottle accept_throttle;

  static std::string peer_name(const tcp::socket& socket) {
    error_code ec;
    const auto peer = socket.remote_endpoint(ec);
    if (ec) return "?";
    auto address = peer.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
      address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    const std::string text =
        address.is_v6() ? '[' + address.to_string() + ']' : address.to_string();
    return text + ':' + std::to_string(peer.port());
  }

  enum class ReadEnd { request, rejected, closed };

  // The whole request must arrive within read_timeout of its first byte, so that a peer that sends
  // one byte a second holds a connection no longer than any other.
  asio::awaitable<ReadEnd> read_request(std::shared_ptr<Session> s, RequestReader& reader,
                                        bool first) {
    std::string buffer(kReadBytes, '\0');
    const auto close = [s] { s->close(); };
    if (!first && !reader.started()) {
      Deadline deadline(executor, options.idle_timeout, close);
      const auto [ec] = co_await s->socket.async_wait(tcp::socket::wait_read, no_throw);
      if (ec) co_return ReadEnd::closed;
    }
    Deadline deadline(executor, options.read_timeout, close);
    std::size_t bytes = 0;
    for (;;) {
      const auto complete = reader.put(std::string_view(buffer.data(), bytes));
      if (!complete) co_return ReadEnd::rejected;
      if (*complete) co_return ReadEnd::request;
      if (reader.wants_continue()) {
        const auto go_on = asio::buffer("HTTP/1.1 100 Continue\r\n\r\n", 25);
        const auto [ec, n] = co_await asio::async_write(s->socket, go_on, no_throw);
        if (ec) co_return ReadEnd::closed;
      }
      const auto into = asio::buffer(buffer);
      const auto [ec, n] = co_await s->socket.async_read_some(into, no_throw);
      if (ec) co_return ReadEnd::closed;
      bytes = n;
    }
  }

  asio::awaitable<bool> write_response(std::shared_ptr<Session> s,
                                       std::shared_ptr<ServerResponse> response, bool with_body,
                                       bool keep_alive) {
    Deadline deadline(executor, options.write_timeout, [s] { s->close(); });
    std::string head = response_head(*response, keep_alive);
    std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::const_buffer()};
    if (with_body) parts[1] = asio::buffer(response->body);
    const auto [ec, n] = co_await asio::async_write(s->socket, parts, no_throw);
    co_return !ec;
  }

  asio::awaitable<void> linger(std::shared_ptr<Session> s) {
    Deadline deadline(executor, kLinger, [s] { s->close(); });
    error_code ec;
    s->socket.shutdown(tcp::socket::shutdown_send, ec);
    std::string buffer(kReadBytes, '\0');
    for (std::size_t total = 0; !ec && total < kLingerBytes;) {
      const auto into = asio::buffer(buffer);
      const auto [read_ec, n] = co_await s->socket.async_read_some(into, no_throw);
      ec = read_ec;
      total += n;
    }
  }

  asio::awaitable<ServerResponse> answer(ServerRequest request) {
    const std::string what = request.method + ' ' + std::string(request.path());
    std::string problem;
    try {
      co_return co_await handler(std::move(request));
    } catch (const std::exception& e) {
      if (stopped) throw;
      problem = e.what();
    } catch (...) {
      problem = "unknown exception";
    }
    kLog.error("request handler failed", {{"request", what}, {"error", problem}});
    co_return ServerResponse(500, "text/plain", "internal error\n");
  }

  asio::awaitable<void> serve(std::shared_ptr<Session> s) {
    const std::string peer = peer_name(s->socket);
    RequestReader reader(options.max_body_bytes);
    for (bool first = true;; first = false) {
      const ReadEnd end = co_await read_request(s, reader, first);
      if (end == ReadEnd::closed) co_return;
      s->silent_since.reset();
      if (end == ReadEnd::rejected) {
        auto refusal = std::make_shared<ServerResponse>(reader.reject_status(), "text/plain",
                                                        "request rejected\n");
        const bool written = co_await write_response(s, refusal, true, false);
        s->silent_since = SteadyClock::now();
        if (written) co_await linger(s);
        co_return;
      }
      ServerRequest request = reader.take();
      request.peer = peer;
      const bool with_body = request.method != "HEAD";
      const bool keep_alive = reader.keep_alive() && !stopped;
      ServerResponse answered = co_await answer(std::move(request));
      auto response = std::make_shared<ServerResponse>(std::move(answered));
      const bool written = co_await write_response(s, response, with_body, keep_alive);
      if (!written) co_return;
      s->silent_since = SteadyClock::now();
      if (!keep_alive) {
        co_await linger(s);
        co_return;
      }
    }
  }

  void start_session(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    auto s = std::make_shared<Session>(std::move(socket));
    sessions.push_back(s);
    auto finished = [self = shared_from_this(), s](std::exception_ptr) {
      s->close();
      self->sessions.remove(s);
      self->ended.cancel();
    };
    asio::co_spawn(executor, serve(s),
                   asio::bind_cancellation_slot(s->cancel.slot(), std::move(finished)));
  }

  std::shared_ptr<Session> longest_silent() const {
    std::shared_ptr<Session> found;
    for (const auto& s : sessions) {
      if (s->silent_since && (!found || *s->silent_since < *found->silent_since)) found = s;
    }
    return found;
  }

  // Waits until one connection more may be open: somebody has gone, or whoever is silent longest
  // has had its time and goes. Until then whoever comes next waits in the kernel's queue. False
  // when the server was stopped, or its caller cancelled.
  asio::awaitable<bool> make_room() {
    while (!stopped && sessions.size() >= options.max_connections) {
      auto wake = SteadyClock::time_point::max();
      if (const auto s = longest_silent()) {
        wake = *s->silent_since + kSilentGrace;
        if (wake <= SteadyClock::now()) {
          s->silent_since.reset();
          s->close();
          continue;
        }
      }
      ended.expires_at(wake);
      co_await ended.async_wait(no_throw);
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) co_return false;
    }
    co_return !stopped;
  }

  asio::awaitable<void> run() {
    while (!stopped) {
      auto [ec, socket] = co_await acceptor.async_accept(no_throw);
      if (stopped) break;
      if (!ec) {
        if (!co_await make_room()) break;
        start_session(std::move(socket));
        continue;
      }
      if (ec == asio::error::operation_aborted) break;  // the caller was cancelled
      if (ec == asio::error::connection_aborted) continue;
      if (accept_throttle.allow(std::chrono::steady_clock::now())) {
        kLog.warn("cannot accept a connection", {{"port", port}, {"error", ec.message()}});
      }
      asio::steady_timer pause(executor, kAcceptPause);
      const auto [pause_ec] = co_await pause.async_wait(no_throw);
      if (pause_ec) break;
    }
    co_await asio::this_coro::throw_if_cancelled(false);
    stop();
    ended.expires_at(SteadyClock::time_point::max());
    while (!sessions.empty()) co_await ended.async_wait(no_throw);
  }

  void stop() {
    stopped = true;
    error_code ignored;
    acceptor.close(ignored);
    const auto all = sessions;  // emit may end a session at once
    for (const auto& s : all) {
      s->close();
      // At once inside the loop. From outside it is posted, and the session may be over by then:
      // the signal lives until it was emitted.
      asio::dispatch(executor, [s] { s->cancel.emit(asio::cancellation_type::terminal); });
    }
  }
};

HttpServer::HttpServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::listen(asio::any_io_executor executor,
                                                       ServerOptions options, Handler handler) {
  const bool is_v6 = options.address.find(':') != std::string::npos;
  const std::string where =
      (is_v6 ? '[' + options.address + ']' : options.address) + ':' + std::to_string(options.port);
  error_code ec;
  const auto address = asio::ip::make_address(options.address, ec);
  if (ec) return fail(Errc::io, "cannot listen on " + where + ": not an IP address");
  const tcp::endpoint endpoint(address, options.port);
  auto impl = std::make_shared<Impl>(std::move(executor), std::move(options), std::move(handler));
  tcp::acceptor& acceptor = impl->acceptor;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec && address.is_v6()) {
    // The unspecified address stands for those of IPv4, too, whatever the system's default is.
    acceptor.set_option(asio::ip::v6_only(!address.is_unspecified()), ec);
  }
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (!ec) impl->port = acceptor.local_endpoint(ec).port();
  if (ec) return fail(Errc::io, "cannot listen on " + where + ": " + ec.message());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const noexcept { return impl_->port; }

asio::awaitable<void> HttpServer::run() {
  const auto impl = impl_;
  co_await impl->run();
}

void HttpServer::stop() { impl_->stop(); }

}  // namespace remora::net
