#include "remora/checks/nginx/nginx.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <cstdlib>
#include <map>

#include "checks/http/check_run.hpp"
#include "checks/http/odd_replies.hpp"
#include "fakes/nginx_server.hpp"
#include "fakes/scripted_server.hpp"

namespace remora::checks {
namespace {

using namespace fakes::script;
using fakes::Script;
using fakes::ScriptedServer;
using model::Map;

constexpr const char* kJson = "Content-Type: application/json\r\nServer: nginx/1.25.3\r\n";
constexpr const char* kPage =
    "Active connections: 291 \nserver accepts handled requests\n 16630948 16630940 31070465 \n"
    "Reading: 6 Writing: 179 Waiting: 106 \n";

class NginxTest : public CheckRun {
 protected:
  NginxTest() : CheckRun(kNginx) {}
  std::string golden(std::uint16_t port) const {
    return sender_.golden({{"port:" + std::to_string(port), "port:PORT"}});
  }
  std::string fact(std::string_view key) const {
    for (const auto& [name, value] : sender_.facts) {
      if (name == key) return value;
    }
    return {};
  }
};

// Answers each path with its page, 404 for the others.
Script pages(std::map<std::string, std::string> by_path) {
  return {[by_path](fakes::Peer& p) {
    while (p.pending.find("\r\n\r\n") == std::string::npos) {
      if (!p.receive()) return false;
    }
    const std::size_t end = p.pending.find(' ', 4);
    const std::string path = p.pending.substr(4, end - 4);
    p.record(path);
    const auto page = by_path.find(path);
    const std::string body = page != by_path.end() ? page->second : "{}";
    return p.send("HTTP/1.1 " + std::string(page != by_path.end() ? "200" : "404") + " X\r\n" +
                  kJson + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }};
}

// What is in a token file goes to the server that the label names.
TEST_F(NginxTest, OfALabelReadsNoFileOutsideTheAllowedFolders) {
  files_ = {true, {"/etc/ssl/certs"}};
  for (const char* path : {"/proc/self/environ", "/etc/ssl/certs/../../hostname", "/dev/zero"}) {
    ScriptedServer server({{read_request(), answer(200, kPage)}});
    const Map reader{{"type", "file"}, {"path", path}}, writer{{"type", "header"}, {"name", "X"}};
    const auto ran = run({{"nginx_status_url", server.url()},
                          {"auth_token", Map{{"reader", reader}, {"writer", writer}}}});
    ASSERT_FALSE(ran) << path;
    EXPECT_TRUE(server.requests().empty()) << path;
  }
}

TEST_F(NginxTest, ReadsAStubStatusPage) {
  ScriptedServer server({{read_request(), answer(200, kPage, "Server: nginx/1.22.1\r\n")}});
  ASSERT_TRUE(run({{"nginx_status_url", server.url() + "/nginx_status"}}));
  EXPECT_EQ(golden(server.port()), fixture("nginx/stub_status.txt"));
  EXPECT_EQ(sender_.value("net.connections"), 291);
  EXPECT_EQ(sender_.value("net.conn_opened_per_s"), 16630948);
  EXPECT_EQ(sender_.value("net.conn_dropped_per_s"), 8);
  EXPECT_EQ(sender_.value("net.request_per_s"), 31070465);
  EXPECT_EQ(sender_.value("net.reading"), 6);
  EXPECT_EQ(sender_.value("net.writing"), 179);
  EXPECT_EQ(sender_.value("net.waiting"), 106);
  EXPECT_EQ(fact("version"), "1.22.1");
}

// Tengine adds a column; the three rates were lost with it.
TEST_F(NginxTest, ReadsAPageWithMoreColumns) {
  const char* const pages[] = {
      "Active connections: 2 \nserver accepts handled requests request_time\n 21 20 50 5000\n"
      "Reading: 0 Writing: 1 Waiting: 1 \n",
      "Active connections: 2 \r\nserver request_time accepts handled requests\r\n 1.5 21 20 50\r\n"
      "Reading: 0 Writing: 1 Waiting: 1 \r\n",
      "\xef\xbb\xbf"
      "Active connections: 2 \n 21 20 50 \nReading: 0 Writing: 1 Waiting: 1 \n",
  };
  for (const char* page : pages) {
    SCOPED_TRACE(page);
    ScriptedServer server({{read_request(), answer(200, page)}});
    ASSERT_TRUE(run({{"nginx_status_url", server.url() + "/nginx_status"}}));
    EXPECT_EQ(sender_.value("net.connections"), 2);
    EXPECT_EQ(sender_.value("net.conn_opened_per_s"), 21);
    EXPECT_EQ(sender_.value("net.conn_dropped_per_s"), 1);
    EXPECT_EQ(sender_.value("net.request_per_s"), 50);
    EXPECT_EQ(sender_.value("net.reading"), 0);
    EXPECT_EQ(sender_.value("net.writing"), 1);
    EXPECT_EQ(sender_.value("net.waiting"), 1);
    EXPECT_TRUE(sender_.warnings.empty());
  }
}

TEST_F(NginxTest, SaysWhichPartOfThePageIsMissing) {
  ScriptedServer server({{read_request(), answer(200,
                                                 "Active connections: 2 \n"
                                                 "server accepts handled requests\n 21 x 50\n"
                                                 "Reading: 0 Writing: 1\n")}});
  ASSERT_TRUE(run({{"nginx_status_url", server.url() + "/nginx_status"}}));
  EXPECT_EQ(sender_.value("net.connections"), 2);
  EXPECT_EQ(sender_.count("net.request_per_s"), 0u);
  ASSERT_EQ(sender_.warnings.size(), 1u);
  EXPECT_EQ(sender_.warnings[0],
            "the status page lacks the numbers of `server accepts handled requests`, `Waiting:`: "
            "metrics are missing");
}

TEST_F(NginxTest, ReadsAPageBehindAnOddHead) {
  for (const OddReply& reply : odd_replies(kPage)) {
    if (reply.bytes.find(" 204") != std::string::npos) continue;
    SCOPED_TRACE(reply.what);
    ScriptedServer server({{read_request(), fakes::script::send(reply.bytes)}});
    const auto done = run({{"nginx_status_url", server.url() + "/nginx_status"}});
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(sender_.value("net.waiting"), 106);
  }
}

TEST_F(NginxTest, SaysTheStatusOfAPageItCannotDecode) {
  ScriptedServer server({{read_request(), answer(403, "x", "Content-Encoding: br\r\n")}});
  const auto refused = run({{"nginx_status_url", server.url()}});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("status 403"), std::string::npos)
      << refused.error().message();
  ScriptedServer coded({{read_request(), answer(200, "x", "Content-Encoding: br\r\n")}});
  const auto unread = run({{"nginx_status_url", coded.url()}});
  ASSERT_FALSE(unread);
  EXPECT_EQ(unread.error().code(), Errc::unsupported);
}

TEST_F(NginxTest, FailsWithACriticalCheckAndItsReason) {
  const fakes::Step megabytes = [](fakes::Peer& p) {
    const std::string piece(1 << 20, 'x');
    for (int i = 0; i < 100; ++i) {
      if (!p.send(piece)) return false;
    }
    return true;
  };
  struct Row {
    int line;
    Script script;
    Errc code;
  };
  const Row rows[] = {
      {__LINE__, {read_request(), answer(403, "denied")}, Errc::http_status},
      {__LINE__, {read_request(), answer(500)}, Errc::http_status},
      {__LINE__, {read_request(), stall()}, Errc::timeout},
      {__LINE__, {read_request()}, Errc::network},
      {__LINE__, {read_request(), fakes::script::send("garbage\r\n\r\n")}, Errc::malformed_payload},
      {__LINE__,
       {read_request(), fakes::script::send("HTTP/1.1 200 OK\r\n\r\n"), megabytes},
       Errc::too_large},
      {__LINE__, {read_request(), answer(302, "", "Location: /\r\n")}, Errc::network},
      {__LINE__,
       {read_request(), answer(302, "", "Location: http://169.254.170.2/\r\n")},
       Errc::unauthorized},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    ScriptedServer server(std::vector<Script>{row.script});
    const auto done = run({{"nginx_status_url", server.url()}, {"timeout", 1}});
    ASSERT_FALSE(done);
    EXPECT_EQ(to_string(done.error().code()), to_string(row.code)) << done.error().message();
    ASSERT_EQ(sender_.service_checks.size(), 1u);
    EXPECT_EQ(sender_.service_checks[0].status, model::CheckStatus::critical);
    EXPECT_EQ(sender_.service_checks[0].message, done.error().message());
    EXPECT_TRUE(sender_.values.empty());
  }
}

TEST_F(NginxTest, NamesAPageThatIsNoStatus) {
  ScriptedServer server({{read_request(), answer(200, "<html>Welcome to nginx!</html>")}});
  const auto done = run({{"nginx_status_url", server.url()}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::malformed_payload);
  EXPECT_EQ(sender_.service_checks[0].status, model::CheckStatus::ok);
  ScriptedServer json({{read_request(), answer(200, "{broken", kJson)}});
  EXPECT_FALSE(run({{"nginx_status_url", json.url()}}));
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  ScriptedServer nested({{read_request(), answer(200, deep, kJson)}});
  EXPECT_FALSE(run({{"nginx_status_url", nested.url()}}));
}

TEST_F(NginxTest, QueriesTheEndpointsOfThePlusApi) {
  const std::map<std::string, std::string> api = {
      {"/api/7", R"(["nginx","processes","connections","ssl","slabs","http","stream"])"},
      {"/api/7/http", R"(["requests","server_zones","upstreams","location_zones"])"},
      {"/api/7/stream", R"(["server_zones","zone_sync"])"},
      {"/api/7/nginx", fixture("nginx/plus_nginx.json")},
      {"/api/7/processes", R"({"respawned":2})"},
      {"/api/7/connections", R"({"accepted":4968,"dropped":1,"active":5,"idle":117})"},
      {"/api/7/ssl", R"({"handshakes":79572,"handshakes_failed":21025,"session_reuses":15762})"},
      {"/api/7/slabs",
       R"({"zone_one":{"pages":{"used":2,"free":60},"slots":{"8":{"used":1,"free":503,"reqs":5,"fails":0}}}})"},
      {"/api/7/http/requests", R"({"total":10624511,"current":4})"},
      {"/api/7/http/server_zones", fixture("nginx/plus_server_zones.json")},
      {"/api/7/http/upstreams", fixture("nginx/plus_upstreams.json")},
      {"/api/7/http/location_zones", fixture("nginx/plus_server_zones.json")},
      {"/api/7/stream/server_zones",
       R"({"tcp":{"processing":0,"connections":150,"sessions":{"2xx":149,"4xx":1,"5xx":0,"total":150},"discarded":0,"received":7,"sent":8}})"},
      {"/api/7/stream/zone_sync",
       R"({"zones":{"z":{"records_total":3,"records_pending":1}},"status":{"bytes_in":1,"msgs_in":2,"nodes_online":3}})"},
  };
  ScriptedServer server({pages(api)});
  const Map instance{{"nginx_status_url", server.url() + "/api/"},
                     {"use_plus_api", "true"},
                     {"plus_api_version", "7"}};
  ASSERT_TRUE(run(instance));
  EXPECT_EQ(golden(server.port()), fixture("nginx/plus.txt"));
  EXPECT_EQ(server.connections(), 18u);
  EXPECT_EQ(fact("version"), "1.25.3");
  EXPECT_EQ(sender_.value("upstream.peers.active", "server:10.0.0.2:8080"), 3);
  EXPECT_EQ(sender_.value("upstream.peers.response_time_histogram", "server:10.0.0.1:8080"), 36);
  EXPECT_EQ(sender_.value("load_timestamp"), 1540290413);  // 2018-10-23T10:26:53.123Z
  EXPECT_TRUE(sender_.warnings.empty());

  Map enabled = instance;
  enabled.set("only_query_enabled_endpoints", true);
  ScriptedServer asked({pages(api)});
  enabled.set("nginx_status_url", asked.url() + "/api");
  ASSERT_TRUE(run(enabled));
  EXPECT_EQ(golden(asked.port()), fixture("nginx/plus.txt"));
  EXPECT_EQ(asked.connections(), 14u);

  Map no_stream = instance;
  no_stream.set("use_plus_api_stream", false);
  ASSERT_TRUE(run(no_stream));
  EXPECT_EQ(sender_.count("stream.server_zone.connections"), 0u);
}

TEST_F(NginxTest, TranslatesVts) {
  ScriptedServer server({{read_request(), answer(200, fixture("nginx/vts.json"), kJson)}});
  ASSERT_TRUE(run({{"nginx_status_url", server.url() + "/vts"}, {"use_vts", true}}));
  EXPECT_EQ(golden(server.port()), fixture("nginx/vts.txt"));
  EXPECT_EQ(sender_.value("net.conn_dropped_per_s"), 2);
  EXPECT_EQ(sender_.value("net.request_per_s"), 1500);
  EXPECT_EQ(sender_.value("server_zone.requests", "server_zone:example.com"), 80);
  EXPECT_EQ(sender_.value("upstream.peers.weight", "server:10.0.0.1:80"), 2);
}

TEST_F(NginxTest, SaysNothingOfAServerWhenTheRunIsEnded) {
  ScriptedServer server({{read_request(), stall()}});
  make({{"nginx_status_url", server.url()}});
  asio::cancellation_signal signal;
  bool ended = false;
  asio::co_spawn(io_, check_->run(sender_),
                 asio::bind_cancellation_slot(
                     signal.slot(), [&](std::exception_ptr, Result<void>) { ended = true; }));
  while (server.requests().empty()) io_.poll_one();
  signal.emit(asio::cancellation_type::terminal);
  while (!ended) io_.run_one();
  EXPECT_TRUE(sender_.service_checks.empty());
}

TEST_F(NginxTest, SaysPort80UnlessTheUrlSaysMore) {
  struct Row {
    const char* url;
    const char* tag;
  };
  const Row rows[] = {{"http://localhost/s", "port:80"}, {"http://127.0.0.1:1/s", "port:1"}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.url);
    make({{"nginx_status_url", row.url}, {"timeout", 1}});
    (void)run();
    ASSERT_EQ(sender_.service_checks.size(), 1u);
    EXPECT_EQ(sender_.service_checks[0].tags[1], row.tag);
  }
}

TEST_F(NginxTest, RefusesWhatItCannotDo) {
  expect_refused({}, Errc::invalid_config, "nginx_status_url");
  expect_refused({{"nginx_status_url", "localhost/x"}}, Errc::invalid_config, "nginx_status_url");
  const Map base{{"nginx_status_url", "http://localhost/x"}};
  Map kerberos = base, version = base, wrong = base;
  kerberos.set("auth_type", "kerberos");
  expect_refused(kerberos, Errc::unsupported, "auth_type");
  version.set("plus_api_version", 0);
  expect_refused(version, Errc::invalid_config, "plus_api_version");
  wrong.set("plus_api_version", "two");
  expect_refused(wrong, Errc::invalid_config, "plus_api_version");
  EXPECT_TRUE(kNginx.both_tag_forms);
}

class RealNginx : public NginxTest {
 protected:
  void SetUp() override {
    if (fakes::NginxServer::installed()) return;
    if (std::getenv("CI") != nullptr) FAIL() << "no nginx: install the package nginx-light";
    GTEST_SKIP() << "SKIPPED checks_http: no nginx (Debian package nginx-light)";
  }
};

TEST_F(RealNginx, HasTheGoldenMetrics) {
  fakes::NginxServer nginx("location = /nginx_status { stub_status; }");
  make({{"nginx_status_url", nginx.url() + "/nginx_status"}});
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(run());
    EXPECT_EQ(golden(nginx.port()), fixture("nginx/stub_status.txt"));
    EXPECT_EQ(sender_.value("net.request_per_s"), i);
    EXPECT_EQ(sender_.value("net.conn_dropped_per_s"), 0);
    EXPECT_EQ(sender_.value("net.writing"), 1);
    EXPECT_TRUE(fact("version").starts_with("1.")) << fact("version");
  }
}

TEST_F(RealNginx, AProxyOfSeveralBackendsHasTheSameSet) {
  fakes::NginxServer one("location / { return 200 one; }"), two("location / { return 200 two; }");
  const std::string ports[] = {std::to_string(one.port()), std::to_string(two.port())};
  fakes::NginxServer::Parts parts;
  parts.http =
      "upstream all { server 127.0.0.1:" + ports[0] + "; server 127.0.0.1:" + ports[1] + "; }";
  parts.server = "location = /nginx_status { stub_status; }\nlocation / { proxy_pass http://all; }";
  fakes::NginxServer proxy(parts);
  for (int i = 0; i < 4; ++i) {
    CheckHttpRequest request;
    request.url = proxy.url() + "/";
    const auto answer = fakes::run(
        io_, http_->send(std::make_shared<const CheckHttpOptions>(), std::move(request)));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->body, i % 2 == 0 ? "one" : "two");
  }
  ASSERT_TRUE(run({{"nginx_status_url", proxy.url() + "/nginx_status"}}));
  EXPECT_EQ(golden(proxy.port()), fixture("nginx/stub_status.txt"));
  EXPECT_EQ(sender_.value("net.request_per_s"), 5);  // its backends' are not counted
}

TEST_F(RealNginx, IsDeniedOrDown) {
  fakes::NginxServer nginx(
      "server_tokens off; location = /nginx_status { stub_status; deny all; } location = /open { "
      "stub_status; }");
  auto done = run({{"nginx_status_url", nginx.url() + "/nginx_status"}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(), nginx.url() + "/nginx_status: status 403");
  EXPECT_EQ(sender_.check("can_connect")->status, model::CheckStatus::critical);
  ASSERT_TRUE(run({{"nginx_status_url", nginx.url() + "/open"}}));
  EXPECT_EQ(fact("version"), "");
  nginx.stop();
  done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::network);
  EXPECT_EQ(sender_.check("can_connect")->status, model::CheckStatus::critical);
}

}  // namespace
}  // namespace remora::checks
