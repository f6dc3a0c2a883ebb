#include "remora/api/ipc_server.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <list>

#include "api/ipc_wire.hpp"
#include "remora/core/log.hpp"
#include "remora/core/printable.hpp"
#include "remora/core/scrub.hpp"

namespace remora::api {
namespace {

using Socket = asio::local::stream_protocol::socket;

const core::Logger kLog("api");

constexpr std::size_t kMaxConnections = 64;
/// For a caller that has not proved to know the secret: both lines of its side take it a few
/// milliseconds, also where the CPU is scarce.
constexpr std::chrono::milliseconds kUnprovenLimit(200);
constexpr std::chrono::seconds kReplyLimit(2);
constexpr std::size_t kMaxWaitingBytes = 2 * kMaxReplyBytes;
constexpr std::chrono::seconds kBeatInterval(5);
constexpr std::chrono::seconds kAcceptRetry(1);

}  // namespace

struct IpcServer::Impl {
  struct Connection {
    Connection(Socket s, asio::any_io_executor executor)
        : socket(std::move(s)), deadline(std::move(executor)) {}
    enum class Stage : std::uint8_t { silent, greeted, proven };
    Socket socket;
    asio::steady_timer deadline;
    Stage stage = Stage::silent;
    bool closing = false;    ///< its coroutine is about to end
    bool postponed = false;  ///< the limit of a caller without proof was extended once
  };
  using ConnectionPtr = std::shared_ptr<Connection>;

  Impl(asio::any_io_executor e, IpcKey key, telemetry::Counters& counters,
       telemetry::HealthComponent& health, IpcHandler handler)
      : executor(std::move(e)),
        key(key),
        counters(counters),
        health(health),
        handler(std::move(handler)),
        acceptor(executor),
        beat_timer(executor),
        pause(executor),
        changed(executor) {
    changed.expires_at(std::chrono::steady_clock::time_point::max());
  }

  asio::awaitable<void> beat();
  asio::awaitable<void> serve(ConnectionPtr connection);
  asio::awaitable<bool> read_line(ConnectionPtr connection, std::string* buffer);
  asio::awaitable<bool> converse(ConnectionPtr connection);
  void start(Socket socket);
  void limit(const ConnectionPtr& connection, std::chrono::milliseconds time);
  static void hang_up(Connection& connection);
  void displace();
  void close();
  [[nodiscard]] asio::awaitable<IpcReply> answer(std::string request);

