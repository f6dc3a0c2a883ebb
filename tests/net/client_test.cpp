// The client over plain TCP: what it sends, what it keeps, and how each fault is named.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/client_fixture.hpp"

namespace remora::net {
namespace {

using namespace std::chrono_literals;
using namespace fakes::script;
using fakes::ScriptedServer;

TEST_F(ClientTest, SendsTheRequestAndReadsTheAnswer) {
  ScriptedServer server(
      {{read_request(), answer(202, "{\"ok\":1}", "Content-TYPE: application/json\r\n")}});
  ClientOptions options;
  options.user_agent = "remora/1";
  make_client(std::move(options));
  HttpRequest request = post(server.url() + "/api/v2/series?x=1", "abc");
  request.headers.emplace_back("DD-Api-Key", "k");
  request.headers.emplace_back("Content-Length", "99");
  const auto answer = send(std::move(request));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 202);
  EXPECT_EQ(answer->body, "{\"ok\":1}");
  EXPECT_EQ(answer->header("content-type"), "application/json");
  EXPECT_EQ(answer->header("absent"), "");
  EXPECT_EQ(server.requests().at(0),
            "POST /api/v2/series?x=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nUser-Agent: remora/1\r\nDD-Api-Key: k\r\nContent-Length: 3\r\n"
                "Connection: keep-alive\r\n\r\nabc");
}

TEST_F(ClientTest, ReadsEveryFormOfBody) {
  struct Row {
    int line;
    std::string bytes;
    int status;
    std::string body;
  };
  const Row rows[] = {
      {__LINE__, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", 200, "ab"},
      {__LINE__,
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n", 200,
       "abcde"},
      {__LINE__, "HTTP/1.1 200 OK\r\n\r\nuntil close", 200, "until close"},
      {__LINE__, "HTTP/1.0 503 \r\n\r\n", 503, ""},
      {__LINE__, "HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
      {__LINE__, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200,
       "x"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    ScriptedServer server({{read_request(), fakes::script::send(row.bytes)}});
    const auto answer = send(get(server.url()));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->status, row.status);
    EXPECT_EQ(answer->body, row.body);
    ScriptedServer slow({{read_request(), send_slowly(row.bytes, 7, 1ms)}});
    const auto in_pieces = send(get(slow.url()));
    ASSERT_TRUE(in_pieces) << in_pieces.error().message();
    EXPECT_EQ(in_pieces->body, row.body);
  }
}

TEST_F(ClientTest, NamesEveryFaultOfThePeer) {
  std::string many = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
  for (int i = 0; i < 256; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
  struct Row {
    int line;
    fakes::Script script;
    Errc code;
    const char* word;
  };
  const auto send = [](std::string bytes) { return fakes::script::send(std::move(bytes)); };
  const Row rows[] = {
      {__LINE__, {read_request(), reset()}, Errc::network, ""},
      {__LINE__, {read_request()}, Errc::network, "without an answer"},
      {__LINE__,
       {read_request(), send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), reset()},
       Errc::network,
       ""},
      {__LINE__,
       {read_request(), send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")},
       Errc::network,
       "middle"},
      {__LINE__, {read_request(), send("HTTP/1.1 200 OK\r\nConte")}, Errc::network, "middle"},
      {__LINE__,
       {read_request(), send("SSH-2.0-OpenSSH_9\r\n\r\n"), stall()},
       Errc::malformed_payload,
       "HTTP"},
      {__LINE__,
       {read_request(), send("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), stall()},
       Errc::malformed_payload,
       "HTTP"},
      {__LINE__,
       {read_request(), send("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n"), stall()},
       Errc::too_large,
       "body"},
      {__LINE__,
       {read_request(), send("HTTP/1.1 200 OK\r\n\r\n" + std::string(65537, 'x')), stall()},
       Errc::too_large,
       "body"},
      {__LINE__, {read_request(), send(many + "\r\n"), stall()}, Errc::too_large, "256"},
      {__LINE__,
       {read_request(), send("HTTP/1.1 200 OK\r\nX: " + std::string(132'000, 'x')), stall()},
       Errc::too_large,
       "128 KiB"},
      {__LINE__,
       {read_request(), forever({send("HTTP/1.1 100 Continue\r\n\r\n")})},
       Errc::malformed_payload,
       "interim"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    ScriptedServer server({row.script});
    const auto answer = ClientTest::send(get(server.url()));
    expect_error(answer, row.code, row.word);
    expect_error(answer, row.code, server.url());
    EXPECT_EQ(server.connections(), 1u);  // a first request is never repeated
  }
}

TEST_F(ClientTest, AnswersTimeoutWhereverThePeerHangs) {
  ScriptedServer silent({{stall()}});
  ScriptedServer half({{read_request(), fakes::script::send("HTTP/1.1 200 OK\r\n"), stall()}});
  ScriptedServer drip(
      {{read_request(), send_slowly("HTTP/1.1 200 " + std::string(1000, 'H'), 1, 20ms)}});
  for (const std::string& url : {silent.url(), half.url(), drip.url(), silent.url("https")}) {
    HttpRequest request = get(url);
    request.timeout = 80ms;
    expect_error(send(std::move(request)), Errc::timeout, "within 80 ms");
  }
  HttpRequest upload = post(silent.url(), std::string(32 * 1024 * 1024, 'x'));
  upload.timeout = 80ms;
  expect_error(send(std::move(upload)), Errc::timeout);
}

TEST_F(ClientTest, GivesUpATlsHandshakeAtItsOwnLimit) {
  ScriptedServer silent({{stall()}});
  ClientOptions options;
  options.tls_handshake_timeout = 50ms;
  make_client(std::move(options));
  expect_error(send(get(silent.url("https"))), Errc::timeout, "TLS handshake within 50 ms");
}

TEST_F(ClientTest, UploadsToASlowReader) {
  const std::string body(4 * 1024 * 1024, 'x');
  const fakes::Step slow_start = [](fakes::Peer&) {
    std::this_thread::sleep_for(30ms);
    return true;
  };
  ScriptedServer server({{slow_start, read_request(), answer(202)}});
  const auto response = send(post(server.url(), body));
  ASSERT_TRUE(response) << response.error().message();
  const std::string request = server.requests().at(0);
  EXPECT_EQ(request.substr(request.find("\r\n\r\n") + 4), body);
}

TEST_F(ClientTest, PrefersAnEarlyAnswerToABrokenUpload) {
  const auto body = std::string(8 * 1024 * 1024, 'x');
  const fakes::Script closes = {read_head(), answer(413, "no")};
  const fakes::Script hangs = {read_head(), answer(413, "no"), stall()};
  for (const auto& script : {closes, hangs}) {
    ScriptedServer server({script});
    const auto answer = send(post(server.url(), body));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->status, 413);
    EXPECT_EQ(answer->body, "no");
  }
}

TEST_F(ClientTest, KeepsAConnectionForTheNextRequest) {
  ScriptedServer server({{forever({read_request(), answer(200, "x")})}});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(send(get(server.url())));
  EXPECT_EQ(server.connections(), 1u);
}

TEST_F(ClientTest, DoesNotKeepWhatCannotBeKept) {
  const std::string bodies[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
      "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nsurplus",
  };
  for (const std::string& bytes : bodies) {
    ScriptedServer server({{read_request(), fakes::script::send(bytes), stall()}});
    ASSERT_TRUE(send(get(server.url()))) << bytes;
    ASSERT_TRUE(send(get(server.url()))) << bytes;
    EXPECT_EQ(server.connections(), 2u) << bytes;
  }
}

TEST_F(ClientTest, ClosesKeptConnectionsByAgeIdleTimeAndNumber) {
  struct Row {
    int line;
    std::size_t per_origin;
    std::chrono::seconds idle;
    std::size_t connections;
  };
  const Row rows[] = {{__LINE__, 5, 90s, 1}, {__LINE__, 0, 90s, 2}, {__LINE__, 5, 0s, 2}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    ScriptedServer server({{forever({read_request(), answer(200)})}});
    ClientOptions options;
    options.idle_connections_per_origin = row.per_origin;
    options.idle_timeout = row.idle;
    make_client(std::move(options));
    ASSERT_TRUE(send(get(server.url())));
    ASSERT_TRUE(send(get(server.url())));
    EXPECT_EQ(server.connections(), row.connections);
  }
}

TEST_F(ClientTest, TriesAStaleKeptConnectionOnceMoreOnANewOne) {
  // The first connection dies while the second request is on its way.
  ScriptedServer server({{read_request(), answer(200, "1"), read_request(), reset()},
                         {read_request(), answer(200, "2")}});
  ASSERT_TRUE(send(post(server.url(), "a")));
  const auto second = send(post(server.url(), "b"));
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(second->body, "2");
  EXPECT_EQ(server.connections(), 2u);
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST_F(ClientTest, DoesNotRepeatARequestThatWasHalfAnswered) {
  ScriptedServer server(
      {{read_request(), answer(200), read_request(), fakes::script::send("HTTP/1.1 2"), reset()},
       {read_request(), answer(200)}});
  ASSERT_TRUE(send(get(server.url())));
  expect_error(send(get(server.url())), Errc::network);
  EXPECT_EQ(server.connections(), 1u);
}

TEST_F(ClientTest, NamesAPortNobodyListensOn) {
  std::uint16_t port = 0;
  {
    ScriptedServer gone({{stall()}});
    port = gone.port();
  }
  expect_error(send(get("http://127.0.0.1:" + std::to_string(port))), Errc::network,
               "Connection refused");
}

TEST_F(ClientTest, NamesAHostThatDoesNotResolve) {
  // RFC 6761: .invalid never resolves. Where the DNS server does not even answer, time runs out.
  HttpRequest request = get("http://host.invalid");
  request.timeout = 2s;
  const auto answer = send(std::move(request));
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().code() == Errc::network || answer.error().code() == Errc::timeout);
  EXPECT_NE(answer.error().message().find("look"), std::string::npos) << answer.error().message();
}

TEST_F(ClientTest, RefusesWhatWouldForgeAHeader) {
  HttpRequest request = get("http://127.0.0.1:1/");
  request.headers.emplace_back("DD-Api-Key", "secret\r\nX: y");
  const auto answer = send(std::move(request));
  expect_error(answer, Errc::invalid_config, "DD-Api-Key");
  EXPECT_EQ(answer.error().message().find("secret"), std::string::npos);
  HttpRequest target = get("http://127.0.0.1:1/");
  target.url.target = "/a b";
  expect_error(send(std::move(target)), Errc::invalid_config, "path");
}

TEST_F(ClientTest, ReturnsCancelledWhenItsCallerIs) {
  ScriptedServer silent({{read_request(), stall()}});
  make_client();
  asio::cancellation_signal signal;
  std::optional<Answer> answer;
  // A function of its own: a coroutine lambda must outlive its call.
  struct Task {
    static asio::awaitable<void> run(HttpClient& client, HttpRequest request,
                                     std::optional<Answer>& out) {
      out = co_await client.send(std::move(request));
    }
  };
  asio::co_spawn(io_, Task::run(*client_, get(silent.url()), answer),
                 asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
  while (silent.requests().empty()) io_.run_for(1ms);
  signal.emit(asio::cancellation_type::terminal);
  io_.restart();
  io_.run();
  ASSERT_TRUE(answer);
  expect_error(*answer, Errc::cancelled);
}

TEST_F(ClientTest, ShutdownAbortsWhatIsInFlightAndRefusesMore) {
  ScriptedServer silent({{read_request(), stall()}});
  make_client();
  std::optional<Answer> answer;
  asio::co_spawn(io_, client_->send(get(silent.url())),
                 [&](std::exception_ptr, Answer a) { answer = std::move(a); });
  while (silent.requests().empty()) io_.run_for(1ms);
  client_->shutdown();
  io_.restart();
  io_.run();
  ASSERT_TRUE(answer);
  expect_error(*answer, Errc::cancelled);
  expect_error(send(get(silent.url())), Errc::cancelled);
}

TEST_F(ClientTest, SendsTheUserOfTheUrlAsBasicCredentials) {
  ScriptedServer server({{read_request(), answer(200)}});
  ASSERT_TRUE(send(get("http://Aladdin:open%20sesame@127.0.0.1:" + std::to_string(server.port()))));
  EXPECT_NE(server.requests().at(0).find("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"),
            std::string::npos);
}

}  // namespace
}  // namespace remora::net
