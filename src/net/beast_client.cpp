#include "remora/net/beast_client.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "net/connection.hpp"
#include "net/connection_pool.hpp"
#include "net/request_head.hpp"
#include "net/response_reader.hpp"
#include "net/tls.hpp"
#include "remora/core/apart.hpp"
#include "remora/net/deadline.hpp"
#include "remora/net/resolver.hpp"

namespace remora::net {
namespace {

using SteadyClock = std::chrono::steady_clock;
using boost::system::error_code;

// Source: net.Dialer of Go, which the Datadog Agent dials with: 30 s at most, and an address gets
// its share of what is left, but not less than 2 s.
constexpr auto kDialLimit = std::chrono::seconds(30);
constexpr auto kMinAddressLimit = std::chrono::seconds(2);
constexpr auto kMaxTimeout = std::chrono::hours(24);  // more would overflow the clock
constexpr std::size_t kJoinedBodyBytes = 16 * 1024;   // sent in one piece with the header
constexpr std::size_t kReadBytes = 16 * 1024;

Error io_error(const error_code& ec) {
  if (ec == asio::error::eof || ec == asio::ssl::error::stream_truncated) {
    return fail(Errc::network, "closed by the peer");
  }
  if (ec.category() == asio::error::get_ssl_category()) return fail(Errc::tls, ec.message());
  return fail(Errc::network, ec.message());
}

// What is printed of a request.
std::string peer_name(const HttpRequest& request) {
  return request.unix_socket.empty() ? request.url.origin() : "unix://" + request.unix_socket;
}

constexpr auto kTlsFilesLimit = std::chrono::seconds(2);

std::function<Result<TlsFiles>()> reading_files_of(const TlsOptions& options) {
  return [options] { return read_tls_files_here(options); };
}

// What one write needs, alive until it has ended even when the exchange has gone.
struct Upload {
  std::shared_ptr<Connection> connection;
  std::string head;
  std::shared_ptr<const std::string> body;  ///< null when it is part of `head`
  bool finished = false;                    ///< all is written
};

asio::awaitable<bool> write_all(std::shared_ptr<Connection> connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto chunk = asio::buffer(bytes.data(), bytes.size());
    const IoResult written = co_await connection->write_some(chunk);
    if (written.ec) co_return false;
    bytes.remove_prefix(written.bytes);
  }
  co_return true;
}

// A failed write is not reported: the reader sees the same broken connection, or the answer that
// came before it broke.
asio::awaitable<void> run_upload(std::shared_ptr<Upload> upload) {
  bool ok = co_await write_all(upload->connection, upload->head);
  if (ok && upload->body) ok = co_await write_all(upload->connection, *upload->body);
  upload->finished = ok;
}

void start_upload(std::shared_ptr<Upload> upload) {
  const asio::any_io_executor executor = upload->connection->executor();
  asio::co_spawn(executor, run_upload(upload), [upload](std::exception_ptr) {});
}

struct Exchange {
  Exchange(HttpRequest r, const asio::any_io_executor& executor)
      : request(std::move(r)),
        deadline(SteadyClock::now() +
                 std::min<SteadyClock::duration>(request.timeout, kMaxTimeout)),
        done(executor) {
    done.expires_at(deadline);
  }

  HttpRequest request;
  const Url* proxy = nullptr;  ///< null = direct
  SteadyClock::time_point deadline;
  asio::steady_timer done;           ///< `send` waits on it; cancelled when `result` is set
  asio::cancellation_signal cancel;  ///< of the coroutine that does the work
  std::shared_ptr<Connection> connection;
  const char* stage = "starting";
  std::optional<Result<HttpResponse>> result;
  bool aborted = false;

  void abort() {
    if (aborted || result) return;
    aborted = true;
    if (connection) connection->close();
    cancel.emit(asio::cancellation_type::terminal);
    done.cancel();
  }
};

// How one try on one connection ended.
struct Outcome {
  Outcome(Result<HttpResponse> response, bool untouched)
      : response(std::move(response)), untouched(untouched) {}
  Result<HttpResponse> response;
  bool untouched;  ///< failed before the peer had sent a byte
};

}  // namespace