  asio::any_io_executor executor;
  const IpcKey key;
  telemetry::Counters& counters;
  telemetry::HealthComponent& health;
  const IpcHandler handler;
  asio::local::stream_protocol::acceptor acceptor;
  asio::steady_timer beat_timer;
  asio::steady_timer pause;              ///< after a failed accept
  asio::steady_timer changed;            ///< cancelled when a connection or the heartbeat ended
  std::list<ConnectionPtr> connections;  ///< the oldest first
  std::size_t waiting_bytes = 0;         ///< of replies that are being written
  bool beating = false;
  bool stopped = false;
  core::LogThrottle accept_throttle;
};

Result<std::unique_ptr<IpcServer>> IpcServer::listen(asio::any_io_executor executor,
                                                     const IpcIdentity& identity,
                                                     telemetry::Counters& counters,
                                                     telemetry::HealthComponent& health,
                                                     IpcHandler handler) {
  if (identity.secret.empty()) {
    return fail(Errc::invalid_config, "the socket of the command line needs an API key");
  }
  boost::system::error_code ec;
  for (int index = 0; index < kIpcNames; ++index) {
    auto impl =
        std::make_unique<Impl>(executor, ipc_key(identity, index), counters, health, handler);
    const std::string name = ipc_socket_name(identity, index);
    const asio::local::stream_protocol::endpoint endpoint(std::string(1, '\0') + name);
    impl->acceptor.open(endpoint.protocol(), ec);
    if (!ec) impl->acceptor.bind(endpoint, ec);
    if (!ec) impl->acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (!ec) {
      kLog.debug("listening for the command line", {{"name", "@" + name}});
      return std::unique_ptr<IpcServer>(new IpcServer(std::move(impl)));
    }
    if (ec != asio::error::address_in_use) break;
    kLog.warn("a socket name of the command line is taken, trying the next",
              {{"name", "@" + name}});
  }
  return fail(Errc::io, "the socket of the command line cannot be opened: " + ec.message());
}

IpcServer::IpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
IpcServer::~IpcServer() = default;

void IpcServer::stop() { impl_->close(); }

asio::awaitable<void> IpcServer::run() {
  // Connections must be waited for even after a cancellation: they refer to `impl_`.
  co_await asio::this_coro::throw_if_cancelled(false);
  Impl& impl = *impl_;
  if (!impl.stopped) {
    impl.beating = true;
    asio::co_spawn(impl.executor, impl.beat(), [&impl](std::exception_ptr) {
      impl.beating = false;
      impl.changed.cancel();
    });
  }
  while (!impl.stopped) {
    auto [ec, socket] = co_await impl.acceptor.async_accept(no_throw);
    if (impl.stopped) break;
    if (ec == asio::error::operation_aborted) {
      impl.close();
    } else if (ec == asio::error::connection_aborted || ec == asio::error::interrupted) {
      continue;
    } else if (ec) {
      // Out of descriptors or memory: it may pass, so wait and try again.
      impl.health.degrade("the command line cannot connect: " + ec.message());
      if (impl.accept_throttle.allow(std::chrono::steady_clock::now())) {
        kLog.warn("cannot accept a connection of the command line", {{"cause", ec.message()}});
      }
      impl.pause.expires_after(kAcceptRetry);
      co_await impl.pause.async_wait(no_throw);
    } else {
      impl.health.recover();
      while (!impl.stopped && impl.connections.size() >= kMaxConnections) {
        impl.displace();
        co_await impl.changed.async_wait(no_throw);
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) impl.close();
      }
      if (!impl.stopped) impl.start(std::move(socket));
    }
  }
  while (impl.beating || !impl.connections.empty()) {
    co_await impl.changed.async_wait(no_throw);
  }
}

void IpcServer::Impl::close() {
  stopped = true;
  boost::system::error_code ignored;
  acceptor.close(ignored);
  beat_timer.cancel();
  pause.cancel();
  changed.cancel();
  for (const ConnectionPtr& connection : connections) hang_up(*connection);
}

void IpcServer::Impl::hang_up(Connection& connection) {
  boost::system::error_code ignored;
  connection.closing = true;
  connection.socket.close(ignored);
}

/// Closes the oldest of those who have said nothing, or else of those without a proof: anybody in
/// the network namespace can take all places, and who knows the secret must get one all the same.
void IpcServer::Impl::displace() {
  if (std::any_of(connections.begin(), connections.end(), [](const auto& c) { return c->closing; }))
    return;  // there will be room in a moment
  for (const auto stage : {Connection::Stage::silent, Connection::Stage::greeted}) {
    const auto found = std::find_if(connections.begin(), connections.end(),
                                    [stage](const auto& c) { return c->stage == stage; });
    if (found == connections.end()) continue;
    hang_up(**found);
    return;
  }
}

asio::awaitable<void> IpcServer::Impl::beat() {
  while (!stopped) {
    health.beat();
    beat_timer.expires_after(kBeatInterval);
    co_await beat_timer.async_wait(no_throw);
  }
}

void IpcServer::Impl::start(Socket socket) {
  const auto connection = std::make_shared<Connection>(std::move(socket), executor);
  connections.push_back(connection);
  limit(connection, kUnprovenLimit);
  asio::co_spawn(executor, serve(connection), [this, connection](std::exception_ptr error) {
    if (error) counters.ipc_rejected.add();
    connection->deadline.cancel();
    std::erase(connections, connection);
    changed.cancel();
  });
}

