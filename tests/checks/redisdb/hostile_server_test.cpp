// Servers that are slow, broken, hostile, or no Redis at all.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

#include "checks/redisdb/redis_run.hpp"

namespace remora::checks {
namespace {

using namespace fakes::script;
using model::CheckStatus;
using model::Map;
using model::Value;

const std::string kInfo = "redis_version:7.0.15\r\nrole:master\r\nused_memory:100\r\n";

// What a small Redis answers.
std::map<std::string, std::string> small_redis(std::map<std::string, std::string> changes = {}) {
  std::map<std::string, std::string> answers{
      {"PING", "+PONG\r\n"}, {"INFO", bulk(kInfo)}, {"SLOWLOG", "*0\r\n"}, {"SELECT", "+OK\r\n"}};
  for (auto& [command, answer] : changes) answers[command] = answer;
  return answers;
}

Map with(Map instance, std::string_view key, Value value) {
  instance.set(key, std::move(value));
  return instance;
}

TEST(RedisHostile, TheScriptedServerIsGoodEnoughForARun) {
  fakes::ScriptedServer server({{serve(small_redis())}});
  RedisRun redis(at_port(server.port()));
  const auto done = redis.run();
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(redis.sender.value("mem.used", "redis_role:master"), 100);
  ASSERT_TRUE(redis.run());
  EXPECT_EQ(server.connections(), 1u);
  const std::vector<std::string> requests = server.requests();
  EXPECT_EQ(std::vector<std::string>(requests.begin(), requests.begin() + 6),
            (std::vector<std::string>{"PING", "INFO", "PING", "CONFIG GET maxclients",
                                      "CONFIG GET slowlog-max-len", "SLOWLOG GET 128"}));
}

TEST(RedisHostile, EachFailureIsNamedAndMakesTheServiceCheckCritical) {
  std::string nested;
  for (int i = 0; i < 1000; ++i) nested += "*1\r\n";
  const struct {
    const char* name;
    fakes::Script script;
    Errc code;
    std::string_view says;
  } rows[] = {
      {"no Redis", {drain()}, Errc::timeout, "PING: no answer within 300 ms (`socket_timeout`)"},
      {"HTTP",
       {send("HTTP/1.1 400 Bad Request\r\n\r\n"), drain()},
       Errc::malformed_payload,
       "this is not the protocol of Redis: a value starts with \"HTTP/1.1 400 Bad Request\""},
      {"binary",
       {send(std::string("\x16\x03\x01\x00\n", 5)), drain()},
       Errc::malformed_payload,
       "protocol"},
      {"closes at once", {close(), drain()}, Errc::network, "PING: the server closed"},
      {"resets", {reset()}, Errc::network, ""},
      {"half an answer", {send("+PO"), close(), drain()}, Errc::network, "closed the connection"},
      {"a line without end",
       {send('+' + std::string(1 << 20, 'a')), drain()},
       Errc::too_large,
       "a line of more than 65536 bytes"},
      {"announces 100 MB", {send("$104857600\r\n"), drain()}, Errc::too_large, "8388608 bytes"},
      {"announces a billion values", {send("*1000000000\r\n"), drain()}, Errc::too_large, "131072"},
      {"deep lists", {send(nested), drain()}, Errc::too_large, "8 levels"},
      {"protected mode",
       {send("-DENIED Redis is running in protected mode\r\n"), close(), drain()},
       Errc::unknown,
       "PING: DENIED Redis is running in protected mode"},
      {"still loading",
       {serve({{"PING", "-LOADING Redis is loading the dataset in memory\r\n"}})},
       Errc::unknown,
       "PING: LOADING Redis is loading"},
      {"wants a password",
       {serve({{"PING", "-NOAUTH Authentication required.\r\n"}})},
       Errc::unauthorized,
       "PING: NOAUTH Authentication required. Set `password`"},
      {"INFO not permitted",
       {serve(small_redis({{"INFO", "-NOPERM no permissions\r\n"}}))},
       Errc::unauthorized,
       "INFO: NOPERM no permissions"},
      {"INFO is a list",
       {serve(small_redis({{"INFO", "*0\r\n"}}))},
       Errc::malformed_payload,
       "is not a text"},
      {"INFO is empty",
       {serve(small_redis({{"INFO", "$0\r\n\r\n"}}))},
       Errc::malformed_payload,
       "no fields"},
      {"INFO hangs", {serve(small_redis({{"INFO", "$10\r\n"}}))}, Errc::timeout, "INFO: no answer"},
      {"INFO ends the connection",
       {serve(small_redis({{"INFO", ""}}))},
       Errc::network,
       "INFO: the server closed"},
      {"more than was asked for",
       {serve(small_redis({{"PING", "+PONG\r\n+PONG\r\n"}}))},
       Errc::malformed_payload,
       "what nobody asked for"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    fakes::ScriptedServer server({row.script});
    RedisRun redis(with(at_port(server.port()), "socket_timeout", 0.3));
    const auto done = redis.run();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), row.code) << done.error().message();
    const std::string begin = "127.0.0.1:" + std::to_string(server.port()) + ": ";
    EXPECT_TRUE(done.error().message().starts_with(begin)) << done.error().message();
    EXPECT_NE(done.error().message().find(row.says), std::string::npos) << done.error().message();
    const auto* check = redis.sender.check("can_connect");
    ASSERT_NE(check, nullptr);
    EXPECT_EQ(check->status, CheckStatus::critical);
    EXPECT_EQ(check->message, done.error().message());
    EXPECT_EQ(check->tags,
              (std::vector<std::string>{"redis_host:127.0.0.1",
                                        "redis_port:" + std::to_string(server.port())}));
    EXPECT_TRUE(redis.sender.values.empty());
  }
}

TEST(RedisHostile, AHundredMegabytesAreNotReadToTheirEnd) {
  // Small values, so that no announcement gives it away.
  const std::string part = "+" + std::string(1000, 'a') + "\r\n";
  std::string flood = "*100000\r\n";
  for (int i = 0; i < 1000; ++i) flood += part;
  fakes::ScriptedServer server({{send(flood), forever({send(flood)})}});
  RedisRun redis(at_port(server.port()));
  const auto done = redis.run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::too_large);
}

