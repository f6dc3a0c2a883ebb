#include "remora/checks/check_http.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <fstream>
#include <thread>

#include "checks/http/compressed.hpp"
#include "fakes/run_coroutine.hpp"
#include "fakes/scripted_server.hpp"

namespace remora::checks {
namespace {

using namespace fakes::script;
using fakes::Script;
using fakes::ScriptedServer;
using model::Map;
using model::Value;

class CheckHttpTest : public testing::Test {
 protected:
  CheckHttpTest() : http_(std::make_unique<CheckHttp>(io_.get_executor(), net::ClientOptions())) {}
  ~CheckHttpTest() override {
    http_.reset();
    io_.restart();
    io_.run();
    for (const std::string& path : files_) std::remove(path.c_str());
  }

  static std::shared_ptr<const CheckHttpOptions> options(Map instance = {}) {
    auto read = read_http_options(Value(std::move(instance)), Value());
    EXPECT_TRUE(read) << read.error().message();
    return std::make_shared<const CheckHttpOptions>(*read);
  }
  Result<CheckHttpResponse> send(CheckHttpRequest request, Map instance = {}) {
    return fakes::run(io_, http_->send(options(std::move(instance)), std::move(request)));
  }
  Result<CheckHttpResponse> get(const std::string& url, Map instance = {}) {
    CheckHttpRequest request;
    request.url = url;
    return send(std::move(request), std::move(instance));
  }
  static void expect_error(const Result<CheckHttpResponse>& got, Errc code, const char* word = "") {
    ASSERT_FALSE(got) << got->status;
    EXPECT_EQ(to_string(got.error().code()), to_string(code)) << got.error().message();
    EXPECT_NE(got.error().message().find(word), std::string::npos) << got.error().message();
  }
  std::string file(const std::string& name, const std::string& content) {
    const std::string path =
        testing::TempDir() + "check_http_" + std::to_string(getpid()) + "_" + name;
    std::ofstream(path) << content;
    files_.push_back(path);
    return path;
  }