struct BeastClient::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::any_io_executor e, ClientOptions o)
      : executor(std::move(e)),
        options(std::move(o)),
        resolver(executor),
        pool(executor, options.idle_connections_per_origin, options.idle_timeout,
             options.connection_reset_interval) {}

  asio::any_io_executor executor;
  ClientOptions options;
  Resolver resolver;
  ConnectionPool pool;
  std::optional<TlsContext> tls;
  std::vector<std::weak_ptr<Exchange>> running;
  bool down = false;

  const Url* proxy_for(const HttpRequest& request) const {
    const auto& proxy = request.url.scheme == "https" ? options.proxy.https : options.proxy.http;
    if (!proxy || !request.use_proxy || !request.unix_socket.empty() ||
        bypasses_proxy(options.proxy, request.url))
      return nullptr;
    return &*proxy;
  }

  asio::awaitable<Result<TlsContext>> tls_context() {
    if (tls) co_return *tls;
    auto reading = reading_files_of(options.tls);
    auto files = co_await core::run_apart<TlsFiles>(std::move(reading), kTlsFilesLimit);
    if (!files) co_return fail(files.error(), "the files of TLS");
    auto made = make_tls_context(options.tls, *files);
    if (!made) co_return made.error();
    if (!tls) tls = *made;
    co_return *tls;
  }

  // A context is made ahead where options may be wrong: the error comes before the first request.
  // The system's roots are left for the first https request.
  std::optional<TlsOptions> checked_options() const {
    TlsOptions ahead = options.tls;
    const bool own_roots = !ahead.ca_file.empty() || !ahead.ca_directory.empty();
    const bool own_identity = !ahead.client_cert.empty() || !ahead.ciphers.empty();
    if (!own_roots && !own_identity && ahead.min_version == TlsOptions().min_version) {
      return std::nullopt;
    }
    ahead.verify = ahead.verify && own_roots;
    return ahead;
  }
  Result<void> check(const TlsOptions& ahead, const Result<TlsFiles>& files) {
    if (!files) return files.error();
    auto made = make_tls_context(ahead, *files);
    if (!made) return made.error();
    if (ahead.verify == options.tls.verify) tls = std::move(*made);
    return {};
  }

  asio::awaitable<Result<void>> dial_unix(std::shared_ptr<Exchange> x) {
    x->stage = "connecting";
    const std::string& path = x->request.unix_socket;
    if (path.size() >= sizeof(sockaddr_un{}.sun_path)) {
      co_return fail(Errc::invalid_config, "the path of the socket is longer than 107 bytes");
    }
    const asio::local::stream_protocol::endpoint endpoint(path);
    const error_code ec = co_await x->connection->connect(endpoint);
    if (ec) co_return fail(Errc::network, "connecting: " + ec.message());
    co_return Result<void>();
  }

  // Resolves and connects to the host of `peer`, one address after the other.
  asio::awaitable<Result<void>> dial(std::shared_ptr<Exchange> x, const Url& peer) {
    // Not `a ? co_await b : co_await c`: GCC 12.2 destroys the result twice.
    if (x->proxy == nullptr && !x->request.unix_socket.empty()) co_return co_await dial_unix(x);
    x->stage = "looking up the name";
    auto addresses = co_await resolver.resolve(peer.host);
    if (!addresses) co_return addresses.error();
    if (x->proxy == nullptr && x->request.may_connect) {
      for (const asio::ip::address& address : *addresses) {
        if (x->aborted) co_return fail(Errc::cancelled, "cancelled");
        if (!x->request.may_connect(address)) {
          co_return fail(Errc::unauthorized, "the address " + address.to_string() + " is refused");
        }
      }
    }
    x->stage = "connecting";
    Error last;
    for (std::size_t i = 0; i < addresses->size(); ++i) {
      const SteadyClock::duration left = x->deadline - SteadyClock::now();
      const auto share = left / static_cast<SteadyClock::rep>(addresses->size() - i);
      const SteadyClock::duration limit = std::min<SteadyClock::duration>(
          kDialLimit, std::max<SteadyClock::duration>(share, kMinAddressLimit));
      const asio::ip::tcp::endpoint endpoint((*addresses)[i], peer.port);
      Deadline deadline(executor, limit, [c = x->connection] { c->close(); });
      const error_code ec = co_await x->connection->connect(endpoint);
      if (!ec) co_return Result<void>();
      std::string text =
          "connecting to " + (*addresses)[i].to_string() + ':' + std::to_string(peer.port) + ": ";
      last = deadline.passed() ? fail(Errc::timeout, text + "no answer")
                               : fail(Errc::network, text + ec.message());
    }
    co_return last;
  }

  asio::awaitable<Result<void>> start_tls(std::shared_ptr<Exchange> x, std::string host) {
    x->stage = "reading the files of TLS";
    auto context = co_await tls_context();
    if (!context) co_return context.error();
    RootBundle::Text roots;
    Error unread;
    if (context->roots) {
      auto lent = co_await context->roots->lend();
      if (lent) {
        roots = std::move(*lent);
      } else {
        unread = lent.error();
      }
    }
    x->stage = "in the TLS handshake";
    Deadline deadline(executor, options.tls_handshake_timeout, [c = x->connection] { c->close(); });
    TlsPeer peer(std::move(host), options.tls.verify, options.tls.validate_hostname);
    auto shaken = co_await x->connection->handshake(context->context, std::move(peer));
    if (!shaken && deadline.passed()) {
      co_return fail(Errc::timeout, "no end of the TLS handshake within " +
                                        std::to_string(options.tls_handshake_timeout.count()) +
                                        " ms");
    }
    // Roots found earlier are known still; one that was needed now was not.
    if (!shaken && shaken.error().code() == Errc::tls && !unread.message().empty()) {
      co_return fail(unread, "the files of TLS");
    }
    co_return shaken;
  }

  // TLS with the request's own host.
  asio::awaitable<Result<void>> start_own_tls(std::shared_ptr<Exchange> x) {
    const HttpRequest& request = x->request;
    std::string name = request.tls_name.empty() ? request.url.host : request.tls_name;
    auto shaken = co_await start_tls(x, std::move(name));
    if (shaken && request.on_certificate && !x->aborted) {
      if (const auto end = x->connection->certificate_end()) request.on_certificate(*end);
    }
    co_return shaken;
  }

  // Asks the proxy for a tunnel to the request's host.
  asio::awaitable<Result<void>> open_tunnel(std::shared_ptr<Exchange> x) {
    x->stage = "waiting for the proxy";
    const std::string target = host_and_port(x->request.url);
    const std::string head = connect_head(target, *x->proxy, options);
    const std::string who = "proxy " + x->proxy->origin();
    if (!co_await write_all(x->connection, head)) {
      co_return fail(Errc::network, who + ": closed by the peer");
    }
    ResponseReader reader(true, 0);
    auto answer = co_await read_response(x->connection, reader, false);
    if (!answer) {
      co_return fail(Errc::network, who + ": " + answer.error().message());
    }
    const int status = reader.take().status;
    if (status / 100 != 2) {
      co_return fail(Errc::network,
                     who + ": refused CONNECT to " + target + ", status " + std::to_string(status));
    }
    if (reader.surplus()) co_return fail(Errc::network, who + ": sent data before TLS");
    co_return Result<void>();
  }

  asio::awaitable<Result<void>> open(std::shared_ptr<Exchange> x) {
    const Url& url = x->request.url;
    const bool https = url.scheme == "https";
    x->connection = std::make_shared<Connection>(executor);
    if (x->proxy == nullptr) {
      auto dialled = co_await dial(x, url);
      if (!dialled) co_return dialled;
      if (https) co_return co_await start_own_tls(x);
      co_return Result<void>();
    }
    const std::string who = "proxy " + x->proxy->origin();
    if (https && x->proxy->scheme == "https") {
      co_return fail(Errc::unsupported,
                     who + ": TLS inside TLS; write the proxy as http:// in DD_PROXY_HTTPS");
    }
    auto dialled = co_await dial(x, *x->proxy);
    if (!dialled) co_return fail(dialled.error(), who);
    if (x->proxy->scheme == "https") {
      auto shaken = co_await start_tls(x, x->proxy->host);
      if (!shaken) co_return fail(shaken.error(), who);
    }
    if (!https) co_return Result<void>();
    auto tunnel = co_await open_tunnel(x);
    if (!tunnel) co_return tunnel;
    co_return co_await start_own_tls(x);
  }

  // True in the result always; the reader holds the response.
  static asio::awaitable<Result<bool>> read_response(std::shared_ptr<Connection> connection,
                                                     ResponseReader& reader,
                                                     bool cut_tls_ends_body) {
    std::string buffer(kReadBytes, '\0');
    for (;;) {
      const auto into = asio::buffer(buffer);
      const IoResult got = co_await connection->read_some(into);
      if (got.bytes > 0) {
        auto complete = reader.put(std::string_view(buffer.data(), got.bytes));
        if (!complete || *complete) co_return complete;
      }
      const bool cut = got.ec == asio::ssl::error::stream_truncated;
      if (got.ec == asio::error::eof ||
          (cut && cut_tls_ends_body && reader.ends_with_connection())) {
        auto complete = reader.put_eof();
        co_return complete;
      }
      if (got.ec) co_return io_error(got.ec);
    }
  }

  // Sends the request and reads the answer at the same time: a server may answer before it has
  // read all (413), and then stop reading.
  asio::awaitable<Outcome> transfer(std::shared_ptr<Exchange> x) {
    x->stage = "waiting for the answer";
    auto upload = std::make_shared<Upload>();
    upload->connection = x->connection;
    upload->head = request_head(x->request, x->proxy, options);
    if (x->request.body) {
      if (x->request.body->size() <= kJoinedBodyBytes) {
        upload->head += *x->request.body;
      } else {
        upload->body = x->request.body;
      }
    }
    start_upload(upload);
    // An exchange that was given up reads on for a moment; its caller has gone.
    std::function<void(const HttpResponse&)> on_head;
    std::function<bool(std::string_view)> on_body;
    if (x->request.on_head) {
      on_head = [x](const HttpResponse& head) {
        if (!x->aborted) x->request.on_head(head);
      };
    }
    if (x->request.on_body) {
      on_body = [x](std::string_view piece) { return !x->aborted && x->request.on_body(piece); };
    }
    ResponseReader reader(x->request.method == "HEAD", x->request.max_response_bytes,
                          std::move(on_head), std::move(on_body));
    auto answer = co_await read_response(x->connection, reader, x->request.cut_tls_ends_body);
    if (!answer) {
      x->connection->close();
      co_return Outcome(answer.error(), !reader.started());
    }
    const bool reusable = reader.keep_alive() && upload->finished;
    HttpResponse response = reader.take();
    if (x->proxy != nullptr && x->request.url.scheme == "http" && response.status == 407) {
      x->connection->close();
      Error refused = fail(Errc::network, "proxy " + x->proxy->origin() +
                                              ": refused the request, status 407; check the user "
                                              "and password of the proxy URL");
      co_return Outcome(std::move(refused), false);
    }
    if (reusable) {
      pool.keep(pool_key(*x), x->connection);
    } else {
      x->connection->close();
    }
    co_return Outcome(std::move(response), false);
  }

  static std::string pool_key(const Exchange& x) {
    std::string key = x.request.url.scheme + "://" + host_and_port(x.request.url);
    if (!x.request.unix_socket.empty()) key += " at " + x.request.unix_socket;
    if (!x.request.tls_name.empty()) key += " as " + x.request.tls_name;
    if (x.proxy != nullptr) key += " via " + x.proxy->origin();
    return key;
  }

  asio::awaitable<Result<HttpResponse>> attempts(std::shared_ptr<Exchange> x) {
    const bool handshake_only = x->request.handshake_only;
    x->connection = handshake_only ? nullptr : pool.take(pool_key(*x));
    if (x->connection) {
      Outcome outcome = co_await transfer(x);
      // The peer closed the kept connection at the moment we used it again.
      if (outcome.response || !outcome.untouched) co_return std::move(outcome.response);
    }
    auto opened = co_await open(x);
    if (!opened) {
      x->connection->close();
      co_return opened.error();
    }
    if (handshake_only) {
      x->connection->close();
      co_return HttpResponse();
    }
    Outcome outcome = co_await transfer(x);
    co_return std::move(outcome.response);
  }

  asio::awaitable<void> work(std::shared_ptr<Exchange> x) {
    auto result = co_await attempts(x);
    if (x->aborted) co_return;
    if (result) {
      x->result = std::move(result);
    } else {
      x->result = fail(result.error(), peer_name(x->request));
    }
  }

  void start(const std::shared_ptr<Exchange>& x) {
    std::erase_if(running, [](const auto& weak) { return weak.expired(); });
    running.push_back(x);
    // The coroutine keeps this object, so that one that winds down after its client is harmless.
    auto finished = [self = shared_from_this(), x](std::exception_ptr error) {
      if (error && !x->aborted) {
        x->result = fail(Errc::unknown, peer_name(x->request) + ": internal error");
      }
      x->done.cancel();
    };
    asio::co_spawn(executor, work(x),
                   asio::bind_cancellation_slot(x->cancel.slot(), std::move(finished)));
  }
};