TEST(RedisHostile, PasswordsStayOutOfEveryText) {
  const std::string secret = "s3cr3t-Pa55";
  const struct {
    std::string answer;
    std::string_view says;
  } rows[] = {
      {"-WRONGPASS invalid username-password pair\r\n", "AUTH: the server refuses `password`"},
      {"-ERR invalid password\r\n", "AUTH: the server refuses `password`"},
      {"-ERR Client sent AUTH, but no password is set\r\n", "AUTH: the server wants no password"},
      {"-ERR AUTH <password> called without any password configured for the default user.\r\n",
       "AUTH: the server wants no password"},
      {"-ERR unknown command `AUTH`, with args beginning with: `" + secret + "`, \r\n",
       "AUTH: the server does not know this command"},
      {"-ERR what is " + secret + "\r\n", "AUTH: the server refuses it"},
      {secret + "\r\n", "AUTH: "},
      {"*1\r\n$11\r\n" + secret + "\r\n", "PING: the server refuses it"},
      {"+OK\r\n", "PING: the server refuses it"},
  };
  for (const auto& row : rows) {
    fakes::ScriptedServer server(
        {{serve({{"AUTH", row.answer}, {"PING", "-ERR not for " + secret + "\r\n"}})}});
    RedisRun redis(with(at_port(server.port()), "password", secret));
    const auto done = redis.run();
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message().find(row.says), std::string::npos) << done.error().message();
    EXPECT_EQ(done.error().message().find(secret), std::string::npos) << done.error().message();
    EXPECT_EQ(redis.sender.check("can_connect")->message.find(secret), std::string::npos);
  }
}