  asio::io_context io_;
  std::unique_ptr<CheckHttp> http_;
  std::vector<std::string> files_;
};

Script redirect(const std::string& location, int status = 302) {
  return {read_request(), answer(status, "moved", "Location: " + location + "\r\n")};
}

TEST_F(CheckHttpTest, SendsTheAgentsHeadersAndClosesEachConnection) {
  ScriptedServer server({{read_request(), answer(404, "gone", "X-Y: z\r\n")}});
  const auto got = get(server.url() + "/a?b");
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->status, 404);
  EXPECT_EQ(got->body, "gone");
  EXPECT_EQ(got->headers[0], (std::pair<std::string, std::string>("x-y", "z")));
  EXPECT_EQ(got->final_url, server.url() + "/a?b");
  EXPECT_GT(got->to_head.count(), 0);
  const std::string request = server.requests().at(0);
  EXPECT_TRUE(request.starts_with("GET /a?b HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("User-Agent: Datadog Agent/7."), std::string::npos);
  EXPECT_NE(request.find("Accept-Encoding: gzip, deflate\r\n"), std::string::npos);
  EXPECT_NE(request.find("Connection: close\r\n"), std::string::npos);
}

TEST_F(CheckHttpTest, EscapesWhatPeopleWriteIntoUrls) {
  ScriptedServer server({{read_request(), answer(200)}});
  ASSERT_TRUE(get(server.url() + "/st\xc3\xa4tus page?q=a b#top"));
  EXPECT_TRUE(server.requests().at(0).starts_with("GET /st%C3%A4tus%20page?q=a%20b HTTP/1.1\r\n"))
      << server.requests().at(0);
}

TEST_F(CheckHttpTest, KeepsConnectionsWhenAsked) {
  ScriptedServer server({{forever({read_request(), answer(200, "x")})}});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(get(server.url(), {{"persist_connections", true}}));
  EXPECT_EQ(server.connections(), 1u);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(get(server.url()));
  EXPECT_EQ(server.connections(), 3u);
}

TEST_F(CheckHttpTest, SendsABodyCredentialsAndTheHostHeader) {
  ScriptedServer server({{read_request(), answer(200)}});
  CheckHttpRequest request;
  request.url = server.url();
  request.method = "post";
  request.body = "data";
  request.extra_headers = {{"X-More", "1"}};
  const Map instance{
      {"username", "user"}, {"password", "pw"}, {"headers", Map{{"Host", "other.example"}}}};
  ASSERT_TRUE(send(std::move(request), instance));
  const std::string sent = server.requests().at(0);
  EXPECT_TRUE(sent.starts_with("POST / HTTP/1.1\r\nHost: other.example\r\n")) << sent;
  EXPECT_NE(sent.find("Authorization: Basic dXNlcjpwdw==\r\n"), std::string::npos);
  EXPECT_NE(sent.find("X-More: 1\r\n"), std::string::npos);
  EXPECT_TRUE(sent.ends_with("\r\n\r\ndata"));
}

TEST_F(CheckHttpTest, DecodesABodyWholeAndInPieces) {
  const std::string text(300'000, 'q');
  const std::string gzip = fakes::compressed(text, 31);
  ScriptedServer server({{read_request(), answer(200, gzip, "Content-Encoding: gzip\r\n")}});
  const auto whole = get(server.url());
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_TRUE(whole->body == text);
  std::string pieces;
  CheckHttpRequest request;
  request.url = server.url();
  request.on_body = [&](std::string_view piece) {
    pieces += piece;
    return true;
  };
  const auto streamed = send(std::move(request));
  ASSERT_TRUE(streamed);
  EXPECT_EQ(streamed->body, "");
  EXPECT_TRUE(pieces == text);
}

TEST_F(CheckHttpTest, TellsTheHeadOfTheLastAnswerBeforeItsBody) {
  ScriptedServer server({{read_request(), answer(302, "moved", "Location: /b\r\n")},
                         {read_request(), answer(404, "body", "X-Kind: last\r\n")}});
  std::string events;
  CheckHttpRequest request;
  request.url = server.url();
  request.on_head = [&](int status, const net::Headers& headers) {
    events += std::to_string(status) + ' ' + headers.at(0).first + '=' + headers.at(0).second + ' ';
  };
  request.on_body = [&](std::string_view piece) {
    events += piece;
    return true;
  };
  ASSERT_TRUE(send(std::move(request)));
  EXPECT_EQ(events, "404 x-kind=last body");
}

TEST_F(CheckHttpTest, BoundsBodiesBeforeAndAfterDecoding) {
  const std::string bomb = fakes::compressed(std::string(20'000'000, 'x'), 31);
  const fakes::Step megabytes = [](fakes::Peer& p) {
    const std::string piece(1 << 20, 'x');
    for (int i = 0; i < 100; ++i) {
      if (!p.send(piece)) return false;
    }
    return true;
  };
  const std::string open_end = "HTTP/1.1 200 OK\r\n\r\n";
  const std::string length = "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n";
  struct Row {
    int line;
    Script script;
  };
  const Row rows[] = {
      {__LINE__, {read_request(), answer(200, bomb, "Content-Encoding: gzip\r\n")}},
      {__LINE__, {read_request(), fakes::script::send(open_end), megabytes}},
      {__LINE__, {read_request(), fakes::script::send(length), megabytes}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    ScriptedServer server(std::vector<Script>{row.script});
    CheckHttpRequest request;
    request.url = server.url();
    request.max_body_bytes = 2'000'000;
    std::size_t seen = 0;
    expect_error(send(request), Errc::too_large);
    request.on_body = [&](std::string_view piece) {
      seen += piece.size();
      return true;
    };
    expect_error(send(request), Errc::too_large);
    EXPECT_LE(seen, 2'000'000u);
    request.on_body = [&](std::string_view) { return false; };
    expect_error(send(request), Errc::too_large);
  }
}

TEST_F(CheckHttpTest, FollowsRedirectsAndCarriesWhatBelongsThere) {
  ScriptedServer end({{read_request(), answer(200, "end")}});
  ScriptedServer start({redirect("/second", 301), redirect(end.url() + "/third", 307)});
  CheckHttpRequest request;
  request.url = start.url() + "/first";
  request.method = "PUT";
  request.body = "data";
  const auto got = send(
      std::move(request),
      {{"username", "user"}, {"password", "pw"}, {"extra_headers", Map{{"X-Tenant", "canary"}}}});
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->body, "end");
  EXPECT_NE(start.requests().at(1).find("X-Tenant: canary"), std::string::npos);
  EXPECT_EQ(end.requests().at(0).find("canary"), std::string::npos);
  EXPECT_NE(end.requests().at(0).find("User-Agent: "), std::string::npos);
  EXPECT_EQ(got->final_url, end.url() + "/third");
  EXPECT_NE(start.requests().at(1).find("Authorization: "), std::string::npos);
  // Another port is another server: it gets no credentials.
  EXPECT_EQ(end.requests().at(0).find("Authorization: "), std::string::npos);
  EXPECT_TRUE(end.requests().at(0).starts_with("PUT /third "));
}

TEST_F(CheckHttpTest, StopsAtTheSixthRedirect) {
  ScriptedServer server({redirect("/again")});
  expect_error(get(server.url()), Errc::network, "more than 5 redirects");
  EXPECT_EQ(server.connections(), 6u);
  const auto first = get(server.url(), {{"allow_redirects", false}});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, 302);
  EXPECT_EQ(first->body, "moved");
}

TEST_F(CheckHttpTest, RefusesRedirectsToTheMetadataEndpoint) {
  // The last two are names to the URL and addresses to the resolver.
  for (const char* host :
       {"169.254.170.2", "169.254.169.254", "100.100.100.200", "[::ffff:169.254.170.2]",
        "[fd00:ec2::254]", "2852039166", "0xa9fea9fe"}) {
    SCOPED_TRACE(host);
    ScriptedServer server({redirect("http://" + std::string(host) + "/v2/credentials")});
    expect_error(get(server.url(), {{"timeout", 5}}), Errc::unauthorized, "refused");
  }
}

TEST_F(CheckHttpTest, NamesServersThatMisbehave) {
  struct Row {
    int line;
    Script script;
    Errc code;
  };
  const Row rows[] = {
      {__LINE__, {read_request(), stall()}, Errc::timeout},
      {__LINE__,
       {read_request(), fakes::script::send("HTTP/1.1 200 OK\r\n"), stall()},
       Errc::timeout},
      {__LINE__,
       {read_request(), fakes::script::send("SSH-2.0-x\r\n\r\n")},
       Errc::malformed_payload},
      {__LINE__, {read_request()}, Errc::network},
      {__LINE__,
       {read_request(), fakes::script::send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")},
       Errc::network},
      {__LINE__, {reset()}, Errc::network},
      {__LINE__,
       {read_request(), answer(200, "x", "Content-Encoding: gzip\r\n")},
       Errc::malformed_payload},
      {__LINE__, {read_request(), answer(200, "x", "Content-Encoding: br\r\n")}, Errc::unsupported},
      {__LINE__, redirect("gopher://x/"), Errc::malformed_payload},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    ScriptedServer server(std::vector<Script>{row.script});
    expect_error(get(server.url(), {{"timeout", 0.3}}), row.code);
  }
}

TEST_F(CheckHttpTest, LimitsAChainOfSlowRedirectsByOneTimeout) {
  const std::string slow = "HTTP/1.1 302 X\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n";
  ScriptedServer server({{read_request(), send_slowly(slow, 30, std::chrono::milliseconds(200))}});
  expect_error(get(server.url(), {{"timeout", 1}}), Errc::timeout);
}

TEST_F(CheckHttpTest, TalksToUnixSockets) {
  const std::string path = testing::TempDir() + "check_http_" + std::to_string(getpid()) + ".sock";
  files_.push_back(path);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 4), 0);
  std::string request;
  std::thread server([&] {
    const int fd = ::accept(listener, nullptr, nullptr);
    char buffer[4096];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const auto n = ::recv(fd, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      request.append(buffer, static_cast<std::size_t>(n));
    }
    const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    (void)::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    ::close(fd);
  });
  const auto got = get("unix://" + path + "/status?json");
  server.join();
  ::close(listener);
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->body, "ok");
  EXPECT_TRUE(request.starts_with("GET /status?json HTTP/1.1\r\nHost: localhost\r\n")) << request;
  expect_error(get("unix:///nowhere/x.sock/"), Errc::network, "unix:///nowhere/x.sock");
  expect_error(get("unix:///" + std::string(200, 'a') + ".sock/"), Errc::invalid_config);
  expect_error(get("unix:///etc/passwd"), Errc::invalid_config, ".sock");
}

TEST_F(CheckHttpTest, WritesATokenFromItsFileIntoAHeader) {
  const std::string path = file("token", "key=first;\n");
  const Map instance{
      {"auth_token",
       Map{{"reader", Map{{"type", "file"}, {"path", path}, {"pattern", "key=([a-z]+);"}}},
           {"writer",
            Map{{"type", "header"}, {"name", "Authorization"}, {"value", "Bearer <TOKEN>"}}}}}};
  ScriptedServer server({{read_request(), answer(200)}});
  ASSERT_TRUE(get(server.url(), instance));
  EXPECT_NE(server.requests().at(0).find("Authorization: Bearer first\r\n"), std::string::npos);
  std::ofstream(path) << "key=second;";
  ASSERT_TRUE(get(server.url(), instance));
  EXPECT_NE(server.requests().at(1).find("Authorization: Bearer second\r\n"), std::string::npos);
  std::ofstream(path) << "nothing";
  expect_error(get(server.url(), instance), Errc::invalid_config, "pattern");
  std::remove(path.c_str());
  expect_error(get(server.url(), instance), Errc::invalid_config, "no such file");
}

TEST_F(CheckHttpTest, APipeInPlaceOfAFileIsAnErrorAndStopsNothing) {
  const std::string pipe = file("pipe", "");
  ASSERT_EQ(std::remove(pipe.c_str()), 0);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const Map token{
      {"auth_token", Map{{"reader", Map{{"type", "file"}, {"path", pipe}}},
                         {"writer", Map{{"type", "header"}, {"name", "Authorization"}}}}}};
  expect_error(get("http://127.0.0.1:1/", token), Errc::invalid_config, "not a regular file");
  for (const char* option : {"tls_ca_cert", "tls_cert"}) {
    expect_error(get("https://127.0.0.1:1/", Map{{option, pipe}}), Errc::invalid_config,
                 "not a regular file");
  }
}

TEST_F(CheckHttpTest, ReadsWhatThePolicyOfTheAuthorAllows) {
  const std::string path = file("policy", "secret");
  CheckHttpOptions wanted;
  wanted.auth_token_file = path;
  wanted.auth_token_header = "X-Token";
  wanted.auth_token_value = wanted.auth_token_placeholder = "<TOKEN>";
  for (const bool allowed : {true, false}) {
    ScriptedServer server({{read_request(), answer(200)}});
    wanted.files = {true, {allowed ? testing::TempDir() : "/nowhere"}};
    CheckHttpRequest request;
    request.url = server.url();
    const auto got = fakes::run(
        io_, http_->send(std::make_shared<const CheckHttpOptions>(wanted), std::move(request)));
    if (allowed) {
      ASSERT_TRUE(got) << got.error().message();
      EXPECT_NE(server.requests().at(0).find("secret"), std::string::npos);
    } else {
      expect_error(got, Errc::invalid_config, "refused");
    }
  }
  wanted.auth_token_file.clear();
  wanted.ca_cert = path;
  CheckHttpRequest request;
  request.url = "https://127.0.0.1:1/";
  expect_error(fakes::run(io_, http_->send(std::make_shared<const CheckHttpOptions>(wanted),
                                           std::move(request))),
               Errc::invalid_config, "refused");
}

TEST_F(CheckHttpTest, KeepsTrustApartByInstance) {
  const fakes::TestCa ca;
  const std::string bundle = file("ca.pem", "");
  ca.write_bundle(bundle);
  ScriptedServer server({{tls(ca.issue("127.0.0.1")), read_request(), answer(200, "ok")}});
  const std::string url = server.url("https");
  const auto trusted = get(url, {{"tls_ca_cert", bundle}});
  ASSERT_TRUE(trusted) << trusted.error().message();
  ASSERT_TRUE(trusted->certificate_end);
  const auto left = *trusted->certificate_end - std::chrono::system_clock::now();
  EXPECT_NEAR(std::chrono::duration<double>(left).count(), 86400, 60);
  expect_error(get(url), Errc::tls, "tls_ca_cert");
  EXPECT_TRUE(get(url, {{"tls_verify", "false"}}));
  expect_error(get(url, {{"tls_ca_cert", "/nowhere.pem"}}), Errc::invalid_config, "/nowhere.pem");

  ScriptedServer wrong({{tls(ca.issue("other.example")), read_request(), answer(200, "ok")}});
  expect_error(get(wrong.url("https"), {{"tls_ca_cert", bundle}}), Errc::tls, "host name");
  EXPECT_TRUE(get(wrong.url("https"), {{"tls_ca_cert", bundle}, {"tls_validate_hostname", false}}));
  const Map by_header{{"tls_ca_cert", bundle},
                      {"tls_use_host_header", true},
                      {"headers", Map{{"Host", "other.example"}}}};
  EXPECT_TRUE(get(wrong.url("https"), by_header));
}

TEST_F(CheckHttpTest, ShowsAClientCertificate) {
  const auto identity = fakes::self_signed("client");
  const std::string cert = file("client.pem", ""), key = file("client.key", "");
  std::FILE* out = std::fopen(cert.c_str(), "w");
  PEM_write_X509(out, identity.certificate.get());
  std::fclose(out);
  out = std::fopen(key.c_str(), "w");
  unsigned char password[] = "secret";
  PEM_write_PKCS8PrivateKey(out, identity.key.get(), EVP_aes_128_cbc(),
                            reinterpret_cast<char*>(password), 6, nullptr, nullptr);
  std::fclose(out);

  const auto server_identity = fakes::self_signed("127.0.0.1");
  const auto subject = std::make_shared<std::string>();
  const fakes::Step mutual = [&, subject](fakes::Peer& p) {
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context, server_identity.certificate.get());
    SSL_CTX_use_PrivateKey(context, server_identity.key.get());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       [](int, X509_STORE_CTX*) { return 1; });
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, p.fd());
    if (SSL_accept(ssl) == 1) {
      char name[100] = "";
      X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl)),
                                NID_commonName, name, sizeof name);
      *subject = name;
      char buffer[4096];
      (void)SSL_read(ssl, buffer, sizeof buffer);
      const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
      SSL_write(ssl, text.data(), static_cast<int>(text.size()));
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    return true;
  };
  ScriptedServer server({{mutual}});
  const Map instance{{"tls_verify", false},
                     {"tls_cert", cert},
                     {"tls_private_key", key},
                     {"tls_private_key_password", "secret"}};
  const auto got = get(server.url("https"), instance);
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(*subject, "client");
  Map no_password = instance;
  no_password.set("tls_private_key_password", "wrong");
  expect_error(get(server.url("https"), no_password), Errc::invalid_config, "private key");
  EXPECT_FALSE(get(server.url("https"), {{"tls_verify", false}}));
}

