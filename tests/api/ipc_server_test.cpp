#include "remora/api/ipc_server.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <list>

#include "api/local_socket.hpp"
#include "api/test_daemon.hpp"
#include "fakes/peak_memory.hpp"
#include "remora/api/ipc_client.hpp"
#include "remora/core/known_secrets.hpp"

namespace remora::api {
namespace {

using std::chrono::seconds;

struct Violation {
  const char* name;
  std::string bytes;
};

class IpcServerRefuses : public testing::TestWithParam<Violation> {};

TEST_P(IpcServerRefuses, WithoutAnAnswerAndCountsIt) {
  TestDaemon daemon(test_identity());
  const auto client = LocalSocket::connected(ipc_socket_name(test_identity(), 0));
  ASSERT_TRUE(client.ok());
  client.write(GetParam().bytes);
  EXPECT_EQ(client.read_to_end(), "");
  daemon.stop();
  EXPECT_EQ(daemon.counters.ipc_rejected.value, 1u);
  EXPECT_EQ(daemon.counters.ipc_requests.value, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Openings, IpcServerRefuses,
    testing::Values(Violation{"Http", "GET /status HTTP/1.1\r\nHost: x\r\n\r\n"},
                    Violation{"Garbage", std::string("\0\x01\xff\n", 4)},
                    Violation{"Oversized", "REMORA1 " + std::string(5000, 'a')},
                    Violation{"ShortNonce", "REMORA1 abc\n"},
                    Violation{"TwoLinesAtOnce", "REMORA1 " + std::string(64, 'a') + "\n" +
                                                    std::string(64, 'b') + " health\n"}),
    [](const auto& row) { return row.param.name; });

/// A client that knows `key` and has read the greeting.
struct Opened {
  LocalSocket socket;
  std::string client_nonce, server_nonce, server_proof;
};

Opened open(const std::string& name, std::string client_nonce) {
  Opened opened{LocalSocket::connected(name), std::move(client_nonce), "", ""};
  opened.socket.write("REMORA1 " + opened.client_nonce + "\n");
  const std::string greeting = opened.socket.read_line();
  if (greeting.size() == 129) {
    opened.server_nonce = greeting.substr(0, 64);
    opened.server_proof = greeting.substr(65);
  }
  return opened;
}

TEST(IpcServer, AnswersWhoKnowsTheKey) {
  TestDaemon daemon(test_identity());
  const auto reply = ipc_request(test_identity(), "health", seconds(5));
  ASSERT_TRUE(reply) << reply.error().message();
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "echo health");
  daemon.stop();
  EXPECT_EQ(daemon.counters.ipc_requests.value, 1u);
  EXPECT_EQ(daemon.counters.ipc_rejected.value, 0u);
  EXPECT_TRUE(daemon.registry.report().ok());
}

TEST(IpcServer, ClosesOnAProofMadeWithAnotherKey) {
  TestDaemon daemon(test_identity());
  const auto opened = open(ipc_socket_name(test_identity(), 0), std::string(64, 'a'));
  IpcIdentity other = test_identity();
  other.secret = "another key";
  const std::string proof =
      ipc_proof(ipc_key(other, 0), "client", opened.client_nonce, opened.server_nonce, "config");
  opened.socket.write(proof + " config\n");
  EXPECT_EQ(opened.socket.read_to_end(), "");
  daemon.stop();
  EXPECT_EQ(daemon.counters.ipc_rejected.value, 1u);
}

TEST(IpcServer, ClosesWhenTheRequestIsNotTheOneProved) {
  TestDaemon daemon(test_identity());
  const auto opened = open(ipc_socket_name(test_identity(), 0), std::string(64, 'a'));
  const std::string proof = ipc_proof(ipc_key(test_identity(), 0), "client", opened.client_nonce,
                                      opened.server_nonce, "health");
  opened.socket.write(proof + " config\n");
  EXPECT_EQ(opened.socket.read_to_end(), "");
  daemon.stop();
  EXPECT_EQ(daemon.counters.ipc_rejected.value, 1u);
}

TEST(IpcServer, ClosesOnAReplayedProof) {
  TestDaemon daemon(test_identity());
  const std::string name = ipc_socket_name(test_identity(), 0);
  const auto first = open(name, std::string(64, 'a'));
  const std::string line = ipc_proof(ipc_key(test_identity(), 0), "client", first.client_nonce,
                                     first.server_nonce, "health") +
                           " health\n";
  first.socket.write(line);
  EXPECT_EQ(first.socket.read_to_end(), "200 11\necho health");  // golden bytes of the reply

  const auto second = open(name, std::string(64, 'a'));
  EXPECT_NE(second.server_nonce, first.server_nonce);
  second.socket.write(line);
  EXPECT_EQ(second.socket.read_to_end(), "");
  daemon.stop();
  EXPECT_EQ(daemon.counters.ipc_requests.value, 1u);
  EXPECT_EQ(daemon.counters.ipc_rejected.value, 1u);
}

TEST(IpcServer, ClosesOnItsOwnProofSentBack) {
  TestDaemon daemon(test_identity());
  const auto opened = open(ipc_socket_name(test_identity(), 0), std::string(64, 'a'));
  opened.socket.write(opened.server_proof + " health\n");
  EXPECT_EQ(opened.socket.read_to_end(), "");
}

TEST(IpcServer, TakesTheNextNameAndProvesItselfForThatNameOnly) {
  const auto squatter = LocalSocket::listening(ipc_socket_name(test_identity(), 0));
  ASSERT_TRUE(squatter.ok());
  TestDaemon daemon(test_identity());
  // What a squatter on name 0 could pass on from the daemon on name 1.
  const auto relayed = open(ipc_socket_name(test_identity(), 1), std::string(64, 'a'));
  const auto proof_for = [&](int index) {
    return ipc_proof(ipc_key(test_identity(), index), "server", relayed.client_nonce,
                     relayed.server_nonce, "");
  };
  EXPECT_EQ(relayed.server_proof, proof_for(1));
  EXPECT_NE(relayed.server_proof, proof_for(0));
}

TEST(IpcServer, FailsToListenWhenEveryNameIsTaken) {
  std::list<LocalSocket> squatters;
  for (int i = 0; i < kIpcNames; ++i) {
    squatters.push_back(LocalSocket::listening(ipc_socket_name(test_identity(), i)));
  }
  asio::io_context io;
  telemetry::Counters counters;
  core::SystemClock clock;
  telemetry::HealthRegistry registry(clock);
  auto& health = registry.add("ipc-server", seconds(0));
  const auto server =
      IpcServer::listen(io.get_executor(), test_identity(), counters, health, TestDaemon::answer);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code(), Errc::io);
}

TEST(IpcServer, NeedsASecret) {
  asio::io_context io;
  telemetry::Counters counters;
  core::SystemClock clock;
  telemetry::HealthRegistry registry(clock);
  auto& health = registry.add("ipc-server", seconds(0));
  IpcIdentity open_to_all = test_identity();
  open_to_all.secret.clear();
  const auto server =
      IpcServer::listen(io.get_executor(), open_to_all, counters, health, TestDaemon::answer);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code(), Errc::invalid_config);
}

