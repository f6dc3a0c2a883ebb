#include <openssl/ssl.h>

#include <fstream>

#include "net/client_fixture.hpp"

namespace remora::net {
namespace {

using namespace std::chrono_literals;
using namespace fakes::script;
using fakes::ScriptedServer;

class ClientTlsTest : public ClientTest {
 protected:
  ClientTlsTest() : bundle_(testing::TempDir() + "net_ca_" + std::to_string(getpid()) + ".pem") {
    ca_.write_bundle(bundle_);
  }
  ~ClientTlsTest() override { std::remove(bundle_.c_str()); }

  void trust_ca() {
    ClientOptions options;
    options.tls.ca_file = bundle_;
    make_client(std::move(options));
  }

  fakes::TestCa ca_;
  std::string bundle_;
};

TEST_F(ClientTlsTest, AcceptsAnAddressOrANameItsCaVouchesFor) {
  trust_ca();
  for (const char* name : {"127.0.0.1", "localhost"}) {
    const auto identity = ca_.issue(name);
    ScriptedServer server({{tls(identity), forever({read_request(), answer(200, "ok")})}});
    const auto first = send(get(server.url("https", name)));
    ASSERT_TRUE(first) << first.error().message();
    EXPECT_EQ(first->body, "ok");
    const auto second = send(post(server.url("https", name), std::string(300'000, 'x')));
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_EQ(server.connections(), 1u);
    EXPECT_EQ(server.requests().at(1).size() - server.requests().at(1).find("\r\n\r\n"), 300'004u);
  }
}

TEST_F(ClientTlsTest, NamesWhyACertificateIsRefused) {
  struct Row {
    int line;
    fakes::TestCertificate identity;
    const char* word;
  };
  const Row rows[] = {
      {__LINE__, fakes::self_signed("127.0.0.1"), "unknown issuer"},
      {__LINE__, fakes::TestCa().issue("127.0.0.1"), "DD_TLS_CERT_FILE"},
      {__LINE__, ca_.issue("127.0.0.2"), "host name mismatch"},
      {__LINE__, ca_.issue("example.com"), "host name mismatch"},
      {__LINE__, ca_.issue("127.0.0.1", fakes::Validity::expired), "expired"},
  };
  trust_ca();
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    ScriptedServer server({{tls(row.identity), read_request(), answer(200)}});
    expect_error(send(get(server.url("https"))), Errc::tls, row.word);
    EXPECT_TRUE(server.requests().empty());
  }
}

TEST_F(ClientTlsTest, RefusesAnUnknownCaUntilItsBundleIsGiven) {
  ScriptedServer server({{tls(ca_.issue("127.0.0.1")), read_request(), answer(200)}});
  expect_error(send(get(server.url("https"))), Errc::tls, "unknown issuer");
  trust_ca();
  EXPECT_TRUE(send(get(server.url("https"))));
}

TEST_F(ClientTlsTest, AcceptsAnythingWhenVerificationIsOff) {
  ScriptedServer server({{tls(fakes::self_signed("x")), read_request(), answer(200)}});
  ClientOptions options;
  options.tls.verify = false;
  make_client(std::move(options));
  EXPECT_TRUE(send(get(server.url("https"))));
}

TEST_F(ClientTlsTest, SendsTheServerName) {
  std::string name;
  const auto identity = ca_.issue("localhost");
  const fakes::Step accept_and_look = [&](fakes::Peer& p) {
    if (!p.start_tls(identity)) return false;
    name = p.server_name();
    return true;
  };
  ScriptedServer server({{accept_and_look, read_request(), answer(200)}});
  trust_ca();
  ASSERT_TRUE(send(get(server.url("https", "localhost"))));
  EXPECT_EQ(name, "localhost");
}

TEST_F(ClientTlsTest, KeepsToTheMinimumVersion) {
  const auto identity = ca_.issue("127.0.0.1");
  const fakes::Step old = [identity](fakes::Peer& p) {
    return p.start_tls(identity, TLS1_2_VERSION);
  };
  ScriptedServer server({{old, read_request(), answer(200)}});
  ClientOptions options;
  options.tls.ca_file = bundle_;
  options.tls.min_version = "TLSv1.3";
  make_client(options);
  expect_error(send(get(server.url("https"))), Errc::tls, "protocol version");
  options.tls.min_version = "tlsv1.0";
  make_client(options);
  EXPECT_TRUE(send(get(server.url("https"))));
}

TEST_F(ClientTlsTest, NamesAPeerThatDoesNotSpeakTls) {
  ScriptedServer plain({{fakes::script::send("HTTP/1.1 400 Bad Request\r\n\r\n"), stall()}});
  expect_error(send(get(plain.url("https"))), Errc::tls);
  ScriptedServer closes({{reset()}});
  expect_error(send(get(closes.url("https"))), Errc::network);
}

TEST_F(ClientTlsTest, PrefersAnEarlyAnswerToABrokenUpload) {
  ScriptedServer server({{tls(ca_.issue("127.0.0.1")), read_head(), answer(413)}});
  trust_ca();
  const auto answer = send(post(server.url("https"), std::string(8 * 1024 * 1024, 'x')));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 413);
}

TEST_F(ClientTlsTest, RefusesAnAnswerThatATruncatedStreamMayHaveCut) {
  // Without a length only TLS's own end says that the body is whole.
  ScriptedServer cut({{tls(ca_.issue("127.0.0.1")), read_request(),
                       fakes::script::send("HTTP/1.1 200 OK\r\n\r\nhalf"),
                       [](fakes::Peer& p) { return ::shutdown(p.fd(), SHUT_RDWR) != 0; }}});
  trust_ca();
  expect_error(send(get(cut.url("https"))), Errc::network);
}

TEST_F(ClientTlsTest, RefusesBadOptionsAtOnce) {
  const std::string empty = bundle_ + ".empty";
  std::ofstream(empty) << "no certificate\n";
  ClientOptions no_file, no_certificate, no_version;
  no_file.tls.ca_file = "/nowhere/ca.pem";
  no_certificate.tls.ca_file = empty;
  no_version.tls.min_version = "sslv3";
  for (const auto& options : {no_file, no_certificate, no_version}) {
    const auto made = BeastClient::create(io_.get_executor(), options);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), Errc::invalid_config);
  }
  EXPECT_NE(BeastClient::create(io_.get_executor(), no_file)
                .error()
                .message()
                .find("/nowhere/ca.pem: no such file"),
            std::string::npos);
  std::remove(empty.c_str());
}

}  // namespace
}  // namespace remora::net
