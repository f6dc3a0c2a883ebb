// The server against well-behaved, slow and garbage clients. Clients are blocking sockets on
// threads of their own; the server runs on the test's thread.
#include "remora/net/http_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <stdexcept>
#include <thread>

#include "fakes/peak_memory.hpp"
#include "remora/net/beast_client.hpp"

namespace remora::net {
namespace {

using namespace std::chrono_literals;

class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
      throw std::runtime_error("connect");
    }
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void finish() { ::shutdown(fd_, SHUT_WR); }
  /// Everything until the server closes.
  std::string read_all() {
    std::string all;
    while (read_some(all)) {
    }
    return all;
  }
  /// Reads until `end` has arrived.
  std::string read_until(std::string_view end) {
    std::string all;
    while (all.find(end) == std::string::npos && read_some(all)) {
    }
    return all;
  }

 private:
  bool read_some(std::string& all) {
    char buffer[4096];
    const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    all.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  int fd_;
};

class HttpServerTest : public testing::Test {
 protected:
  asio::awaitable<ServerResponse> echo(ServerRequest request) {
    if (handled_) handled_(std::string(request.path()));
    if (request.path() == "/throw") throw std::runtime_error("bug");
    if (request.path() == "/hang") {
      asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
      co_await timer.async_wait(asio::use_awaitable);
    }
    if (request.path() == "/hold") {
      asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
      hold_(timer);
      co_await timer.async_wait(no_throw);
    }
    std::string body = request.method + ' ' + request.target + ' ' + request.body;
    co_return ServerResponse(200, "text/plain", std::move(body));
  }

  static asio::awaitable<ServerResponse> echo_peer(ServerRequest request) {
    co_return ServerResponse(200, "text/plain", request.peer);
  }

  Handler handler() {
    return [this](ServerRequest request) { return echo(std::move(request)); };
  }

  void listen(ServerOptions options = {}) {
    auto made = HttpServer::listen(io_.get_executor(), options, handler());
    ASSERT_TRUE(made) << made.error().message();
    server_ = std::move(*made);
  }

  /// Serves while `client` runs on a thread, then stops; everything must end.
  void serve(const std::function<void(std::uint16_t)>& client) {
    if (!server_) listen();
    asio::co_spawn(io_, server_->run(), [this](std::exception_ptr e) { ended_ = !e; });
    std::thread thread([&] {
      client(server_->port());
      asio::post(io_, [this] { server_->stop(); });
    });
    io_.run();
    thread.join();
    EXPECT_TRUE(ended_);
  }