BeastClient::BeastClient(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

BeastClient::~BeastClient() { shutdown(); }

Result<std::unique_ptr<BeastClient>> BeastClient::create(asio::any_io_executor executor,
                                                         ClientOptions options) {
  auto impl = std::make_shared<Impl>(std::move(executor), std::move(options));
  if (const auto ahead = impl->checked_options()) {
    const auto files = core::wait_apart<TlsFiles>(reading_files_of(*ahead), kTlsFilesLimit);
    if (auto checked = impl->check(*ahead, files); !checked) return checked.error();
  }
  return std::unique_ptr<BeastClient>(new BeastClient(std::move(impl)));
}

asio::awaitable<Result<std::unique_ptr<BeastClient>>> BeastClient::create_on_loop(
    ClientOptions options) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto impl = std::make_shared<Impl>(executor, std::move(options));
  if (const auto ahead = impl->checked_options()) {
    auto reading = reading_files_of(*ahead);
    const auto files = co_await core::run_apart<TlsFiles>(std::move(reading), kTlsFilesLimit);
    if (auto checked = impl->check(*ahead, files); !checked) co_return checked.error();
  }
  co_return std::unique_ptr<BeastClient>(new BeastClient(std::move(impl)));
}

asio::awaitable<Result<HttpResponse>> BeastClient::send(HttpRequest request) {
  const auto impl = impl_;
  const std::string origin = peer_name(request);
  if (impl->down) co_return fail(Errc::cancelled, origin + ": the client is shut down");
  if (const auto ok = check_request(request); !ok) co_return fail(ok.error(), origin);
  const auto limit = request.timeout;

  // The work runs in a coroutine of its own; this one only waits. So whatever the work hangs in,
  // the answer comes on time.
  const auto x = std::make_shared<Exchange>(std::move(request), impl->executor);
  x->proxy = impl->proxy_for(x->request);
  impl->start(x);
  bool expired = false;
  if (!x->result) {
    const auto [ec] = co_await x->done.async_wait(no_throw);
    expired = !ec;
  }
  if (x->result) co_return std::move(*x->result);
  const std::string stage = x->stage;
  x->abort();
  if (expired) {
    co_return fail(Errc::timeout, origin + ": no complete answer within " +
                                      std::to_string(limit.count()) + " ms, " + stage);
  }
  co_return fail(Errc::cancelled, origin + ": cancelled while " + stage);
}

void BeastClient::shutdown() {
  impl_->down = true;
  impl_->pool.shutdown();
  const auto running = std::exchange(impl_->running, {});
  for (const auto& weak : running) {
    if (const auto x = weak.lock()) x->abort();
  }
}

}  // namespace remora::net