TEST(RedisHostile, ARedisWithoutUsersGetsThePasswordAlone) {
  fakes::ScriptedServer server(
      {{serve(small_redis({{"AUTH app", "-ERR wrong number of arguments for 'auth' command\r\n"},
                           {"AUTH s", "+OK\r\n"}}))}});
  RedisRun redis(with(with(at_port(server.port()), "password", "s"), "username", "app"));
  ASSERT_TRUE(redis.run());
  EXPECT_EQ(server.requests()[0], "AUTH app s");
  EXPECT_EQ(server.requests()[1], "AUTH s");
}

TEST(RedisHostile, ManagedServersThatRefuseCommandsMakeNoFailure) {
  fakes::ScriptedServer server(
      {{serve(small_redis({{"SLOWLOG", "-ERR unknown command 'SLOWLOG'\r\n"}}))}});
  Map instance = at_port(server.port());
  instance.set("collect_client_metrics", true);
  instance.set("command_stats", true);
  RedisRun redis(instance);
  ASSERT_TRUE(redis.run());
  EXPECT_FALSE(redis.sender.find("net.maxclients"));
  // What was asked for by an option and refused is said.
  ASSERT_EQ(redis.sender.warnings.size(), 1u);
  EXPECT_EQ(redis.sender.warnings[0],
            "`collect_client_metrics`: CLIENT LIST: ERR unknown command 'CLIENT'");
}

TEST(RedisHostile, WhatWasSentBeforeALateFailureStays) {
  fakes::ScriptedServer server({{serve(small_redis({{"SLOWLOG", ""}}))}});
  RedisRun redis(at_port(server.port()));
  const auto done = redis.run();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message().find("SLOWLOG: the server closed"), std::string::npos);
  EXPECT_EQ(redis.sender.check("can_connect")->status, CheckStatus::ok);
  EXPECT_EQ(redis.sender.value("mem.used"), 100);
  // The next run starts on a new connection.
  EXPECT_FALSE(redis.run());
  EXPECT_EQ(server.connections(), 2u);
}

TEST(RedisHostile, ScansThatNeverEndAreGivenUp) {
  const std::string keys = "*2\r\n$1\r\n7\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n";
  const auto server_answers = small_redis({{"INFO", bulk(kInfo + "db0:keys=9,expires=0\r\n")},
                                           {"SCAN", keys},
                                           {"TYPE", "+string\r\n"}});
  fakes::ScriptedServer server({{serve(server_answers)}});
  RedisRun redis(with(at_port(server.port()), "keys", Value::List{"*"}));
  const auto done = redis.run();
  ASSERT_TRUE(done) << done.error().message();
  // A key counts once however often SCAN names it.
  EXPECT_EQ(redis.sender.count("key.length"), 2u);
  ASSERT_EQ(redis.sender.warnings.size(), 1u);
  EXPECT_NE(redis.sender.warnings[0].find("too many keys"), std::string::npos);
}

TEST(RedisHostile, AConnectionForEachRunWhereThatIsWanted) {
  fakes::ScriptedServer server({{serve(small_redis())}});
  RedisRun redis(with(at_port(server.port()), "disable_connection_cache", "true"));
  ASSERT_TRUE(redis.run());
  ASSERT_TRUE(redis.run());
  EXPECT_EQ(server.connections(), 2u);
}

TEST(RedisHostile, AKeptConnectionThatTheServerHasClosedIsNoFailure) {
  // It dies of the second run's first command, so that no look at the socket can tell before.
  fakes::ScriptedServer server({{serve(small_redis(), 6)}, {serve(small_redis())}});
  RedisRun redis(at_port(server.port()));
  ASSERT_TRUE(redis.run());
  const auto again = redis.run();
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(server.connections(), 2u);
  EXPECT_EQ(redis.sender.check("can_connect")->status, CheckStatus::ok);
}

