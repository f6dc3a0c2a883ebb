// http_check against nginx itself: plain, as a proxy of several backends, and with the certificates
// that servers have when something is wrong.
#include <gtest/gtest.h>

#include <cstdlib>

#include "checks/http/check_run.hpp"
#include "fakes/free_port.hpp"
#include "fakes/nginx_server.hpp"
#include "fakes/temporary_directory.hpp"
#include "fakes/test_certificate.hpp"
#include "remora/checks/http_check/http_check.hpp"

namespace remora::checks {
namespace {

using fakes::NginxServer;
using model::CheckStatus;
using model::Map;

class HttpCheckReal : public CheckRun {
 protected:
  HttpCheckReal() : CheckRun(kHttpCheck) { ca_.write_bundle(bundle_); }
  void SetUp() override {
    if (NginxServer::installed()) return;
    if (std::getenv("CI") != nullptr) FAIL() << "no nginx: install the package nginx-light";
    GTEST_SKIP() << "SKIPPED checks_http: no nginx (Debian package nginx-light)";
  }

  /// One run against `url` with these options.
  void check(const std::string& url, Map more = {}) {
    Map instance{{"name", "My [web] site"}, {"url", url}};
    for (const model::MapEntry& entry : more.entries()) instance.set(entry.key, entry.value);
    const auto done = run(std::move(instance));
    ASSERT_TRUE(done) << done.error().message();
  }
  void check(const NginxServer& nginx, const std::string& path, Map more = {}) {
    check(nginx.url() + path, std::move(more));
  }
  CheckStatus status(std::string_view name = "http.can_connect") const {
    const auto* found = sender_.check(name);
    EXPECT_NE(found, nullptr) << name;
    return found != nullptr ? found->status : CheckStatus::unknown;
  }
  std::string message(std::string_view name = "http.can_connect") const {
    const auto* found = sender_.check(name);
    return found != nullptr ? found->message : "";
  }
  void expect_golden(const std::string& url, const std::string& name) const {
    EXPECT_EQ(sender_.golden({{"url:" + url, "url:URL"}}), fixture("http_check/" + name));
  }
  /// What the server shows, as files of nginx.
  std::string files_of(const fakes::TestCertificate& identity) const {
    fakes::write_files(identity, directory_.path("tls"));
    return directory_.path("tls");
  }