struct Idlers {
  const char* name;
  std::string bytes;  ///< what each of them says before it falls silent
};

class IpcServerAmongIdlers : public testing::TestWithParam<Idlers> {};

// Regression: 16 idle connections held all places for 2 s, 800 for a minute and a half.
TEST_P(IpcServerAmongIdlers, AnswersWhoKnowsTheKeyAtOnce) {
  TestDaemon daemon(test_identity());
  std::list<LocalSocket> idle;
  for (int i = 0; i < 400; ++i) {
    idle.push_back(LocalSocket::connected(ipc_socket_name(test_identity(), 0)));
    ASSERT_TRUE(idle.back().ok());
    idle.back().write(GetParam().bytes);
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto reply = ipc_request(test_identity(), "health", seconds(8));
  ASSERT_TRUE(reply) << reply.error().message();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(2));
  for (const LocalSocket& socket : idle) EXPECT_NE(socket.read_to_end(), "<timeout>");
  daemon.stop();
  EXPECT_EQ(daemon.counters.ipc_rejected.value, 400u);
}

INSTANTIATE_TEST_SUITE_P(Said, IpcServerAmongIdlers,
                         testing::Values(Idlers{"Nothing", ""}, Idlers{"HalfALine", "REMORA1 ab"},
                                         Idlers{"AGoodOpening",
                                                "REMORA1 " + std::string(64, 'a') + "\n"}),
                         [](const auto& row) { return row.param.name; });

TEST(IpcServer, ACallerWithoutAProofHasAFifthOfASecond) {
  TestDaemon daemon(test_identity());
  const auto begin = std::chrono::steady_clock::now();
  const auto silent = LocalSocket::connected(ipc_socket_name(test_identity(), 0));
  EXPECT_EQ(silent.read_to_end(), "");
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, std::chrono::milliseconds(190));
  EXPECT_LT(took, seconds(1));
}

TEST(IpcServer, TheOldestSilentCallerGoesAndNotWhoHasSpoken) {
  TestDaemon daemon(test_identity());
  const std::string name = ipc_socket_name(test_identity(), 0);
  const auto first = open(name, std::string(64, 'a'));
  ASSERT_EQ(first.server_nonce.size(), 64u);
  std::list<LocalSocket> silent;
  for (int i = 0; i < 64; ++i) silent.push_back(LocalSocket::connected(name));
  const std::string proof = ipc_proof(ipc_key(test_identity(), 0), "client", first.client_nonce,
                                      first.server_nonce, "health");
  first.socket.write(proof + " health\n");
  EXPECT_EQ(first.socket.read_to_end(), "200 11\necho health");
}

TEST(IpcServer, AnswersTwentyCallersAtOnce) {
  TestDaemon daemon(test_identity());
  std::vector<std::thread> callers;
  std::vector<std::string> bodies(20);
  const IpcIdentity identity = test_identity();
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    callers.emplace_back([&, i] {
      const auto reply = ipc_request(identity, "r" + std::to_string(i), seconds(8));
      bodies[i] = reply ? reply->body : reply.error().message();
    });
  }
  for (auto& caller : callers) caller.join();
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    EXPECT_EQ(bodies[i], "echo r" + std::to_string(i));
  }
  daemon.stop();
  EXPECT_EQ(daemon.counters.ipc_requests.value, 20u);
}

