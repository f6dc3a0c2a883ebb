#include "checks/redisdb/connection.hpp"

#include <sys/socket.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>

#include "remora/net/deadline.hpp"

namespace remora::checks::redisdb {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;

std::string seconds_text(std::chrono::milliseconds time) {
  if (time.count() % 1000 == 0) return std::to_string(time.count() / 1000) + " s";
  return std::to_string(time.count()) + " ms";
}

// What AUTH is refused with, in our words: servers may repeat the password in theirs.
std::string auth_refusal(std::string_view text, const Options& options) {
  const auto says = [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  };
  if (text.starts_with("WRONGPASS") || says("invalid password")) {
    return options.username.empty() ? "AUTH: the server refuses `password`"
                                    : "AUTH: the server refuses `username` and `password`";
  }
  if (says("no password is set") || says("without any password configured")) {
    return "AUTH: the server wants no password, but `password` is set";
  }
  if (says("wrong number of arguments")) return "AUTH: the server does not know users";
  if (says("unknown command")) return "AUTH: the server does not know this command";
  return "AUTH: the server refuses it";
}

Error closed_by_server() { return fail(Errc::network, "the server closed the connection"); }

Error io_error(const boost::system::error_code& ec) {
  if (ec == asio::error::eof || ec == asio::ssl::error::stream_truncated) return closed_by_server();
  return fail(Errc::network, ec.message());
}

}  // namespace

Error refusal(std::string_view command, std::string_view text, const Options& options) {
  std::string line(command);
  const bool repeats_secret =
      !options.password.empty() && text.find(options.password) != std::string_view::npos;
  line += ": " + (repeats_secret ? "the server refuses it" : printable(text));
  if (text.starts_with("NOAUTH")) {
    return fail(Errc::unauthorized, line +
                                        " Set `password`, and `username` for another user than "
                                        "the default one");
  }
  if (text.starts_with("NOPERM")) return fail(Errc::unauthorized, line);
  return fail(Errc::unknown, line);
}

Connection::Connection(asio::any_io_executor executor, const Options& options)
    : executor_(std::move(executor)), options_(options), resolver_(executor_), socket_(executor_) {}

Connection::~Connection() = default;

void Connection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

