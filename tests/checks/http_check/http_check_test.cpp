#include "remora/checks/http_check/http_check.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "checks/http/check_run.hpp"
#include "checks/http/odd_replies.hpp"
#include "fakes/scripted_server.hpp"

namespace remora::checks {
namespace {

using namespace fakes::script;
using fakes::Script;
using fakes::ScriptedServer;
using model::CheckStatus;
using model::Map;

class HttpCheckTest : public CheckRun {
 protected:
  HttpCheckTest()
      : CheckRun(kHttpCheck),
        bundle_(testing::TempDir() + "http_check_" + std::to_string(getpid()) + ".pem") {
    ca_.write_bundle(bundle_);
  }
  ~HttpCheckTest() override { std::remove(bundle_.c_str()); }

  static Map instance(const std::string& url, Map more = {}) {
    Map out{{"name", "My [web] site"}, {"url", url}};
    for (const model::MapEntry& entry : more.entries()) out.set(entry.key, entry.value);
    return out;
  }
  CheckStatus status(std::string_view name) const {
    const auto* check = sender_.check(name);
    EXPECT_NE(check, nullptr) << name;
    return check != nullptr ? check->status : CheckStatus::unknown;
  }
  std::string message(std::string_view name = "http.can_connect") const {
    const auto* check = sender_.check(name);
    return check != nullptr ? check->message : "";
  }
  std::string golden(const ScriptedServer& server, const std::string& scheme = "http") const {
    return sender_.golden({{"url:" + server.url(scheme), "url:URL"}});
  }

