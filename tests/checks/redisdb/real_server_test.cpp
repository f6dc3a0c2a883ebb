// Against redis-server itself: which metrics, types and tags come out. The sets in
// tests/fixtures/checks/redisdb/ are written by REMORA_WRITE_GOLDEN=1, and read in a review.
#include <openssl/pem.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "checks/redisdb/redis_run.hpp"
#include "fakes/redis_server.hpp"
#include "fakes/source_dir.hpp"

namespace remora::checks {
namespace {

using fakes::RedisServer;
using model::CheckStatus;
using model::Map;
using model::Value;

class RedisReal : public testing::Test {
 protected:
  void SetUp() override {
    if (RedisServer::installed()) return;
    if (std::getenv("CI") != nullptr) FAIL() << "no redis-server: install the package redis-server";
    GTEST_SKIP() << "SKIPPED checks_redisdb: no redis-server (Debian package redis-server)";
  }
};

Map at(const RedisServer& server, Map more = {}) {
  Map instance = at_port(server.port());
  for (const model::MapEntry& entry : more.entries()) instance.set(entry.key, entry.value);
  return instance;
}

void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = fakes::source_dir() + "/tests/fixtures/checks/redisdb/" + name;
  if (std::getenv("REMORA_WRITE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  const std::string wanted{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, wanted) << path;
}

std::string golden(const RedisRun& redis, const RedisServer& server,
                   std::vector<std::pair<std::string, std::string>> more = {}) {
  more.emplace_back("redis_port:" + std::to_string(server.port()), "redis_port:PORT");
  return redis.sender.golden(more);
}

void expect_ok(const Result<void>& done) {
  EXPECT_TRUE(done) << (done ? "" : done.error().message());
}

/// Runs until the server has measured its memory for the first time, 100 ms after its start:
/// before, mem_fragmentation_ratio is "nan". The recorder then holds one run.
void run_measured(RedisRun& redis) {
  for (int i = 0; i < 100'000; ++i) {
    const auto done = redis.run();
    ASSERT_TRUE(done) << done.error().message();
    if (redis.sender.find("mem.fragmentation_ratio") != nullptr) return;
  }
  FAIL() << "the server never measures its memory";
}
void wait_until_measured(const RedisServer& server) {
  RedisRun redis(at(server));
  run_measured(redis);
}

TEST_F(RedisReal, AnEmptyServerGives63Values) {
  RedisServer server;
  RedisRun redis(at(server));
  run_measured(redis);
  EXPECT_EQ(redis.sender.values.size(), 63u);
  EXPECT_EQ(redis.sender.count(SubmitKind::gauge), 52u);
  EXPECT_EQ(redis.sender.count(SubmitKind::rate), 11u);
  EXPECT_EQ(redis.sender.value("net.maxclients"), 10'000);
  EXPECT_GE(*redis.sender.value("info.latency_ms"), 0);
  EXPECT_LT(*redis.sender.value("ping.latency_ms"), 1000);
  ASSERT_EQ(redis.sender.facts.size(), 1u);
  EXPECT_EQ(redis.sender.facts[0].first, "version");
  EXPECT_EQ(redis.sender.facts[0].second.substr(0, 2), "7.");
  EXPECT_TRUE(redis.sender.warnings.empty());
  expect_golden("standalone.txt", golden(redis, server));
}

TEST_F(RedisReal, KeysDatabasesSlowLogCommandsAndClients) {
  RedisServer server;
  wait_until_measured(server);
  for (const char* command :
       {"SET text a", "RPUSH list a b c", "SADD set a b", "ZADD zset 1 a 2 b 3 c 4 d",
        "HSET hash a 1 b 2", "XADD stream * a 1", "SETBIT bits 7 1", "EXPIRE text 1000",
        "CONFIG SET slowlog-log-slower-than 0"}) {
    ASSERT_NE(server.cli(command)[0], '-') << command;
  }
  RedisRun redis(at(server, {{"keys", Value::List{"text", "li*", "[sz]*et", "hash", "stream",
                                                  "bits", "nowhere", "no*match", "a\\*b"}},
                             {"command_stats", true},
                             {"collect_client_metrics", true}}));
  expect_ok(redis.run());
  const auto length = [&](const char* key) { return redis.sender.value("key.length", key); };
  EXPECT_EQ(length("key:text"), 1);
  EXPECT_EQ(length("key:list"), 3);
  EXPECT_EQ(length("key:set"), 2);
  EXPECT_EQ(length("key:zset"), 4);
  EXPECT_EQ(length("key:hash"), 2);
  EXPECT_EQ(length("key:stream"), 1);
  EXPECT_EQ(length("key:bits"), 1);
  EXPECT_EQ(length("key:nowhere"), 0);
  EXPECT_EQ(length("key:a\\*b"), 0);
  EXPECT_FALSE(redis.sender.find("key.length", "key:no*match"));
  EXPECT_EQ(redis.sender.warnings,
            (std::vector<std::string>{"key a\\*b is in no database of the server",
                                      "key nowhere is in no database of the server"}));
  EXPECT_EQ(redis.sender.value("keys", "redis_db:db0"), 7);
  EXPECT_EQ(redis.sender.value("expires", "redis_db:db0"), 1);
  EXPECT_EQ(redis.sender.value("persist", "redis_db:db0"), 6);
  EXPECT_EQ(redis.sender.value("net.connections", "source:unknown"), 1);
  EXPECT_EQ(redis.sender.value("command.calls", "command:set"), 1);
  EXPECT_EQ(redis.sender.value("command.calls", "command:config|set"), 1);
  EXPECT_GT(redis.sender.count("slowlog.micros"), 5u);
  EXPECT_FALSE(redis.sender.find("slowlog.micros")->has_tag("redis_role:master"));
  expect_golden("keys.txt", golden(redis, server));
}

TEST_F(RedisReal, KeysInSeveralDatabases) {
  RedisServer server;
  for (const char* command : {"RPUSH queue a b",
                              "EVAL \"redis.call('SELECT',3) redis.call('SADD',"
                              "'queue','x') redis.call('SET','only3','1')\" 0"}) {
    ASSERT_NE(server.cli(command)[0], '-') << command;
  }
  const Value::List keys{"queue", "only3", "gone"};
  RedisRun all(at(server, {{"keys", keys}, {"warn_on_missing_keys", "false"}}));
  expect_ok(all.run());
  const auto* in0 = all.sender.find("key.length", "redis_db:db0");
  ASSERT_NE(in0, nullptr);
  EXPECT_TRUE(in0->value == 2 && in0->has_tag("key:queue") && in0->has_tag("key_type:list"));
  EXPECT_EQ(all.sender.value("key.length", "key_type:set"), 1);
  EXPECT_EQ(all.sender.value("key.length", "key:only3"), 1);
  EXPECT_EQ(all.sender.find("key.length", "key:gone")->tags[0], "key:gone");
  EXPECT_EQ(all.sender.count("key.length"), 4u);
  EXPECT_TRUE(all.sender.warnings.empty());
  expect_ok(all.run());  // the connection is back at its database
  EXPECT_EQ(all.sender.count("key.length"), 4u);

  RedisRun one(at(server, {{"keys", keys}, {"db", "3"}}));
  expect_ok(one.run());
  EXPECT_EQ(one.sender.value("key.length", "key:queue"), 1);
  EXPECT_TRUE(one.sender.find("key.length", "key:gone")->has_tag("redis_db:db3"));
  EXPECT_EQ(one.sender.count("key.length"), 3u);

  RedisRun empty(at(server, {{"keys", keys}, {"db", 4}}));
  expect_ok(empty.run());
  EXPECT_EQ(empty.sender.count("key.length"), 0u);
  EXPECT_EQ(empty.sender.warnings, std::vector<std::string>{"`db`: database 4 holds no keys"});

  RedisRun missing(at(server, {{"db", 99}}));
  const auto done = missing.run();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message().find("SELECT 99: ERR DB index is out of range"),
            std::string::npos);
}

TEST_F(RedisReal, KeysOfAnEmptyServerAreZero) {
  RedisServer server;
  RedisRun redis(at(server, {{"keys", Value::List{"a", "b*"}}}));
  expect_ok(redis.run());
  EXPECT_EQ(redis.sender.value("key.length", "key:a"), 0);
  EXPECT_EQ(redis.sender.value("key.length", "key:b*"), 0);
  EXPECT_EQ(redis.sender.warnings,
            (std::vector<std::string>{"`keys`: the server holds no keys at all",
                                      "key a is in no database of the server",
                                      "key b* is in no database of the server"}));
}

TEST_F(RedisReal, ThousandsOfKeysBehindOnePattern) {
  RedisServer server;
  ASSERT_NE(server.cli("EVAL \"for i=1,2500 do redis.call('RPUSH','q:'..i,1,2) end\" 0")[0], '-');
  RedisRun redis(at(server, {{"keys", Value::List{"q:*"}}}));
  expect_ok(redis.run());
  EXPECT_EQ(redis.sender.count("key.length"), 2500u);
  EXPECT_EQ(redis.sender.value("key.length", "key:q:2500"), 2);
}

TEST_F(RedisReal, APrimaryAndItsReplica) {
  RedisServer primary({"--repl-diskless-sync-delay", "0"});
  RedisServer replica({"--replicaof", "127.0.0.1", std::to_string(primary.port())});
  // Answers when the replica has acknowledged, or after 20 s.
  const auto linked = [&] { return primary.cli("WAIT 1 20000"); };
  ASSERT_NE(primary.cli("SET a 1")[0], '-');
  for (int i = 0; i < 5 && linked() != ":1\r\n"; ++i) {
  }
  RedisRun above(at(primary)), below(at(replica));
  run_measured(above);
  const std::string replica_port = std::to_string(replica.port());
  const auto* delay = above.sender.find("replication.delay");
  ASSERT_NE(delay, nullptr);
  EXPECT_GE(delay->value, 0);
  EXPECT_TRUE(delay->has_tag("slave_id:0") && delay->has_tag("slave_ip:127.0.0.1"));
  expect_golden("primary.txt",
                golden(above, primary, {{"slave_port:" + replica_port, "slave_port:PORT"}}));

  run_measured(below);
  EXPECT_EQ(below.sender.check("replication.master_link_status")->status, CheckStatus::ok);
  EXPECT_EQ(below.sender.value("replication.master_link_down_since_seconds"), 0);
  expect_golden("replica.txt", golden(below, replica));

  primary.stop();
  // The replica sees the closed connection at its next turn: INFO is such a turn.
  for (int i = 0; i < 1000; ++i) {
    expect_ok(below.run());
    if (below.sender.check("replication.master_link_status")->status != CheckStatus::ok) break;
  }
  EXPECT_EQ(below.sender.check("replication.master_link_status")->status, CheckStatus::critical);
  EXPECT_TRUE(below.sender.find("replication.master_link_down_since_seconds", "redis_role:slave"));
}

TEST_F(RedisReal, WithoutConfigAsManagedServersAre) {
  RedisServer server({"--rename-command", "CONFIG", "", "--slowlog-log-slower-than", "0"});
  RedisRun redis(at(server));
  run_measured(redis);
  EXPECT_FALSE(redis.sender.find("net.maxclients"));
  EXPECT_EQ(redis.sender.values.size() - redis.sender.count("slowlog.micros"), 62u);
  EXPECT_GE(redis.sender.count("slowlog.micros"), 1u);
  EXPECT_TRUE(redis.sender.warnings.empty());
}

TEST_F(RedisReal, TheSlowLogIsReportedOnce) {
  RedisServer server({"--slowlog-log-slower-than", "0"});
  for (int i = 0; i < 200; ++i) (void)server.cli("GET a");
  RedisRun redis(at(server)), more(at(server, {{"slowlog-max-len", 3}}));
  (void)server.cli("CONFIG SET slowlog-max-len 500");
  (void)server.cli("CONFIG SET slowlog-log-slower-than -1");
  expect_ok(redis.run());
  EXPECT_EQ(redis.sender.count("slowlog.micros"), 128u);
  EXPECT_TRUE(redis.sender.find("slowlog.micros", "command:GET"));
  expect_ok(redis.run());
  EXPECT_EQ(redis.sender.count("slowlog.micros"), 0u);
  expect_ok(more.run());
  EXPECT_EQ(more.sender.count("slowlog.micros"), 3u);
}

TEST_F(RedisReal, PasswordsAndUsers) {
  const std::string secret = "correct-horse";
  RedisServer server({"--requirepass", secret, "--user", "watcher", "on", ">pa55", "+ping", "+info",
                      "+config|get", "+slowlog|get"});
  const struct {
    Map options;
    std::string_view says;  ///< empty = works
  } rows[] = {
      {{}, "NOAUTH Authentication required"},
      {{{"password", "wrong-horse"}}, "AUTH: the server refuses `password`"},
      {{{"password", secret}}, ""},
      {{{"username", "default"}, {"password", secret}}, ""},
      {{{"username", "watcher"}, {"password", "pa55"}}, ""},
      {{{"username", "watcher"}, {"password", secret}},
       "AUTH: the server refuses `username` and `password`"},
      {{{"username", "nobody"}}, "AUTH: the server refuses `username` and `password`"},
  };
  for (const auto& row : rows) {
    RedisRun redis(at(server, row.options));
    const auto done = redis.run();
    EXPECT_EQ(static_cast<bool>(done), row.says.empty()) << row.says;
    const auto* check = redis.sender.check("can_connect");
    ASSERT_NE(check, nullptr);
    if (row.says.empty()) {
      run_measured(redis);
      EXPECT_EQ(redis.sender.values.size(), 63u);
      continue;
    }
    EXPECT_EQ(done.error().code(), Errc::unauthorized);
    EXPECT_NE(done.error().message().find(row.says), std::string::npos) << done.error().message();
    EXPECT_EQ(done.error().message().find("horse"), std::string::npos);
    EXPECT_EQ(check->status, CheckStatus::critical);
  }
  RedisServer open;
  RedisRun redis(at(open, {{"password", secret}}));
  EXPECT_NE(redis.run().error().message().find("AUTH: the server wants no password"),
            std::string::npos);
}

TEST_F(RedisReal, AUserWithoutPermissionsForTheOptions) {
  RedisServer server(
      {"--user", "watcher", "on", ">pa55", "+ping", "+info", "+config|get", "+slowlog|get"});
  ASSERT_EQ(server.cli("SET a 1"), "+OK\r\n");
  RedisRun redis(at(server, {{"username", "watcher"},
                             {"password", "pa55"},
                             {"collect_client_metrics", true},
                             {"keys", Value::List{"a", "b*"}}}));
  expect_ok(redis.run());
  EXPECT_EQ(redis.sender.count("key.length"), 0u);
  ASSERT_EQ(redis.sender.warnings.size(), 2u);
  EXPECT_NE(redis.sender.warnings[0].find("CLIENT LIST: NOPERM"), std::string::npos);
  EXPECT_NE(redis.sender.warnings[1].find("SCAN: NOPERM"), std::string::npos);
}

TEST_F(RedisReal, AUnixSocket) {
  const std::string path =
      testing::TempDir() + "remora-redis-" + std::to_string(::getpid()) + ".sock";
  RedisServer server({"--unixsocket", path, "--port", "0"});
  RedisRun redis({{"unix_socket_path", path}});
  run_measured(redis);
  expect_golden("unix_socket.txt",
                redis.sender.golden({{"redis_host:" + path, "redis_host:SOCKET"}}));
  expect_ok(redis.run());
}

TEST_F(RedisReal, StoppedAndStartedAgain) {
  RedisServer server;
  RedisRun redis(at(server));
  expect_ok(redis.run());
  server.stop();
  const auto down = redis.run();
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().message(),
            "127.0.0.1:" + std::to_string(server.port()) + ": cannot connect: Connection refused");
  EXPECT_EQ(redis.sender.check("can_connect")->status, CheckStatus::critical);
  server.start();
  expect_ok(redis.run());
  EXPECT_EQ(redis.sender.check("can_connect")->status, CheckStatus::ok);
  // Nobody looked while it was away: the kept connection is a dead one.
  server.stop();
  server.start();
  run_measured(redis);
  EXPECT_EQ(redis.sender.values.size(), 63u);
}

TEST_F(RedisReal, OneConnectionForAllRuns) {
  RedisServer server;
  RedisRun redis(at(server));
  for (int i = 0; i < 3; ++i) expect_ok(redis.run());
  EXPECT_EQ(redis.sender.value("net.total_connections_received"), 1);
  RedisRun anew(at(server, {{"disable_connection_cache", "yes"}}));
  for (int i = 0; i < 3; ++i) expect_ok(anew.run());
  EXPECT_EQ(anew.sender.value("net.total_connections_received"), 4);
}

TEST_F(RedisReal, MutualTls) {
  const fakes::TestCa ca;
  const std::string dir = testing::TempDir() + "remora-redis-tls-" + std::to_string(::getpid());
  std::filesystem::create_directories(dir);
  ca.write_bundle(dir + "/ca.pem");
  const auto write = [&](const std::string& name, const fakes::TestCertificate& identity) {
    std::FILE* file = std::fopen((dir + '/' + name + ".crt").c_str(), "w");
    PEM_write_X509(file, identity.certificate.get());
    std::fclose(file);
    file = std::fopen((dir + '/' + name + ".key").c_str(), "w");
    PEM_write_PrivateKey(file, identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  };
  write("server", ca.issue("127.0.0.1"));
  write("client", ca.issue("remora"));
  RedisServer server({"--port", "0", "--tls-port", "PORT", "--tls-cert-file", dir + "/server.crt",
                      "--tls-key-file", dir + "/server.key", "--tls-ca-cert-file",
                      dir + "/ca.pem"});
  RedisRun redis(at(server, {{"ssl", true},
                             {"ssl_ca_certs", dir + "/ca.pem"},
                             {"ssl_certfile", dir + "/client.crt"},
                             {"ssl_keyfile", dir + "/client.key"}}));
  run_measured(redis);
  EXPECT_EQ(redis.sender.values.size(), 63u);
  EXPECT_EQ(redis.sender.value("net.total_connections_received"), 1);
  RedisRun stranger(at(server, {{"ssl", true}, {"ssl_ca_certs", dir + "/ca.pem"}}));
  EXPECT_FALSE(stranger.run());
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace remora::checks