TEST(RedisHostile, NobodyListens) {
  std::uint16_t port = 0;
  {
    fakes::ScriptedServer server({{drain()}});
    port = server.port();
  }
  RedisRun redis(at_port(port));
  const auto done = redis.run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(),
            "127.0.0.1:" + std::to_string(port) + ": cannot connect: Connection refused");
  RedisRun socket({{"unix_socket_path", "/nowhere/redis.sock"}});
  EXPECT_EQ(socket.run().error().message(),
            "/nowhere/redis.sock: cannot connect: No such file or directory");
  EXPECT_EQ(socket.sender.check("can_connect")->tags,
            (std::vector<std::string>{"redis_host:/nowhere/redis.sock", "redis_port:unix_socket"}));
}

TEST(RedisHostile, ANameThatDoesNotResolve) {
  RedisRun redis({{"host", "redis.invalid"}, {"port", 6379}});
  const auto done = redis.run();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message().find("redis.invalid"), std::string::npos);
}

TEST(RedisHostile, ACancelledRunClosesTheConnection) {
  fakes::ScriptedServer server({{serve(small_redis({{"INFO", "$10\r\n"}}))}});
  RedisRun redis(with(at_port(server.port()), "socket_timeout", 0.3));
  asio::cancellation_signal stop;
  bool ended = false;
  asio::co_spawn(redis.io, redis.check().run(redis.sender),
                 asio::bind_cancellation_slot(
                     stop.slot(), [&](std::exception_ptr, const Result<void>&) { ended = true; }));
  while (server.requests().size() < 2) redis.io.poll_one();  // INFO is under way
  stop.emit(asio::cancellation_type::terminal);
  while (!ended) redis.io.run_one();
  EXPECT_FALSE(redis.run());
  EXPECT_EQ(server.connections(), 2u);
}

TEST(RedisHostile, TlsByItsOptions) {
  const fakes::TestCa ca;
  const std::string bundle = testing::TempDir() + "redisdb_ca.pem";
  ca.write_bundle(bundle);
  const struct {
    const char* name;
    fakes::TestCertificate identity;
    Map options;
    std::string_view says;  ///< empty = works
  } rows[] = {
      {"trusted", ca.issue("127.0.0.1"), {{"ssl", true}, {"ssl_ca_certs", bundle}}, ""},
      {"unknown issuer",
       fakes::self_signed("127.0.0.1"),
       {{"ssl", "true"}, {"ssl_ca_certs", bundle}},
       "the certificate of the server is refused"},
      {"another host",
       ca.issue("redis.example.com"),
       {{"ssl", true}, {"ssl_ca_certs", bundle}},
       "IP address mismatch; check `host` and `ssl_ca_certs`"},
      {"not verified",
       fakes::self_signed("redis.example.com"),
       {{"ssl", true}, {"ssl_cert_reqs", 0}},
       ""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    fakes::ScriptedServer server({{tls(row.identity), serve(small_redis())}});
    Map instance = at_port(server.port());
    for (const model::MapEntry& entry : row.options.entries()) instance.set(entry.key, entry.value);
    RedisRun redis(instance);
    const auto done = redis.run();
    if (row.says.empty()) {
      ASSERT_TRUE(done) << done.error().message();
      EXPECT_EQ(redis.sender.value("mem.used"), 100);
      EXPECT_TRUE(redis.run());
      EXPECT_EQ(server.connections(), 1u);
    } else {
      ASSERT_FALSE(done);
      EXPECT_EQ(done.error().code(), Errc::tls);
      EXPECT_NE(done.error().message().find(row.says), std::string::npos) << done.error().message();
    }
  }
  fakes::ScriptedServer plain({{serve(small_redis())}});
  Map instance = at_port(plain.port());
  instance.set("ssl", true);
  instance.set("ssl_cert_reqs", "none");
  instance.set("socket_timeout", 0.3);
  EXPECT_FALSE(RedisRun(instance).run());
}

}  // namespace
}  // namespace remora::checks
