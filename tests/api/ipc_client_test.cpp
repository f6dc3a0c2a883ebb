#include "remora/api/ipc_client.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "api/local_socket.hpp"
#include "api/test_daemon.hpp"

namespace remora::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Listens on one of the names without knowing the secret, and treats callers as `behave` says.
class Impostor {
 public:
  using Behaviour = std::function<void(const LocalSocket&)>;
  explicit Impostor(int index, Behaviour behave)
      : listener_(LocalSocket::listening(ipc_socket_name(test_identity(), index))) {
    EXPECT_TRUE(listener_.ok());
    thread_ = std::thread([this, behave = std::move(behave)] {
      const LocalSocket caller = listener_.accepted();
      listener_.close();  // one caller, once
      if (caller.ok()) behave(caller);
    });
  }
  ~Impostor() { thread_.join(); }

 private:
  LocalSocket listener_;
  std::thread thread_;
};

TEST(IpcClient, FindsNobody) {
  const auto reply = ipc_request(test_identity(), "health", seconds(5));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), Errc::not_found);
}

struct Stranger {
  const char* name;
  void (*change)(IpcIdentity&);
};

class IpcClientOfAnother : public testing::TestWithParam<Stranger> {};

TEST_P(IpcClientOfAnother, ReachesNothing) {
  TestDaemon daemon(test_identity());
  IpcIdentity stranger = test_identity();
  GetParam().change(stranger);
  const auto reply = ipc_request(stranger, "health", seconds(5));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), Errc::not_found);
}

INSTANTIATE_TEST_SUITE_P(
    Identities, IpcClientOfAnother,
    testing::Values(Stranger{"Key", [](IpcIdentity& id) { id.secret += "x"; }},
                    Stranger{"Task", [](IpcIdentity& id) { id.metadata_uri += "x"; }},
                    Stranger{"Container", [](IpcIdentity& id) { id.mount_namespace += "x"; }}),
    [](const auto& row) { return row.param.name; });

TEST(IpcClient, WithoutASecretAsksNobody) {
  IpcIdentity nobody = test_identity();
  nobody.secret.clear();
  const auto reply = ipc_request(nobody, "health", seconds(5));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), Errc::unauthorized);
}

TEST(IpcClient, TellsAnImpostorNothingButANonce) {
  std::string heard;
  {
    Impostor impostor(0, [&heard](const LocalSocket& caller) {
      heard = caller.read_line() + "\n";
      caller.write(std::string(64, 'a') + " " + std::string(64, 'b') + "\n");
      heard += caller.read_to_end();
    });
    const auto reply = ipc_request(test_identity(), "status?section=secret", seconds(5));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), Errc::unauthorized);
  }
  EXPECT_EQ(heard.size(), 8u + 64u + 1u);
  EXPECT_EQ(heard.substr(0, 8), "REMORA1 ");
}

TEST(IpcClient, FindsTheDaemonBehindAnImpostorThatKeepsSilent) {
  const auto squatter = LocalSocket::listening(ipc_socket_name(test_identity(), 0));
  TestDaemon daemon(test_identity());
  const auto begin = std::chrono::steady_clock::now();
  const auto reply = ipc_request(test_identity(), "health", seconds(20));
  ASSERT_TRUE(reply) << reply.error().message();
  EXPECT_EQ(reply->body, "echo health");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(5));
}

TEST(IpcClient, FindsTheDaemonBehindAnImpostorThatTalksRubbish) {
  Impostor impostor(0, [](const LocalSocket& caller) { caller.write("\xff\xfe\n\n"); });
  TestDaemon daemon(test_identity());
  const auto reply = ipc_request(test_identity(), "health", seconds(20));
  ASSERT_TRUE(reply) << reply.error().message();
}

TEST(IpcClient, GivesUpOnASilentListenerInTime) {
  const auto squatter = LocalSocket::listening(ipc_socket_name(test_identity(), 0));
  const auto begin = std::chrono::steady_clock::now();
  const auto reply = ipc_request(test_identity(), "health", milliseconds(200));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), Errc::timeout);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(200));
}

/// A server that knows the secret, up to the point where the reply is due.
void greet(const LocalSocket& caller) {
  const std::string nonce = caller.read_line().substr(8);
  const std::string own(64, 'c');
  caller.write(own + " " + ipc_proof(ipc_key(test_identity(), 0), "server", nonce, own, "") + "\n");
  (void)caller.read_line();
}

struct BadReply {
  const char* name;
  std::string bytes;
  Errc code;
};

class IpcClientRefusesReply : public testing::TestWithParam<BadReply> {};

TEST_P(IpcClientRefusesReply, WithTheCodeOfItsFault) {
  Impostor daemon(0, [](const LocalSocket& caller) {
    greet(caller);
    caller.write(GetParam().bytes);
  });
  const auto reply = ipc_request(test_identity(), "health", seconds(5));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(Replies, IpcClientRefusesReply,
                         testing::Values(BadReply{"Closed", "", Errc::unauthorized},
                                         BadReply{"CutHead", "200", Errc::io},
                                         BadReply{"CutBody", "200 10\nabc", Errc::io},
                                         BadReply{"TooLarge", "200 4194305\nabc", Errc::io},
                                         BadReply{"NotAHead", "hello\n", Errc::io},
                                         BadReply{"EndlessHead", std::string(8192, 'x'), Errc::io}),
                         [](const auto& row) { return row.param.name; });

TEST(IpcClient, TriesAgainWhenItIsDisplacedBeforeAndAfterTheGreeting) {
  const auto listener = LocalSocket::listening(ipc_socket_name(test_identity(), 0));
  ASSERT_TRUE(listener.ok());
  std::thread daemon([&listener] {
    listener.accepted().close();
    greet(listener.accepted());
    const LocalSocket caller = listener.accepted();
    greet(caller);
    caller.write("200 2\nok");
  });
  const auto reply = ipc_request(test_identity(), "health", seconds(20));
  daemon.join();
  ASSERT_TRUE(reply) << reply.error().message();
  EXPECT_EQ(reply->body, "ok");
}

TEST(IpcClient, AReplyThatNeverEndsTimesOut) {
  Impostor daemon(0, [](const LocalSocket& caller) {
    greet(caller);
    caller.write("200 10\nabc");
    (void)caller.read_to_end();
  });
  const auto reply = ipc_request(test_identity(), "health", milliseconds(300));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), Errc::timeout);
}

}  // namespace
}  // namespace remora::api
