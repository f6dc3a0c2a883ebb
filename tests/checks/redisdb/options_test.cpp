#include "checks/redisdb/options.hpp"

#include <gtest/gtest.h>

#include <set>

#include "fakes/run_coroutine.hpp"
#include "remora/checks/redisdb/redisdb.hpp"

namespace remora::checks::redisdb {
namespace {

using model::Map;
using model::Value;

TEST(RedisOptions, DefaultsAreThoseOfThePage) {
  const auto options = read_options(Map{{"host", "redis"}, {"port", 6379}});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->host, "redis");
  EXPECT_EQ(options->port, 6379);
  EXPECT_EQ(options->database, 0u);
  EXPECT_EQ(options->timeout, std::chrono::seconds(5));
  EXPECT_EQ(options->slowlog_max_len, 0);
  EXPECT_TRUE(options->warn_on_missing_keys);
  EXPECT_TRUE(options->tls.verify);
  EXPECT_FALSE(options->ssl || options->collect_client_metrics || options->command_stats ||
               options->disable_connection_cache);
}

TEST(RedisOptions, NumbersAndBooleansMayBeTexts) {
  const auto options = read_options(Map{{"host", "10.0.0.1"},
                                        {"port", "6380"},
                                        {"db", "3"},
                                        {"password", 12345},
                                        {"socket_timeout", "0.25"},
                                        {"ssl", "yes"},
                                        {"ssl_cert_reqs", "0"},
                                        {"command_stats", "true"},
                                        {"warn_on_missing_keys", "false"},
                                        {"collect_client_metrics", 1},
                                        {"slowlog-max-len", "256"},
                                        {"keys", "one"}});
  ASSERT_TRUE(options) << options.error().message();
  EXPECT_EQ(options->port, 6380);
  EXPECT_EQ(options->database, 3u);
  EXPECT_EQ(options->password, "12345");
  EXPECT_EQ(options->timeout, std::chrono::milliseconds(250));
  EXPECT_TRUE(options->ssl && options->command_stats && options->collect_client_metrics);
  EXPECT_FALSE(options->tls.verify || options->warn_on_missing_keys);
  EXPECT_EQ(options->slowlog_max_len, 256);
  EXPECT_EQ(options->keys, std::vector<std::string>{"one"});
}

TEST(RedisOptions, ASocketNeedsNeitherHostNorPortNorTls) {
  const auto options = read_options(Map{{"unix_socket_path", "/run/redis.sock"}, {"ssl", true}});
  ASSERT_TRUE(options);
  EXPECT_FALSE(options->ssl);
  EXPECT_EQ(options->address(), "/run/redis.sock");
  EXPECT_EQ(read_options(Map{{"host", "::1"}, {"port", 1}})->address(), "[::1]:1");
}

TEST(RedisOptions, WhatIsWrongIsNamedAndNeverRepeatedWithASecret) {
  const struct {
    Map instance;
    std::string_view says;
  } rows[] = {
      {{}, "a `host`/`port` couple or a `unix_socket_path` is required"},
      {{{"host", "a"}}, "couple"},
      {{{"port", 1}}, "couple"},
      {{{"host", "a"}, {"port", 0}}, "`port`: 0 is not a port"},
      {{{"host", "a"}, {"port", 65536}}, "`port`: 65536"},
      {{{"host", "a"}, {"port", "http"}}, "`port`"},
      {{{"host", "a"}, {"port", 1}, {"db", -1}}, "`db`"},
      {{{"host", "a"}, {"port", 1}, {"socket_timeout", 0}}, "`socket_timeout`"},
      {{{"host", "a"}, {"port", 1}, {"ssl_cert_reqs", 3}}, "`ssl_cert_reqs`"},
      {{{"host", "a"}, {"port", 1}, {"ssl", true}, {"ssl_keyfile", "k"}},
       "`ssl_keyfile` needs `ssl_certfile`"},
      {{{"host", "a"}, {"port", 1}, {"slowlog-max-len", -1}}, "`slowlog-max-len`"},
      {{{"host", "a"}, {"port", 1}, {"password", Map{{"x", "s3cret"}}}}, "`password`"},
      {{{"host", "a"}, {"port", 1}, {"keys", Value::List{Map{}}}}, "`keys[0]`"},
      {{{"unix_socket_path", std::string(108, 'a')}}, "107 bytes"},
  };
  for (const auto& row : rows) {
    const auto options = read_options(row.instance);
    ASSERT_FALSE(options) << row.says;
    EXPECT_EQ(options.error().code(), Errc::invalid_config);
    EXPECT_NE(options.error().message().find(row.says), std::string::npos)
        << options.error().message();
    EXPECT_EQ(options.error().message().find("s3cret"), std::string::npos);
  }
}

TEST(RedisOptions, FilesOfTlsAreLookedAtBeforeTheFirstConnection) {
  const struct {
    TlsOptions options;
    std::string_view says;
  } rows[] = {
      {{"", "", "/nowhere/ca.pem", true}, "`ssl_ca_certs`: /nowhere/ca.pem: no such file"},
      {{"", "", "/dev/zero", true}, "`ssl_ca_certs`: /dev/zero: not a regular file"},
      {{"", "/nowhere/c.pem", "", false}, "`ssl_certfile`: /nowhere/c.pem: no such file"},
      {{"", "/etc/hostname", "", false}, "`ssl_certfile`: /etc/hostname: "},
  };
  for (const auto& row : rows) {
    const auto context = fakes::run(make_tls_context(row.options));
    ASSERT_FALSE(context) << row.says;
    EXPECT_EQ(context.error().code(), Errc::invalid_config);
    EXPECT_EQ(context.error().message().substr(0, row.says.size()), row.says);
  }
}

TEST(RedisInfo, SaysWhatTheAgentNeedsToKnow) {
  EXPECT_EQ(kRedisdb.name, "redisdb");
  EXPECT_EQ(kRedisdb.name_space, "redis");
  // 72 fields of INFO, 17 others.
  EXPECT_EQ(kRedisdb.metrics.size(), 89u);
  std::set<std::string_view> names;
  for (const MetricInfo& metric : kRedisdb.metrics) {
    EXPECT_TRUE(metric.name.starts_with("redis.")) << metric.name;
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name << " is there twice";
  }
  EXPECT_EQ(kRedisdb.ad_identifiers.size(), 1u);
  EXPECT_EQ(kRedisdb.service_checks.size(), 2u);
  EXPECT_TRUE(kRedisdb.declined_options.empty());
}

}  // namespace
}  // namespace remora::checks::redisdb