TEST(IpcServer, AFailingHandlerIsAReply) {
  TestDaemon daemon(test_identity());
  const auto broken = ipc_request(test_identity(), "throw", seconds(5));
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->status, 500);
  const auto missing = ipc_request(test_identity(), "missing", seconds(5));
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->status, 404);
}

TEST(IpcServer, NoAnswerDrivesATerminal) {
  TestDaemon daemon(test_identity(), [](std::string_view) {
    return IpcReply{200, "metric\x1b]0;x\x07\n{\"tag\": \"\u202Ea\xff\"}\n"};
  });
  const auto reply = ipc_request(test_identity(), "anything", seconds(5));
  ASSERT_TRUE(reply) << reply.error().message();
  EXPECT_EQ(reply->body, "metric\\u001b]0;x\\u0007\n{\"tag\": \"\\u202ea\xEF\xBF\xBD\"}\n");
}

TEST(IpcServer, NoAnswerHoldsASecret) {
  core::remember_secret("canary-of-ipc");
  TestDaemon daemon(test_identity(), [](std::string_view request) {
    if (request == "json") return IpcReply{200, R"({"tags":["a:canary-of-ipc","token:x"]})", true};
    return IpcReply{200, "server says canary-of-ipc\npassword: hunter2\n"};
  });
  const auto text = ipc_request(test_identity(), "text", seconds(5));
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(text->body, "server says ********\npassword: ********\n");
  const auto json = ipc_request(test_identity(), "json", seconds(5));
  ASSERT_TRUE(json) << json.error().message();
  EXPECT_EQ(json->body, R"({"tags":["a:********","token:********"]})");
}

TEST(IpcServer, RepliesUpToFourMebibytes) {
  TestDaemon daemon(test_identity());
  const auto large = ipc_request(test_identity(), "large", seconds(5));
  ASSERT_TRUE(large) << large.error().message();
  EXPECT_EQ(large->body.size(), 4u * 1024 * 1024);
  const auto huge = ipc_request(test_identity(), "huge", seconds(5));
  ASSERT_TRUE(huge) << huge.error().message();
  EXPECT_EQ(huge->status, 500);
}

TEST(PeakMemory, ConnectionsOfTheCommandLine) {
  TestDaemon daemon(test_identity());
  std::list<LocalSocket> idle;
  const fakes::PeakMemory peak;
  for (int i = 0; i < 400; ++i) {
    idle.push_back(LocalSocket::connected(ipc_socket_name(test_identity(), 0)));
    idle.back().write("REMORA1 " + std::string(4'000, 'a'));
  }
  EXPECT_TRUE(ipc_request(test_identity(), "health", seconds(8)));
  EXPECT_LT(peak.growth(), 4u << 20);
  daemon.stop();
}

// Twenty callers ask for 4 MiB each and do not read.
TEST(PeakMemory, AnswersToTheCommandLine) {
  TestDaemon daemon(test_identity());
  const std::string name = ipc_socket_name(test_identity(), 0);
  std::list<Opened> callers;
  const fakes::PeakMemory peak;
  for (int i = 0; i < 20; ++i) {
    callers.push_back(open(name, std::string(64, 'a')));
    const Opened& caller = callers.back();
    caller.socket.write(ipc_proof(ipc_key(test_identity(), 0), "client", caller.client_nonce,
                                  caller.server_nonce, "large") +
                        " large\n");
    EXPECT_NE(caller.socket.read_line(), "");  // its first line: an answer, or why there is none
  }
  EXPECT_LT(peak.growth(), 28u << 20);  // 8 MiB that wait, and the one being made
  daemon.stop();
}

TEST(IpcServer, StopsWhileAClientHangs) {
  TestDaemon daemon(test_identity());
  const auto hanging = open(ipc_socket_name(test_identity(), 0), std::string(64, 'a'));
  const auto begin = std::chrono::steady_clock::now();
  daemon.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(1));
  EXPECT_EQ(daemon.counters.ipc_rejected.value, 0u);  // our stop is not the caller's fault
}

TEST(IpcServer, CancellationEndsRun) {
  asio::io_context io;
  telemetry::Counters counters;
  core::SystemClock clock;
  telemetry::HealthRegistry registry(clock);
  auto& health = registry.add("ipc-server", seconds(0));
  auto server =
      IpcServer::listen(io.get_executor(), test_identity(), counters, health, TestDaemon::answer);
  ASSERT_TRUE(server);
  asio::cancellation_signal cancel;
  bool ended = false;
  asio::co_spawn(io, (*server)->run(),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e) {
                   EXPECT_FALSE(e);
                   ended = true;
                 }));
  asio::post(io, [&] {
    EXPECT_TRUE(registry.report().ok());  // it beats before the first caller
    cancel.emit(asio::cancellation_type::terminal);
  });
  io.run();
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace remora::api
