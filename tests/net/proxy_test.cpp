#include "net/client_fixture.hpp"

namespace remora::net {
namespace {

using namespace std::chrono_literals;
using namespace fakes::script;
using fakes::ScriptedServer;

TEST(BypassesProxy, FollowsTheList) {
  struct Row {
    int line;
    const char* entry;
    const char* url;
    bool exact;
    bool loose;
  };
  const Row rows[] = {
      {__LINE__, "example.com", "https://example.com", true, true},
      {__LINE__, "Example.COM", "https://example.com", true, true},
      {__LINE__, "example.com", "https://a.example.com", false, true},
      {__LINE__, "example.com", "https://notexample.com", false, false},
      {__LINE__, ".example.com", "https://a.example.com", false, true},
      {__LINE__, ".example.com", "https://example.com", false, false},
      {__LINE__, "*.example.com", "https://a.b.example.com", false, true},
      {__LINE__, "example.com:443", "https://example.com", true, true},
      {__LINE__, "example.com:80", "https://example.com", false, false},
      {__LINE__, "example.com:8443", "https://a.example.com:8443", false, true},
      {__LINE__, "*", "https://example.com", false, true},
      {__LINE__, "10.0.0.1", "http://10.0.0.1:8080", true, true},
      {__LINE__, "10.0.0.1:8080", "http://10.0.0.1:8080", true, true},
      {__LINE__, "10.0.0.0/8", "http://10.255.255.255", false, true},
      {__LINE__, "10.0.0.0/8", "http://10.0.0.0", false, true},
      {__LINE__, "10.0.0.0/8", "http://11.0.0.1", false, false},
      {__LINE__, "10.0.0.0/8", "http://example.com", false, false},
      {__LINE__, "10.1.2.3/8", "http://10.9.9.9", false, true},
      {__LINE__, "fd00::/8", "http://[fd12::1]", false, true},
      {__LINE__, "fd00::/8", "http://[fe80::1]", false, false},
      {__LINE__, "fd00::/8", "http://10.0.0.1", false, false},
      {__LINE__, "FD00:0::1", "http://[fd00::1]:8080", true, true},
      {__LINE__, "[fd00::1]:81", "http://[fd00::1]:8080", false, false},
      {__LINE__, "", "http://example.com", false, false},
      {__LINE__, "other", "http://localhost:5000", true, true},
      {__LINE__, "other", "http://127.8.8.8", true, true},
      {__LINE__, "other", "http://[::1]", true, true},
      {__LINE__, "other", "http://169.254.169.254/latest", true, true},
      {__LINE__, "other", "http://169.254.170.2/v4", true, true},
      {__LINE__, "other", "http://100.100.100.200", true, true},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    ProxyOptions options;
    options.no_proxy = {row.entry};
    EXPECT_EQ(bypasses_proxy(options, *parse_url(row.url)), row.exact);
    options.nonexact_match = true;
    EXPECT_EQ(bypasses_proxy(options, *parse_url(row.url)), row.loose);
  }
}

class ClientProxyTest : public ClientTest {
 protected:
  void use_proxy(const ScriptedServer& server, const std::string& user = {}) {
    const std::string at = user.empty() ? "" : user + '@';
    ClientOptions options;
    options.proxy.http = *parse_url("http://" + at + "127.0.0.1:" + std::to_string(server.port()));
    options.proxy.https = options.proxy.http;
    options.proxy.no_proxy = {"direct.invalid"};
    options.tls.ca_file = bundle();
    make_client(std::move(options));
  }
  std::string bundle() {
    const std::string path =
        testing::TempDir() + "net_proxy_ca_" + std::to_string(getpid()) + ".pem";
    ca_.write_bundle(path);
    return path;
  }
  ~ClientProxyTest() override { std::remove(bundle().c_str()); }
  fakes::TestCa ca_;
};

TEST_F(ClientProxyTest, SendsHttpInAbsoluteFormWithCredentials) {
  ScriptedServer proxy({{forever({read_request(), answer(200, "x")})}});
  use_proxy(proxy, "user:p%40ss");
  for (int i = 0; i < 2; ++i) {
    const auto response = send(get("http://intake.invalid:8080/a?b"));
    ASSERT_TRUE(response) << response.error().message();
  }
  EXPECT_EQ(proxy.requests().at(0),
            "GET http://intake.invalid:8080/a?b HTTP/1.1\r\nHost: intake.invalid:8080\r\n"
            "Proxy-Authorization: Basic dXNlcjpwQHNz\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(proxy.connections(), 1u);
}

TEST_F(ClientProxyTest, TunnelsHttpsThroughConnect) {
  ScriptedServer proxy(
      {{read_request(), fakes::script::send("HTTP/1.1 200 Connection established\r\n\r\n"),
        tls(ca_.issue("intake.invalid")), forever({read_request(), answer(202)})}});
  use_proxy(proxy, "user:pass");
  for (int i = 0; i < 2; ++i) {
    HttpRequest request = post("https://intake.invalid/api", "abc");
    request.headers.emplace_back("DD-Api-Key", "k");
    const auto response = send(std::move(request));
    ASSERT_TRUE(response) << response.error().message();
    EXPECT_EQ(response->status, 202);
  }
  const auto requests = proxy.requests();
  ASSERT_EQ(requests.size(), 3u);  // one tunnel, two requests in it
  EXPECT_EQ(requests[0],
            "CONNECT intake.invalid:443 HTTP/1.1\r\nHost: intake.invalid:443\r\n"
            "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n");
  EXPECT_EQ(requests[1].find("POST /api HTTP/1.1\r\nHost: intake.invalid\r\n"), 0u) << requests[1];
  EXPECT_EQ(requests[1].find("Proxy-Authorization"), std::string::npos);
}

TEST_F(ClientProxyTest, VerifiesTheHostBehindTheTunnelNotTheProxy) {
  ScriptedServer proxy({{read_request(), fakes::script::send("HTTP/1.1 200 OK\r\n\r\n"),
                         tls(ca_.issue("127.0.0.1")), read_request(), answer(200)}});
  use_proxy(proxy);
  expect_error(send(get("https://intake.invalid")), Errc::tls, "host name mismatch");
}

TEST_F(ClientProxyTest, NamesTheProxyThatRefusesWithoutItsCredentials) {
  struct Row {
    int line;
    const char* url;
    fakes::Script script;
    const char* word;
  };
  const Row rows[] = {
      {__LINE__, "https://intake.invalid", {read_request(), answer(407, "who?")}, "status 407"},
      {__LINE__, "https://intake.invalid", {read_request(), answer(403)}, "status 403"},
      {__LINE__, "http://intake.invalid", {read_request(), answer(407)}, "status 407"},
      {__LINE__, "https://intake.invalid", {read_request(), reset()}, "proxy"},
      {__LINE__,
       "https://intake.invalid",
       {read_request(), fakes::script::send("SSH-2.0-x\r\n\r\n")},
       "HTTP"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    ScriptedServer proxy({row.script});
    use_proxy(proxy, "user:secret");
    const auto response = send(get(row.url));
    expect_error(response, Errc::network, row.word);
    expect_error(response, Errc::network, "proxy " + proxy.url());
    EXPECT_EQ(response.error().message().find("secret"), std::string::npos);
  }
}

TEST_F(ClientProxyTest, TimesOutOnAProxyThatHangs) {
  ScriptedServer proxy({{read_request(), stall()}});
  use_proxy(proxy);
  HttpRequest request = get("https://intake.invalid");
  request.timeout = 80ms;
  expect_error(send(std::move(request)), Errc::timeout, "proxy");
}

TEST_F(ClientProxyTest, RequestsThatMustNotUseItGoDirectly) {
  ScriptedServer proxy({{stall()}});
  ScriptedServer server({{forever({read_request(), answer(200)})}});
  use_proxy(proxy);
  ASSERT_TRUE(send(get(server.url())));  // loopback
  HttpRequest asked = get("http://elsewhere.invalid");
  asked.use_proxy = false;
  asked.timeout = 2s;
  HttpRequest listed = get("http://direct.invalid");
  listed.timeout = 2s;
  EXPECT_FALSE(send(std::move(asked)));
  EXPECT_FALSE(send(std::move(listed)));
  EXPECT_EQ(proxy.connections(), 0u);
}

TEST_F(ClientProxyTest, SaysThatHttpsThroughAnHttpsProxyIsUnsupported) {
  ClientOptions options;
  options.proxy.https = *parse_url("https://user:secret@proxy.invalid:3129");
  make_client(std::move(options));
  const auto response = send(get("https://intake.invalid"));
  expect_error(response, Errc::unsupported, "proxy https://proxy.invalid:3129");
}

}  // namespace
}  // namespace remora::net