  asio::io_context io_;
  std::unique_ptr<HttpServer> server_;
  bool ended_ = false;
  std::function<void(asio::steady_timer&)> hold_;    ///< given the timer /hold waits on
  std::function<void(const std::string&)> handled_;  ///< told the path of every request
};

TEST_F(HttpServerTest, AnswersAndKeepsTheConnection) {
  std::string first, second;
  serve([&](std::uint16_t port) {
    Client client(port);
    client.send("POST /a?b=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    first = client.read_until("abc");
    client.send("GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    second = client.read_all();
  });
  EXPECT_EQ(first,
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 15\r\n\r\n"
            "POST /a?b=1 abc");
  EXPECT_EQ(second,
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n"
            "Connection: close\r\n\r\nGET /c ");
}

TEST_F(HttpServerTest, AnswersByTheRules) {
  struct Row {
    int line;
    std::string bytes;
    const char* status_line;
    const char* end;
  };
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 65; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
  const Row rows[] = {
      {__LINE__, "GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n", "GET / "},
      {__LINE__, "HEAD /h HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\r\n\r\n"},
      {__LINE__, "GET /throw HTTP/1.0\r\n\r\n", "HTTP/1.1 500 ", "internal error\n"},
      {__LINE__,
       "POST / HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
       "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
       "HTTP/1.1 200 OK\r\n", "POST / abc"},
      {__LINE__, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\nConnection: close\r\n\r\n",
       "HTTP/1.1 200 OK\r\n", "GET /2 "},
      {__LINE__,
       "POST / HTTP/1.1\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
       "HTTP/1.1 ", "POST / x"},
      {__LINE__, "\x16\x03\x01garbage\r\n\r\n", "HTTP/1.1 400 ", "rejected\n"},
      {__LINE__, "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400 ", "rejected\n"},
      {__LINE__, "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
       "HTTP/1.1 400 ", "rejected\n"},
      {__LINE__, "POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", "HTTP/1.1 413 ", "rejected\n"},
      {__LINE__,
       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n101\r\n" + std::string(0x101, 'x'),
       "HTTP/1.1 413 ", "rejected\n"},
      {__LINE__, many + "\r\n", "HTTP/1.1 431 ", "rejected\n"},
      {__LINE__, "GET / HTTP/1.1\r\nX: " + std::string(40'000, 'x'), "HTTP/1.1 431 ", "rejected\n"},
  };
  ServerOptions options;
  options.max_body_bytes = 100;
  listen(options);
  serve([&](std::uint16_t port) {
    for (const Row& row : rows) {
      SCOPED_TRACE(row.line);
      Client client(port);
      client.send(row.bytes);
      client.finish();
      const std::string answer = client.read_all();
      EXPECT_EQ(answer.find(row.status_line), 0u) << answer;
      EXPECT_TRUE(answer.ends_with(row.end)) << answer;
    }
  });
}

TEST_F(HttpServerTest, InvitesTheBodyOfAPatientClient) {
  std::string invitation, answer;
  serve([&](std::uint16_t port) {
    Client client(port);
    client.send(
        "POST / HTTP/1.1\r\nConnection: close\r\nExpect: 100-continue\r\n"
        "Content-Length: 1\r\n\r\n");
    invitation = client.read_until("\r\n\r\n");
    client.send("x");
    answer = client.read_all();
  });
  EXPECT_EQ(invitation, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(answer.find("HTTP/1.1 200 OK"), 0u);
}

TEST_F(HttpServerTest, ClosesSlowAndIdleClients) {
  ServerOptions options;
  options.read_timeout = 60ms;
  options.idle_timeout = 60ms;
  listen(options);
  std::string silent, half, idle, next;
  bool dripping_ended = false;
  serve([&](std::uint16_t port) {
    silent = Client(port).read_all();
    Client half_client(port);
    half_client.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
    half = half_client.read_all();
    Client drip(port);
    for (int i = 0; i < 500 && !dripping_ended; ++i) {
      dripping_ended = !drip.send("G");
      std::this_thread::sleep_for(2ms);
    }
    Client idle_client(port);
    idle_client.send("GET / HTTP/1.1\r\n\r\n");
    idle = idle_client.read_all();
  });
  EXPECT_EQ(silent, "");
  EXPECT_EQ(half, "");
  EXPECT_TRUE(dripping_ended);
  EXPECT_TRUE(idle.ends_with("GET / "));
}

TEST_F(HttpServerTest, ClosesAClientThatDoesNotReadItsAnswer) {
  ServerOptions options;
  options.write_timeout = 60ms;
  options.max_body_bytes = 32 * 1024 * 1024;
  listen(options);
  std::size_t received = 0;
  const std::string body(24 * 1024 * 1024, 'x');
  serve([&](std::uint16_t port) {
    Client client(port);
    client.send("POST / HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    client.send(body);
    // Not a synchronisation: the client is slow, far past the server's patience.
    std::this_thread::sleep_for(400ms);
    received = client.read_all().size();
  });
  EXPECT_LT(received, body.size());
}

// Silent ones, one that waits between two requests and one that drips: each keeps a place for as
// long as nobody else wants it, and none keeps a peer out that has something to ask.
TEST_F(HttpServerTest, MakesRoomForWhoeverAsksAtTheCostOfTheLongestSilent) {
  ServerOptions options;
  options.max_connections = 3;
  listen(options);
  std::string kept, dripped, answer, silent_end, again;
  std::vector<std::string> answers;
  serve([&](std::uint16_t port) {
    Client keeper(port);
    keeper.send("GET /1 HTTP/1.1\r\n\r\n");
    kept = keeper.read_until("GET /1 ");
    Client silent(port);
    Client drip(port);
    drip.send("G");
    for (int i = 0; i < 6; ++i) {
      Client probe(port);
      probe.send("GET /probe HTTP/1.1\r\n\r\n");
      answers.push_back(probe.read_until("GET /probe "));
    }
    silent_end = silent.read_all();
    dripped = drip.read_all();
    again = keeper.read_all();
  });
  EXPECT_TRUE(kept.ends_with("GET /1 "));
  for (const std::string& answer : answers) EXPECT_TRUE(answer.ends_with("GET /probe ")) << answer;
  EXPECT_EQ(silent_end + dripped + again, "");
}

TEST_F(HttpServerTest, KeepsAConnectionWhoseRequestIsBeingAnswered) {
  ServerOptions options;
  options.max_connections = 2;
  listen(options);
  asio::steady_timer* waiting = nullptr;
  std::string slow, probe;
  hold_ = [&](asio::steady_timer& timer) { waiting = &timer; };
  handled_ = [&](const std::string& path) {
    if (path == "/probe" && waiting != nullptr) waiting->cancel();
  };
  serve([&](std::uint16_t port) {
    Client busy(port);
    busy.send("GET /hold HTTP/1.1\r\n\r\n");
    Client silent(port);
    Client second(port);
    second.send("GET /probe HTTP/1.1\r\n\r\n");
    probe = second.read_until("GET /probe ");
    slow = busy.read_until("GET /hold ");
  });
  EXPECT_TRUE(probe.ends_with("GET /probe "));
  EXPECT_TRUE(slow.ends_with("GET /hold ")) << slow;
}

TEST_F(HttpServerTest, StopsWhileItWaitsForRoom) {
  ServerOptions options;
  options.max_connections = 1;
  listen(options);
  serve([&](std::uint16_t port) {
    Client busy(port);
    busy.send("GET /hang HTTP/1.1\r\n\r\n");
    Client next(port);
    next.send("GET / HTTP/1.1\r\n\r\n");
  });
}

TEST_F(HttpServerTest, ListensOnIPv6AndIPv4) {
  ServerOptions options;
  options.address = "::";
  auto made = HttpServer::listen(io_.get_executor(), options, [](ServerRequest request) {
    return echo_peer(std::move(request));
  });
  if (!made) GTEST_SKIP() << "SKIPPED net: " << made.error().message();
  server_ = std::move(*made);
  asio::io_context other;
  std::vector<std::string> peers;
  serve([&](std::uint16_t port) {
    auto client = std::move(*BeastClient::create(other.get_executor(), {}));
    for (const char* host : {"127.0.0.1", "[::1]"}) {
      HttpRequest request;
      request.url = *parse_url("http://" + std::string(host) + ':' + std::to_string(port));
      asio::co_spawn(other, client->send(std::move(request)),
                     [&](std::exception_ptr, Result<HttpResponse> r) {
                       peers.push_back(r ? r->body : r.error().message());
                     });
      other.restart();
      while (peers.size() < (host[0] == '[' ? 2u : 1u)) other.run_one();
    }
    client->shutdown();
    other.restart();
    other.run();
  });
  ASSERT_EQ(peers.size(), 2u);
  EXPECT_EQ(peers[0].substr(0, 10), "127.0.0.1:");
  EXPECT_EQ(peers[1].substr(0, 6), "[::1]:");
}

TEST_F(HttpServerTest, StopEndsHandlersThatWait) {
  std::thread hung;
  std::string answer = "none";
  serve([&](std::uint16_t port) {
    auto client = std::make_shared<Client>(port);
    client->send("GET /hang HTTP/1.1\r\n\r\n");
    Client probe(port);
    probe.send("GET /probe HTTP/1.1\r\n\r\n");
    probe.read_until("/probe");  // by then the first request has reached its handler
    hung = std::thread([&answer, client] { answer = client->read_all(); });
  });
  hung.join();
  EXPECT_EQ(answer, "");
}

// The loop stands still while stop() is called, as when a program winds down after run() returned:
// what stop() asked for happens later, when the sessions may be gone.
TEST_F(HttpServerTest, StopOutsideTheLoopEndsOpenConnections) {
  listen();
  asio::co_spawn(io_, server_->run(), [this](std::exception_ptr e) { ended_ = !e; });
  int answered = 0;
  Client idle(server_->port());
  idle.send("GET /1 HTTP/1.1\r\n\r\n");
  Client hanging(server_->port());
  hanging.send("GET /hang HTTP/1.1\r\n\r\n");
  handled_ = [&](const std::string& path) { answered += path == "/1" || path == "/hang"; };
  while (answered < 2) io_.run_one();
  while (io_.poll_one() > 0) {
  }
  server_->stop();
  EXPECT_FALSE(ended_);
  io_.run();
  EXPECT_TRUE(ended_);
  EXPECT_TRUE(idle.read_all().ends_with("GET /1 "));
  EXPECT_EQ(hanging.read_all(), "");
}

TEST_F(HttpServerTest, NamesAnAddressItCannotListenOn) {
  listen();
  ServerOptions taken;
  taken.port = server_->port();
  const auto again = HttpServer::listen(io_.get_executor(), taken, handler());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), Errc::io);
  EXPECT_EQ(again.error().message(), "cannot listen on 127.0.0.1:" + std::to_string(taken.port) +
                                         ": Address already in use");
  ServerOptions name;
  name.address = "nowhere";
  EXPECT_EQ(HttpServer::listen(io_.get_executor(), name, handler()).error().code(), Errc::io);
}

TEST_F(HttpServerTest, TalksToOurOwnClient) {
  listen();
  asio::io_context other;
  std::string body;
  serve([&](std::uint16_t port) {
    auto client = std::move(*BeastClient::create(other.get_executor(), {}));
    HttpRequest request;
    request.method = "POST";
    request.url = *parse_url("http://127.0.0.1:" + std::to_string(port) + "/big");
    request.body = std::make_shared<const std::string>(1'000'000, 'x');
    request.max_response_bytes = 2'000'000;
    asio::co_spawn(other, client->send(std::move(request)),
                   [&](std::exception_ptr, Result<HttpResponse> r) {
                     if (r) body = std::move(r->body);
                     client->shutdown();
                   });
    other.run();
  });
  EXPECT_EQ(body.size(), 1'000'000u + std::string("POST /big ").size());
}

TEST_F(HttpServerTest, PeakMemoryOfConnectionsPastTheLimit) {
  ServerOptions options;
  options.max_body_bytes = 4096;
  listen(options);
  const fakes::PeakMemory peak;
  std::string answer;
  serve([&](std::uint16_t port) {
    std::vector<std::unique_ptr<Client>> begun;
    for (int i = 0; i < 80; ++i) {
      begun.push_back(std::make_unique<Client>(port));
      begun.back()->send("GET / HTTP/1.1\r\nX: " + std::string(30'000, 'x'));
    }
    Client asks(port);
    asks.send("GET /room HTTP/1.1\r\n\r\n");
    answer = asks.read_until("GET /room ");
  });
  EXPECT_TRUE(answer.ends_with("GET /room ")) << answer;
  EXPECT_LT(peak.growth(), 8u << 20);  // 64 heads of 32 KiB are 2 MiB
}

}  // namespace
}  // namespace remora::net