bool Connection::is_idle() {
  if (!socket_.is_open()) return false;
  char byte = 0;
  const ssize_t n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

asio::awaitable<Result<void>> Connection::open() {
  close();
  tls_.reset();
  std::string().swap(received_);
  database_ = 0;
  if (options_.ssl && !tls_context_) {
    auto made = co_await make_tls_context(options_.tls);
    if (!made) co_return made.error();
    tls_context_ = std::move(*made);
  }
  auto done = co_await dial();
  if (done && tls_context_) done = co_await start_tls();
  if (done) done = co_await authenticate();
  if (done) done = co_await select(options_.database);
  if (!done) close();
  co_return done;
}

// Connects to one address after the other.
asio::awaitable<Result<void>> Connection::dial() {
  if (!options_.unix_socket_path.empty()) {
    const asio::local::stream_protocol::endpoint peer(options_.unix_socket_path);
    auto done = co_await connect(peer, options_.timeout);
    co_return done;
  }
  const auto start = std::chrono::steady_clock::now();
  auto addresses = co_await look_up();
  if (!addresses) co_return addresses.error();
  Result<void> last = fail(Errc::network, "no address");
  for (std::size_t i = 0; i < addresses->size() && !last; ++i) {
    const auto left = options_.timeout - (std::chrono::steady_clock::now() - start);
    const auto share = left / static_cast<std::int64_t>(addresses->size() - i);
    const asio::ip::tcp::endpoint peer((*addresses)[i], options_.port);
    last = co_await connect(peer, share);
  }
  co_return last;
}

asio::awaitable<Result<net::Addresses>> Connection::look_up() {
  boost::system::error_code not_address;
  asio::ip::make_address(options_.host, not_address);
  if (!not_address) co_return co_await resolver_.resolve(options_.host);
  using namespace asio::experimental::awaitable_operators;
  asio::steady_timer timer(executor_, options_.timeout);
  auto first = co_await (resolver_.resolve(options_.host) || timer.async_wait(asio::use_awaitable));
  if (first.index() == 0) co_return std::get<0>(std::move(first));
  co_return fail(Errc::timeout, "looking up the name took longer than " +
                                    seconds_text(options_.timeout) + " (`socket_timeout`)");
}

asio::awaitable<Result<void>> Connection::connect(Socket::endpoint_type peer,
                                                  std::chrono::steady_clock::duration limit) {
  close();
  net::Deadline deadline(executor_, limit, [this] { close(); });
  const auto [ec] = co_await socket_.async_connect(peer, no_throw);
  if (deadline.passed()) {
    co_return fail(Errc::timeout, "connecting took longer than " + seconds_text(options_.timeout) +
                                      " (`socket_timeout`)");
  }
  if (ec) co_return fail(Errc::network, "cannot connect: " + ec.message());
  boost::system::error_code ignored;  // not for Unix sockets, and an optimisation only
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  co_return Result<void>();
}

asio::awaitable<Result<void>> Connection::start_tls() {
  tls_ = std::make_unique<TlsLayer>(socket_, tls_context_);
  net::Deadline deadline(executor_, options_.timeout, [this] { close(); });
  auto done = co_await tls_->handshake(options_.host, options_.tls.verify);
  if (!done && deadline.passed()) {
    co_return fail(Errc::timeout, "the TLS handshake took longer than " +
                                      seconds_text(options_.timeout) + " (`socket_timeout`)");
  }
  co_return done;
}

asio::awaitable<Result<void>> Connection::authenticate() {
  if (options_.username.empty() && options_.password.empty()) co_return Result<void>();
  std::string request;
  if (options_.username.empty()) {
    append_command(request, {"AUTH", options_.password});
  } else {
    append_command(request, {"AUTH", options_.username, options_.password});
  }
  auto answer = co_await ask(std::move(request));
  // Redis 5 knows no users: redis-py, too, then tries the password alone.
  if (answer && answer->root().is_error() && !options_.username.empty() &&
      answer->root().text().find("wrong number of arguments") != std::string_view::npos) {
    std::string plain;
    append_command(plain, {"AUTH", options_.password});
    answer = co_await ask(std::move(plain));
  }
  if (!answer) co_return fail(answer.error(), "AUTH");
  if (answer->root().is_error()) {
    co_return fail(Errc::unauthorized, auth_refusal(answer->root().text(), options_));
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> Connection::select(std::uint32_t database) {
  if (database == database_) co_return Result<void>();
  std::string request;
  append_command(request, {"SELECT", std::to_string(database)});
  auto answer = co_await ask(std::move(request));
  if (!answer) co_return fail(answer.error(), "SELECT");
  if (answer->root().is_error()) {
    co_return refusal("SELECT " + std::to_string(database), answer->root().text(), options_);
  }
  database_ = database;
  co_return Result<void>();
}

asio::awaitable<Result<RespReply>> Connection::ask(std::string request) {
  auto answers = co_await call(std::move(request), 1);
  if (!answers) co_return answers.error();
  co_return std::move(answers->front());
}

asio::awaitable<Result<std::vector<RespReply>>> Connection::call(std::string request,
                                                                 std::size_t answers) {
  net::Deadline deadline(executor_, options_.timeout, [this] { close(); });
  const auto failed = [&](Error error) {
    close();
    // What came is quoted otherwise: it might be the password.
    if (error.code() == Errc::malformed_payload && !options_.password.empty()) {
      error = fail(error.code(), "this is not the protocol of Redis");
    }
    if (!deadline.passed()) return error;
    return fail(Errc::timeout,
                "no answer within " + seconds_text(options_.timeout) + " (`socket_timeout`)");
  };
  const auto from = asio::buffer(request);
  const IoResult written = co_await write_all(from);
  // A server that refuses connections says why before it closes: read even when nothing went out.
  std::vector<RespReply> replies;
  RespParser parser;
  while (replies.size() < answers) {
    auto complete = parser.parse(received_);
    if (!complete) co_return failed(complete.error());
    if (*complete) {
      replies.push_back(parser.take(received_));
      continue;
    }
    const std::size_t before = received_.size();
    received_.resize(before + kReadBytes);
    const auto into = asio::buffer(received_.data() + before, kReadBytes);
    const IoResult got = co_await read_some(into);
    received_.resize(before + got.bytes);
    if (got.bytes == 0 || got.ec) co_return failed(io_error(written.ec ? written.ec : got.ec));
  }
  if (!received_.empty()) {
    co_return failed(fail(Errc::malformed_payload, "the server sent what nobody asked for"));
  }
  co_return replies;
}

asio::awaitable<IoResult> Connection::read_some(asio::mutable_buffer into) {
  if (tls_) co_return co_await tls_->read_some(into);
  const auto [ec, n] = co_await socket_.async_read_some(into, no_throw);
  co_return IoResult(ec, n);
}

asio::awaitable<IoResult> Connection::write_all(asio::const_buffer from) {
  if (tls_) co_return co_await tls_->write_all(from);
  const auto [ec, n] = co_await asio::async_write(socket_, from, no_throw);
  co_return IoResult(ec, n);
}

}  // namespace remora::checks::redisdb