void IpcServer::Impl::limit(const ConnectionPtr& connection, std::chrono::milliseconds time) {
  connection->deadline.expires_after(time);
  // Weak: the wait can be due in the same turn of the loop in which the connection ends.
  connection->deadline.async_wait(
      [this, weak = std::weak_ptr<Connection>(connection)](boost::system::error_code ec) {
        const auto alive = weak.lock();
        if (ec || !alive || alive->closing) return;
        // It was not the caller who took that long when its line waits to be read by a busy loop.
        boost::system::error_code ignored;
        const bool spoke = alive->stage != Connection::Stage::proven &&
                           alive->socket.available(ignored) > 0 && !alive->postponed;
        if (!spoke) return hang_up(*alive);
        alive->postponed = true;
        limit(alive, kUnprovenLimit);
      });
}

asio::awaitable<void> IpcServer::Impl::serve(ConnectionPtr connection) {
  const bool answered = co_await converse(connection);
  if (answered) {
    counters.ipc_requests.add();
  } else if (!stopped) {
    counters.ipc_rejected.add();
  }
}

asio::awaitable<bool> IpcServer::Impl::read_line(ConnectionPtr connection, std::string* buffer) {
  std::array<char, 1024> bytes;
  buffer->clear();
  for (;;) {
    const auto space = asio::buffer(bytes);
    const auto [ec, size] = co_await connection->socket.async_read_some(space, no_throw);
    if (ec) co_return false;
    buffer->append(bytes.data(), size);
    const Line line = take_line(*buffer);
    if (line.state == LineState::invalid) co_return false;
    if (line.state == LineState::incomplete) continue;
    buffer->pop_back();
    co_return true;
  }
}

asio::awaitable<bool> IpcServer::Impl::converse(ConnectionPtr connection) {
  std::string line;
  if (!co_await read_line(connection, &line)) co_return false;
  const auto hello = parse_hello(line);
  if (!hello) co_return false;
  connection->stage = Connection::Stage::greeted;
  const std::string client_nonce(*hello);
  const std::string nonce = make_nonce();

  std::string out = nonce + " " + ipc_proof(key, "server", client_nonce, nonce, "") + "\n";
  const auto greeting = asio::buffer(out);
  const auto [greeted, greeting_size] =
      co_await asio::async_write(connection->socket, greeting, no_throw);
  if (greeted) co_return false;

  if (!co_await read_line(connection, &line)) co_return false;
  const auto request = parse_request(line);
  if (!request) co_return false;
  const std::string expected = ipc_proof(key, "client", client_nonce, nonce, request->text);
  if (!same_proof(expected, request->proof)) co_return false;
  connection->stage = Connection::Stage::proven;
  limit(connection, kReplyLimit);

  IpcReply reply = co_await answer(std::string(request->text));
  if (waiting_bytes + reply.body.size() > kMaxWaitingBytes) {
    reply = {500, "other callers are reading large answers; try again"};
  }
  waiting_bytes += reply.body.size();
  struct Written {
    std::size_t& waiting_bytes;
    const std::size_t size;
    ~Written() { waiting_bytes -= size; }
  } written{waiting_bytes, reply.body.size()};
  out = std::to_string(reply.status) + " " + std::to_string(reply.body.size()) + "\n";
  const std::array<asio::const_buffer, 2> bytes{asio::buffer(out), asio::buffer(reply.body)};
  const auto [replied, reply_size] =
      co_await asio::async_write(connection->socket, bytes, no_throw);
  co_return !replied;
}

asio::awaitable<IpcReply> IpcServer::Impl::answer(std::string request) {
  IpcReply reply;
  try {
    reply = co_await handler(std::move(request));
  } catch (const std::exception& error) {
    kLog.error("a request of the command line failed", {{"cause", error.what()}});
    reply = {500, "the daemon failed to answer; its log has the cause"};
  }
  // Nothing larger can be sent; a megabyte of zeros is not worth looking through.
  if (reply.body.size() <= kMaxReplyBytes) {
    reply.body =
        reply.json ? core::scrub_json(std::move(reply.body)) : core::scrub(std::move(reply.body));
  }
  std::string scratch;
  const std::string_view shown = core::printable(reply.body, scratch, core::Breaks::kept);
  if (shown.data() != reply.body.data()) reply.body = std::move(scratch);
  if (reply.body.size() > kMaxReplyBytes) {
    reply = {500, "the answer is larger than 4 MiB; ask for one section"};
  }
  co_return reply;
}

}  // namespace remora::api
