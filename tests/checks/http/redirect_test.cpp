#include "checks/http/redirect.hpp"

#include <gtest/gtest.h>

namespace remora::checks {
namespace {

TEST(Redirect, KnowsMetadataAddressesInEveryNotation) {
  struct Row {
    const char* address;
    bool metadata;
  };
  const Row rows[] = {
      {"169.254.170.2", true},          {"169.254.169.254", true},      {"169.254.170.23", true},
      {"100.100.100.200", true},        {"fd00:ec2::254", true},        {"fd00:ec2::23", true},
      {"::ffff:169.254.169.254", true}, {"::ffff:a9fe:aa02", true},     {"::169.254.170.2", true},
      {"64:ff9b::a9fe:a9fe", true},     {"2002:a9fe:a9fe::1", true},    {"169.253.170.2", false},
      {"100.100.100.201", false},       {"127.0.0.1", false},           {"::1", false},
      {"fd00:ec3::254", false},         {"2001:db8::a9fe:a9fe", false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.address);
    EXPECT_EQ(is_metadata_address(boost::asio::ip::make_address(row.address)), row.metadata);
  }
}

TEST(Redirect, ResolvesALocationAgainstItsPage) {
  const auto base = *net::parse_url("http://host:81/a/b?c=d");
  struct Row {
    const char* location;
    const char* url;
  };
  const Row rows[] = {
      {"https://other/x", "https://other/x"},
      {"//other:82/x", "http://other:82/x"},
      {"/x?y#z", "http://host:81/x?y"},
      {"x", "http://host:81/a/x"},
      {"../x/./y/..", "http://host:81/x/"},
      {"../../../x", "http://host:81/x"},
      {"?q", "http://host:81/a/b?q"},
      {"x?u=http://e/", "http://host:81/a/x?u=http://e/"},
      {"/with blank/\xc3\xa4", "http://host:81/with%20blank/%C3%A4"},
      {"", "http://host:81/a/b"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.location);
    const auto url = redirect_target(base, row.location);
    ASSERT_TRUE(url) << url.error().message();
    EXPECT_EQ(url->origin() + url->target, row.url);
  }
}

TEST(Redirect, RefusesOtherSchemesAndMetadata) {
  const auto base = *net::parse_url("http://host/");
  struct Row {
    const char* location;
    Errc code;
  };
  const Row rows[] = {
      {"file:///etc/passwd", Errc::malformed_payload},
      {"unix:///run/docker.sock/x", Errc::malformed_payload},
      {"gopher://x", Errc::malformed_payload},
      {"http://169.254.170.2/v2/credentials", Errc::unauthorized},
      {"//169.254.169.254/latest", Errc::unauthorized},
      {"http://[::ffff:169.254.169.254]/", Errc::unauthorized},
      {"http://[fd00:ec2::254]/", Errc::unauthorized},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.location);
    const auto url = redirect_target(base, row.location);
    ASSERT_FALSE(url);
    EXPECT_EQ(to_string(url.error().code()), to_string(row.code)) << url.error().message();
  }
}

TEST(Redirect, ChangesTheMethodAsBrowsersDo) {
  struct Row {
    const char* method;
    int status;
    const char* after;
  };
  const Row rows[] = {{"GET", 301, "GET"},   {"POST", 301, "GET"},   {"PUT", 301, "PUT"},
                      {"PUT", 302, "GET"},   {"HEAD", 302, "HEAD"},  {"DELETE", 303, "GET"},
                      {"POST", 307, "POST"}, {"PATCH", 308, "PATCH"}};
  for (const Row& row : rows) EXPECT_EQ(redirected_method(row.method, row.status), row.after);
}

TEST(Redirect, KeepsCredentialsWithTheirServer) {
  const auto url = [](const char* text) { return *net::parse_url(text); };
  EXPECT_TRUE(keeps_credentials(url("http://a/x"), url("http://a/y")));
  EXPECT_TRUE(keeps_credentials(url("http://a/"), url("https://a/")));
  EXPECT_FALSE(keeps_credentials(url("https://a/"), url("http://a/")));
  EXPECT_FALSE(keeps_credentials(url("http://a/"), url("http://a:81/")));
  EXPECT_FALSE(keeps_credentials(url("http://a/"), url("http://b/")));
}

}  // namespace
}  // namespace remora::checks