  fakes::TestCa ca_;
  std::string bundle_;
};

TEST_F(HttpCheckTest, MeasuresAServerThatAnswers) {
  ScriptedServer server({{read_request(), answer(200, "hello")}});
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(run(instance(server.url())));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(golden(server), fixture("http_check/up.txt"));
  EXPECT_EQ(sender_.value("network.http.can_connect"), 1);
  EXPECT_EQ(sender_.value("network.http.cant_connect"), 0);
  EXPECT_GT(sender_.value("network.http.response_time").value_or(0), 0);
  EXPECT_LT(sender_.value("network.http.response_time").value_or(9), took.count());
  EXPECT_EQ(message(), "");
}

TEST_F(HttpCheckTest, SaysDownWithoutFailingTheRun) {
  struct Row {
    int line;
    Script script;
    const char* word;
    std::size_t response_times;
  };
  const Row rows[] = {
      {__LINE__, {read_request(), answer(404, "x")}, "Expected 1xx or 2xx or 3xx, got 404.", 1},
      {__LINE__, {read_request(), stall()}, "Connection failed after ", 0},
      {__LINE__, {read_request()}, "Connection failed after ", 0},
      {__LINE__, {read_request(), fakes::script::send("garbage\r\n\r\n")}, "not valid HTTP", 0},
      {__LINE__, {read_request(), answer(302, "", "Location: /\r\n")}, "redirects", 0},
      {__LINE__,
       {read_request(), answer(302, "", "Location: http://169.254.170.2/v2\r\n")},
       "refused",
       0},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    ScriptedServer server(std::vector<Script>{row.script});
    EXPECT_TRUE(run(instance(server.url(), {{"timeout", 1}})));
    EXPECT_EQ(status("http.can_connect"), CheckStatus::critical);
    EXPECT_NE(message().find(row.word), std::string::npos) << message();
    EXPECT_EQ(sender_.value("network.http.can_connect"), 0);
    EXPECT_EQ(sender_.value("network.http.cant_connect"), 1);
    EXPECT_EQ(sender_.count("network.http.response_time"), row.response_times);
  }
}

TEST_F(HttpCheckTest, JudgesStatusAndContent) {
  struct Row {
    int line;
    Map options;
    int answered;
    CheckStatus status;
    const char* message;
  };
  const Row rows[] = {
      {__LINE__, {{"http_response_status_code", "40"}}, 404, CheckStatus::ok, ""},  // a prefix
      {__LINE__, {{"http_response_status_code", "04"}}, 404, CheckStatus::critical, "Expected 04"},
      {__LINE__, {{"http_response_status_code", 401}}, 401, CheckStatus::ok, ""},
      {__LINE__, {{"http_response_status_code", "5|4"}}, 404, CheckStatus::ok, ""},
      {__LINE__, {{"content_match", "h.llo"}}, 200, CheckStatus::ok, ""},
      {__LINE__,
       {{"content_match", "(?i)absent"}},
       200,
       CheckStatus::critical,
       "Content \"(?i)absent\" not found in response."},
      {__LINE__,
       {{"content_match", "hello"}, {"reverse_content_match", "true"}},
       200,
       CheckStatus::critical,
       "found in response with the reverse_content_match"},
      {__LINE__, {{"content_match", "x9"}, {"reverse_content_match", 1}}, 200, CheckStatus::ok, ""},
      {__LINE__, {{"include_content", true}}, 500, CheckStatus::critical, "\nContent: say hello"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    ScriptedServer server({{read_request(), answer(row.answered, "say hello")}});
    ASSERT_TRUE(run(instance(server.url(), row.options)));
    EXPECT_EQ(status("http.can_connect"), row.status);
    EXPECT_NE(message().find(row.message), std::string::npos) << message();
  }
}

TEST_F(HttpCheckTest, MatchesTheTextOfAPageInAnotherCharset) {
  struct Row {
    int line;
    const char *type, *body, *pattern;
    CheckStatus status;
    std::size_t warnings;
  };
  const Row rows[] = {
      {__LINE__, "text/html; charset=ISO-8859-1", "caf\xe9", "caf\u00e9$", CheckStatus::ok, 0},
      {__LINE__, "text/html; x=y; Charset = \"latin1\"", "caf\xe9", "caf\u00e9", CheckStatus::ok,
       0},
      {__LINE__, "text/html; charset=windows-1252", "5 \x80", "5 \u20ac", CheckStatus::ok, 0},
      {__LINE__, "text/html; charset=iso-8859-15", "5 \xa4", "5 \u20ac", CheckStatus::ok, 0},
      {__LINE__, "text/html; charset=utf-8", "caf\xc3\xa9", "caf\u00e9", CheckStatus::ok, 0},
      {__LINE__, "text/html", "caf\xc3\xa9", "caf\u00e9", CheckStatus::ok, 0},
      {__LINE__, "text/html", "\xef\xbb\xbfok", "^ok$", CheckStatus::ok, 0},
      // The mark says more than the header.
      {__LINE__, "text/html; charset=latin1",
       "\xef\xbb\xbf"
       "caf\xc3\xa9",
       "^caf\u00e9$", CheckStatus::ok, 0},
      {__LINE__, "text/html; charset=latin1", "\xef\xbb", "^\u00ef\u00bb$", CheckStatus::ok, 0},
      {__LINE__, "text/html; charset=koi8-r", "ok", "^ok$", CheckStatus::ok, 1},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    const std::string type = std::string("Content-Type: ") + row.type + "\r\n";
    ScriptedServer server({{read_request(), answer(200, row.body, type)}});
    ASSERT_TRUE(run(instance(server.url(), {{"content_match", row.pattern}})));
    EXPECT_EQ(status("http.can_connect"), row.status) << message();
    EXPECT_EQ(sender_.warnings.size(), row.warnings);
  }
  EXPECT_NE(sender_.warnings.at(0).find("`koi8-r`"), std::string::npos);
}

TEST_F(HttpCheckTest, IsUpForWhateverOtherClientsTakeForAnAnswer) {
  for (const OddReply& reply : odd_replies("all is well")) {
    SCOPED_TRACE(reply.what);
    ScriptedServer server({{read_request(), fakes::script::send(reply.bytes)}});
    ASSERT_TRUE(run(instance(server.url())));
    EXPECT_EQ(status("http.can_connect"), CheckStatus::ok) << message();
    if (reply.bytes.find(" 204") != std::string::npos) continue;
    ASSERT_TRUE(run(instance(server.url(), {{"content_match", "^all is well"}})));
    EXPECT_EQ(status("http.can_connect"), CheckStatus::ok) << message();
  }
}

TEST_F(HttpCheckTest, SaysTheStatusOfAnOddReply) {
  for (const char* reply :
       {"HTTP/1.1 503\r\n\r\n", "HTTP/1.1 503 \nServer : x\n\nbusy",
        "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Encoding: br\r\n\r\nx"}) {
    ScriptedServer server({{read_request(), fakes::script::send(reply)}});
    ASSERT_TRUE(run(instance(server.url(), {{"content_match", "x"}})));
    EXPECT_NE(message().find("got 503."), std::string::npos) << message();
  }
}

// A coding that nobody can read here says nothing about whether the server is up.
TEST_F(HttpCheckTest, NeedsToReadABodyOnlyToMatchItsContent) {
  for (const char* coding : {"br", "zstd", "gzip"}) {  // the last one is a lie
    SCOPED_TRACE(coding);
    const std::string field = "Content-Encoding: " + std::string(coding) + "\r\n";
    ScriptedServer server({{read_request(), answer(200, "say hello", field)}});
    ASSERT_TRUE(run(instance(server.url())));
    EXPECT_EQ(status("http.can_connect"), CheckStatus::ok) << message();
    ASSERT_TRUE(run(instance(server.url(), {{"include_content", true}})));
    EXPECT_EQ(status("http.can_connect"), CheckStatus::ok) << message();
    ASSERT_TRUE(run(instance(server.url(), {{"content_match", "hello"}})));
    EXPECT_EQ(status("http.can_connect"), CheckStatus::critical);
    EXPECT_NE(message().find("cannot be looked for: "), std::string::npos) << message();
    EXPECT_NE(message().find("Content-Encoding"), std::string::npos) << message();
  }
}

TEST_F(HttpCheckTest, IsUpWhenTheConnectionEndsThePageWithoutACloseNotify) {
  ScriptedServer server({{tls(ca_.issue("127.0.0.1")), read_request(),
                          fakes::script::send("HTTP/1.0 200 OK\r\n\r\nsay hello"),
                          [](fakes::Peer& p) { return ::shutdown(p.fd(), SHUT_RDWR) != 0; }}});
  ASSERT_TRUE(run(instance(server.url("https"), {{"check_certificate_expiration", false},
                                                 {"content_match", "hello$"}})));
  EXPECT_EQ(status("http.can_connect"), CheckStatus::ok) << message();
}

TEST_F(HttpCheckTest, ALargePageIsUpUnlessItHasToBeKept) {
  const fakes::Step megabytes = [](fakes::Peer& p) {
    const std::string piece(1 << 20, 'x');
    for (int i = 0; i < 100; ++i) {
      if (!p.send(piece)) return false;
    }
    return true;
  };
  ScriptedServer server(
      {{read_request(), fakes::script::send("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n"),
        megabytes}});
  ASSERT_TRUE(run(instance(server.url())));
  EXPECT_EQ(status("http.can_connect"), CheckStatus::ok) << message();
  ASSERT_TRUE(run(instance(server.url(), {{"content_match", "x"}})));
  EXPECT_EQ(status("http.can_connect"), CheckStatus::critical);
  EXPECT_NE(message().find("Connection failed after "), std::string::npos) << message();
}

TEST_F(HttpCheckTest, CutsALongMessage) {
  ScriptedServer server({{read_request(), answer(500, std::string(100'000, 'x'))}});
  ASSERT_TRUE(run(instance(server.url(), {{"include_content", true}})));
  EXPECT_EQ(message().size(), 2500u);
}

TEST_F(HttpCheckTest, SendsMethodsDataAndHeaders) {
  ScriptedServer server({{read_request(), answer(200)}});
  ASSERT_TRUE(run(instance(server.url(), {{"method", "post"}, {"data", Map{{"a", 1}}}})));
  EXPECT_TRUE(server.requests().at(0).starts_with("POST / "));
  EXPECT_TRUE(server.requests().at(0).ends_with("\r\n\r\n{\"a\":1}"));
  EXPECT_NE(server.requests().at(0).find("Content-Type: application/x-www-form-urlencoded\r\n"),
            std::string::npos);
  ASSERT_TRUE(run(instance(
      server.url(),
      {{"method", "PATCH"}, {"data", "raw"}, {"headers", Map{{"content-type", "text/x"}}}})));
  EXPECT_TRUE(server.requests().at(1).ends_with("\r\n\r\nraw"));
  EXPECT_EQ(server.requests().at(1).find("urlencoded"), std::string::npos);
  ASSERT_TRUE(run(instance(server.url(), {{"method", "head"},
                                          {"include_default_headers", false},
                                          {"extra_headers", Map{{"X-Only", "1"}}}})));
  EXPECT_TRUE(server.requests().at(2).starts_with("HEAD / "));
  EXPECT_EQ(server.requests().at(2).find("Accept:"), std::string::npos);
  EXPECT_NE(server.requests().at(2).find("X-Only: 1\r\n"), std::string::npos);
}

TEST_F(HttpCheckTest, FollowsARedirectUnlessToldNotTo) {
  ScriptedServer server({{read_request(), answer(302, "", "Location: /end\r\n")},
                         {read_request(), answer(404)},
                         {read_request(), answer(302, "", "Location: /end\r\n")}});
  ASSERT_TRUE(run(instance(server.url())));
  EXPECT_EQ(status("http.can_connect"), CheckStatus::critical);
  ASSERT_TRUE(run(instance(server.url(), {{"allow_redirects", false}})));
  EXPECT_EQ(status("http.can_connect"), CheckStatus::ok);
}

TEST_F(HttpCheckTest, WatchesTheEndOfTheCertificate) {
  // The test's certificates end in a day.
  struct Row {
    int line;
    fakes::TestCertificate identity;
    Map options;
    CheckStatus connect, certificate;
    int days;  // -100: not sent
  };
  const auto good = ca_.issue("127.0.0.1");
  const Map trust{{"tls_ca_cert", bundle_}};
  const auto with = [&](Map more) {
    more.set("tls_ca_cert", bundle_);
    return more;
  };
  const auto ok = CheckStatus::ok, critical = CheckStatus::critical;
  const Row rows[] = {
      {__LINE__, good, trust, ok, critical, 0},
      {__LINE__, good, with({{"seconds_critical", 10}}), ok, CheckStatus::warning, 0},
      {__LINE__, good, with({{"seconds_critical", 10}, {"seconds_warning", "20"}}), ok, ok, 0},
      {__LINE__, good, with({{"use_cert_from_response", true}}), ok, critical, 0},
      // Nobody said whom to trust: the request does not ask, the certificate's end does.
      {__LINE__, good, {}, ok, CheckStatus::unknown, -100},
      {__LINE__, good, {{"tls_verify", true}}, critical, CheckStatus::unknown, -100},
      {__LINE__, good, {{"tls_verify", false}}, ok, CheckStatus::unknown, -100},
      {__LINE__,
       good,
       {{"tls_verify", false}, {"tls_retrieve_non_validated_cert", true}, {"seconds_critical", 9}},
       ok,
       CheckStatus::warning,
       0},
      {__LINE__, ca_.issue("127.0.0.1", fakes::Validity::expired), trust, critical, critical, 0},
      {__LINE__,
       ca_.issue("127.0.0.1", fakes::Validity::expired),
       {{"tls_verify", false}, {"tls_retrieve_non_validated_cert", true}},
       ok,
       critical,
       -2},
      {__LINE__, ca_.issue("other.example"),
       with({{"ssl_server_name", "other.example"}, {"seconds_critical", 9}}), critical,
       CheckStatus::warning, 0},
      {__LINE__, ca_.issue("other.example"), with({{"check_hostname", false}}), ok, critical, 0},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    ScriptedServer server({{tls(row.identity), read_request(), answer(200)}});
    ASSERT_TRUE(run(instance(server.url("https"), row.options)));
    EXPECT_EQ(status("http.can_connect"), row.connect) << message();
    EXPECT_EQ(status("http.ssl_cert"), row.certificate) << message("http.ssl_cert");
    EXPECT_EQ(sender_.value("http.ssl.days_left").value_or(-100), row.days);
    EXPECT_EQ(sender_.count("http.ssl.seconds_left"), row.days == -100 ? 0u : 1u);
  }
}

TEST_F(HttpCheckTest, ACertificateMayEndInTheYear9999) {
  const auto endless = ca_.issue("127.0.0.1", fakes::Validity::endless);
  for (const bool from_response : {false, true}) {
    ScriptedServer server({{tls(endless), read_request(), answer(200)}});
    ASSERT_TRUE(run(instance(server.url("https"), {{"tls_ca_cert", bundle_},
                                                   {"use_cert_from_response", from_response}})));
    EXPECT_EQ(status("http.ssl_cert"), CheckStatus::ok) << message("http.ssl_cert");
    const double days = sender_.value("http.ssl.days_left").value_or(0);
    EXPECT_GT(days, 2'800'000);
    EXPECT_LT(days, 2'920'000);
    EXPECT_EQ(std::floor(sender_.value("http.ssl.seconds_left").value_or(0) / 86400), days);
  }
}

TEST_F(HttpCheckTest, HasTheGoldenMetricsOfHttps) {
  ScriptedServer server({{tls(ca_.issue("127.0.0.1")), read_request(), answer(200)}});
  const Map options{{"tls_ca_cert", bundle_}, {"seconds_warning", 2}, {"seconds_critical", 1}};
  ASSERT_TRUE(run(instance(server.url("https"), options)));
  EXPECT_EQ(golden(server, "https"), fixture("http_check/https.txt"));
  const double seconds = sender_.value("http.ssl.seconds_left").value_or(0);
  EXPECT_NEAR(seconds, 86'400, 120);
  Map off = options;
  off.set("check_certificate_expiration", false);
  ASSERT_TRUE(run(instance(server.url("https"), off)));
  EXPECT_EQ(sender_.service_checks.size(), 1u);
}

TEST_F(HttpCheckTest, LeavesTheUrlToAnInstanceTag) {
  ScriptedServer server({{read_request(), answer(200)}});
  const model::Value::List tags{model::Value("url:mine")};
  ASSERT_TRUE(run(instance(server.url(), {{"tags", tags}})));
  EXPECT_EQ(sender_.check("http.can_connect")->tags,
            (std::vector<std::string>{"instance:My_web_site"}));
  EXPECT_EQ(sender_.find("network.http.can_connect")->tags.size(), 2u);
}

TEST_F(HttpCheckTest, RefusesWhatItCannotDo) {
  const std::string url = "http://localhost/";
  expect_refused({{"url", url}}, Errc::invalid_config, "name");
  expect_refused({{"name", "x"}}, Errc::invalid_config, "url");
  expect_refused(instance("ftp://x"), Errc::invalid_config, "url");
  expect_refused(instance(url, {{"method", "trace"}}), Errc::invalid_config, "method");
  expect_refused(instance(url, {{"content_match", "(?=x)"}}), Errc::invalid_config,
                 "content_match");
  expect_refused(instance(url, {{"http_response_status_code", "(2"}}), Errc::invalid_config,
                 "http_response_status_code");
  expect_refused(instance(url, {{"auth_type", "ntlm"}}), Errc::unsupported, "auth_type");
}

}  // namespace
}  // namespace remora::checks