  fakes::TemporaryDirectory directory_;
  fakes::TestCa ca_;
  std::string bundle_ = directory_.path("ca.pem");
};

TEST_F(HttpCheckReal, UpAndDownHaveTheirGoldenSets) {
  NginxServer nginx("location / { return 200 hello; }");
  check(nginx, "/");
  expect_golden(nginx.url() + "/", "up.txt");
  check(nginx, "/", {{"collect_response_time", false}});
  EXPECT_EQ(sender_.values.size(), 2u);
  nginx.stop();
  check(nginx, "/");
  expect_golden(nginx.url() + "/", "down.txt");
  EXPECT_NE(message().find("refused. Connection failed after "), std::string::npos) << message();
}

TEST_F(HttpCheckReal, StatusMethodsContentAndRedirects) {
  NginxServer nginx(
      "location /read { limit_except GET { deny all; } return 200 \"version 7.1\"; }\n"
      "location /gone { return 410; }\n"
      "location /old { return 301 /read; }\n"
      "location /circle { return 302 /circle; }\n"
      "location /metadata { return 302 http://169.254.170.2/v2/credentials; }\n"
      "location /post { if ($request_method != POST) { return 405; } return 201; }");
  struct Row {
    int line;
    const char* path;
    Map options;
    CheckStatus status;
    const char* word;
  };
  const auto ok = CheckStatus::ok, critical = CheckStatus::critical;
  const Row rows[] = {
      {__LINE__, "/read", {}, ok, ""},
      {__LINE__, "/read", {{"method", "head"}}, ok, ""},
      {__LINE__, "/read", {{"method", "DELETE"}}, critical, "got 403."},
      {__LINE__, "/post", {{"method", "post"}, {"data", "a=1"}}, ok, ""},
      {__LINE__, "/post", {}, critical, "got 405."},
      {__LINE__, "/gone", {}, critical, "Expected 1xx or 2xx or 3xx, got 410."},
      {__LINE__, "/gone", {{"http_response_status_code", "4"}}, ok, ""},
      {__LINE__, "/read", {{"content_match", R"(version \d+\.\d)"}}, ok, ""},
      {__LINE__, "/read", {{"content_match", "^7"}}, critical, "not found in response"},
      {__LINE__, "/old", {{"content_match", "version"}}, ok, ""},
      {__LINE__,
       "/old",
       {{"content_match", "version"}, {"allow_redirects", false}},
       critical,
       "not found"},
      {__LINE__, "/circle", {}, critical, "redirects"},
      {__LINE__, "/circle", {{"allow_redirects", false}}, ok, ""},
      {__LINE__, "/metadata", {}, critical, "refused"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    check(nginx, row.path, row.options);
    EXPECT_EQ(status(), row.status) << message();
    EXPECT_NE(message().find(row.word), std::string::npos) << message();
    EXPECT_EQ(sender_.value("network.http.can_connect"), row.status == ok ? 1 : 0);
  }
}

TEST_F(HttpCheckReal, AProxyIsUpAsLongAsOneOfItsBackendsIs) {
  NginxServer one("location / { return 200 \"backend one\"; }");
  NginxServer two("location / { return 200 \"backend two\"; }");
  const auto server = [](const NginxServer& nginx) {
    return "server 127.0.0.1:" + std::to_string(nginx.port()) + " max_fails=0; ";
  };
  NginxServer::Parts parts;
  parts.http = "upstream all { " + server(one) + server(two) + "}";
  parts.server = "location / { proxy_pass http://all; proxy_connect_timeout 1s; }";
  NginxServer proxy(parts);
  // Both are asked in turn.
  int found = 0;
  for (int i = 0; i < 4; ++i) {
    check(proxy, "/", {{"content_match", "backend one"}});
    if (status() == CheckStatus::ok) ++found;
  }
  EXPECT_EQ(found, 2);
  one.stop();
  for (int i = 0; i < 4; ++i) {
    check(proxy, "/", {{"content_match", "backend two"}});
    EXPECT_EQ(status(), CheckStatus::ok) << message();
    expect_golden(proxy.url() + "/", "up.txt");
  }
  two.stop();
  check(proxy, "/");
  EXPECT_EQ(status(), CheckStatus::critical);
  EXPECT_NE(message().find("got 502."), std::string::npos) << message();
  EXPECT_EQ(sender_.count("network.http.response_time"), 1u);  // the proxy did answer
}

TEST_F(HttpCheckReal, Certificates) {
  // Those of the tests end in a day: too soon for the default of a week.
  const auto good = ca_.issue("127.0.0.1");
  const auto expired = ca_.issue("127.0.0.1", fakes::Validity::expired);
  const auto self_signed = fakes::self_signed("127.0.0.1");
  const Map trust{{"tls_ca_cert", bundle_}};
  const auto trusting = [&](Map more) {
    more.set("tls_ca_cert", bundle_);
    return more;
  };
  const auto ok = CheckStatus::ok, critical = CheckStatus::critical, unknown = CheckStatus::unknown;
  struct Row {
    int line;
    const fakes::TestCertificate& identity;
    Map options;
    CheckStatus connect, certificate;
    const char* word;
  };
  const Row rows[] = {
      {__LINE__, good, trust, ok, critical, ""},
      {__LINE__, good, trusting({{"days_critical", "0"}, {"seconds_critical", 60}}), ok,
       CheckStatus::warning, ""},
      {__LINE__, good, trusting({{"seconds_critical", 60}, {"seconds_warning", 90}}), ok, ok, ""},
      {__LINE__, expired, trust, critical, critical, "expired"},
      {__LINE__, expired, {{"tls_verify", false}}, ok, unknown, "tls_verify"},
      {__LINE__, self_signed, trust, critical, unknown, "self-signed"},
      {__LINE__, self_signed, {{"tls_verify", true}}, critical, unknown, "self-signed"},
      // Without a word about TLS the request trusts everybody, and the certificate's end nobody.
      {__LINE__, self_signed, {}, ok, unknown, "self-signed"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    NginxServer::Parts parts;
    parts.server = "location / { return 200; }";
    parts.tls_files = files_of(row.identity);
    NginxServer nginx(parts);
    check(nginx.url("https") + "/", row.options);
    EXPECT_EQ(status(), row.connect) << message();
    EXPECT_EQ(status("http.ssl_cert"), row.certificate) << message("http.ssl_cert");
    EXPECT_NE(message("http.ssl_cert").find(row.word), std::string::npos)
        << message("http.ssl_cert");
    if (row.connect == ok && row.certificate == ok) {
      expect_golden(nginx.url("https") + "/", "https.txt");
    }
    if (&row.identity == &expired && row.connect == critical) {
      expect_golden(nginx.url("https") + "/", "https_expired.txt");
    }
  }
}

}  // namespace
}  // namespace remora::checks