// A server that ends its page with the connection and says no goodbye on TLS; and one that breaks
// off, which no length or chunk lets pass.
TEST_F(CheckHttpTest, TakesTheEndOfATlsConnectionForTheEndOfABodyWithoutALength) {
  const fakes::TestCa ca;
  const auto cut = [](fakes::Peer& p) { return ::shutdown(p.fd(), SHUT_RDWR) != 0; };
  struct Row {
    int line;
    const char* bytes;
    bool whole;
  };
  const Row rows[] = {
      {__LINE__, "HTTP/1.1 200 OK\r\n\r\npage", true},
      {__LINE__, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\npage", false},
      {__LINE__, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npage\r\n", false},
      {__LINE__, "HTTP/1.1 200 OK\r\nContent-Type: x", false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    ScriptedServer server(
        {{tls(ca.issue("127.0.0.1")), read_request(), fakes::script::send(row.bytes), cut}});
    const auto got = get(server.url("https"), {{"tls_verify", false}});
    if (!row.whole) {
      expect_error(got, Errc::network);
      continue;
    }
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->body, "page");
  }
}

TEST_F(CheckHttpTest, AsksForACertificateAlone) {
  const auto ask = [&](const std::string& url, Map instance, std::string name = "") {
    return fakes::run(io_, http_->certificate_end(options(std::move(instance)), url, name));
  };
  const fakes::TestCa ca;
  const std::string bundle = file("ca.pem", "");
  ca.write_bundle(bundle);
  ScriptedServer server({{tls(ca.issue("localhost")), drain()}});
  const auto end = ask(server.url("https"), {{"tls_ca_cert", bundle}}, "localhost");
  ASSERT_TRUE(end) << end.error().message();
  EXPECT_TRUE(server.requests().empty());
  EXPECT_FALSE(ask(server.url("https"), {{"tls_ca_cert", bundle}}));
  ScriptedServer expired({{tls(ca.issue("127.0.0.1", fakes::Validity::expired)), drain()}});
  const auto refused = ask(expired.url("https"), {{"tls_ca_cert", bundle}});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("expired"), std::string::npos);
  const auto past = ask(expired.url("https"), {{"tls_verify", false}});
  ASSERT_TRUE(past);
  EXPECT_LT(*past, std::chrono::system_clock::now());
}

}  // namespace
}  // namespace remora::checks
