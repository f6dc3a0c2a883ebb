#include "net/connection.hpp"

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "net/tls.hpp"
#include "net/tls_identity.hpp"

namespace remora::net {

Connection::Connection(const asio::any_io_executor& executor)
    : executor_(executor), socket_(executor), created_(std::chrono::steady_clock::now()) {}

Connection::~Connection() = default;

asio::awaitable<boost::system::error_code> Connection::connect(
    asio::generic::stream_protocol::endpoint peer) {
  close();
  const auto [ec] = co_await socket_.async_connect(peer, no_throw);
  if (!ec && peer.data()->sa_family != AF_UNIX) {
    boost::system::error_code ignored;  // both are optimisations
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  }
  co_return ec;
}

asio::awaitable<Result<void>> Connection::handshake(std::shared_ptr<asio::ssl::context> context,
                                                    TlsPeer peer) {
  context_ = std::move(context);
  tls_ = std::make_unique<TlsStream>(socket_, *context_);
  if (!prepare_handshake(tls_->native_handle(), peer.host, peer.verify)) {
    co_return fail(Errc::tls, "OpenSSL does not take the host name " + peer.host);
  }
  if (!peer.validate_hostname) accept_any_host(tls_->native_handle());
  const auto [ec] = co_await tls_->async_handshake(asio::ssl::stream_base::client, no_throw);
  if (ec) co_return handshake_error(tls_->native_handle(), ec, peer.host);
  co_return Result<void>();
}

std::optional<std::chrono::sys_seconds> Connection::certificate_end() const {
  if (!tls_) return std::nullopt;
  return peer_certificate_end(tls_->native_handle());
}

asio::awaitable<IoResult> Connection::read_some(asio::mutable_buffer into) {
  if (tls_) {
    const auto [ec, n] = co_await tls_->async_read_some(into, no_throw);
    co_return IoResult(ec, n);
  }
  const auto [ec, n] = co_await socket_.async_read_some(into, no_throw);
  co_return IoResult(ec, n);
}

asio::awaitable<IoResult> Connection::write_some(asio::const_buffer from) {
  if (tls_) {
    const auto [ec, n] = co_await tls_->async_write_some(from, no_throw);
    co_return IoResult(ec, n);
  }
  const auto [ec, n] = co_await socket_.async_write_some(from, no_throw);
  co_return IoResult(ec, n);
}

void Connection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

bool Connection::is_idle_and_open() {
  if (!socket_.is_open()) return false;
  char byte = 0;
  const ssize_t n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace remora::net
