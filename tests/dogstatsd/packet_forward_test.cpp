#include "remora/dogstatsd/packet_forward.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <vector>

#include "fakes/fake_clock.hpp"

namespace remora::dogstatsd {
namespace {

// A UDP socket on a free port of the loopback interface.
class Receiver {
 public:
  Receiver() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    socklen_t length = sizeof address;
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ntohs(address.sin_port);
    const timeval limit{5, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;
  ~Receiver() { close(); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string next() const {
    std::string text(70'000, '\0');
    const ssize_t got = recv(fd_, text.data(), text.size(), 0);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
  }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

// Lets the test wait until a look-up has answered.
struct LookUps {
  std::mutex mutex;
  std::condition_variable changed;
  int done = 0;
  void add() {
    const std::lock_guard lock(mutex);
    ++done;
    changed.notify_all();
  }
  void wait(int count) {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return done >= count; }));
  }
};

class Forwarding : public testing::Test {
 protected:
  void give(PacketForward& forward, const std::vector<std::string>& texts) {
    std::vector<Packet> packets(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) packets[i].bytes = texts[i];
    forward.on_packets(packets);
  }
  // Gives single packets until one is sent: the look-up ends on a thread of its own.
  void give_until_sent(PacketForward& forward, const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (;;) {
      const auto errors = counters_.forward_errors.value;
      give(forward, {text});
      if (counters_.forward_errors.value == errors) return;
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    }
  }

  fakes::FakeClock clock_;
  telemetry::DogstatsdCounters counters_;
};

TEST_F(Forwarding, CopiesPacketsAsTheyAre) {
  const Receiver receiver;
  PacketForward forward("127.0.0.1", receiver.port(), clock_, counters_);
  give_until_sent(forward, "first");
  EXPECT_EQ(receiver.next(), "first");
  const auto errors = counters_.forward_errors.value;
  std::vector<std::string> many;
  for (int i = 0; i < 150; ++i) many.push_back("a:" + std::to_string(i) + "|c\n\0x");
  give(forward, many);
  for (const std::string& text : many) EXPECT_EQ(receiver.next(), text);
  EXPECT_EQ(counters_.forward_errors.value, errors);
}

TEST_F(Forwarding, LosesOnlyThePacketThatIsTooLong) {
  const Receiver receiver;
  PacketForward forward("127.0.0.1", receiver.port(), clock_, counters_);
  give_until_sent(forward, "first");
  EXPECT_EQ(receiver.next(), "first");
  const auto errors = counters_.forward_errors.value;
  give(forward, {"a", std::string(66'000, 'x'), "b"});
  EXPECT_EQ(receiver.next(), "a");
  EXPECT_EQ(receiver.next(), "b");
  EXPECT_EQ(counters_.forward_errors.value, errors + 1);
}

TEST_F(Forwarding, GoesOnAfterNobodyListened) {
  Receiver receiver;
  PacketForward forward("127.0.0.1", receiver.port(), clock_, counters_);
  give_until_sent(forward, "first");
  receiver.close();
  const auto errors = counters_.forward_errors.value;
  for (int i = 0; i < 10; ++i) give(forward, {"x", "y"});
  // Each refusal is counted once; how many of the 20 have one depends on the kernel.
  EXPECT_GT(counters_.forward_errors.value, errors);
  EXPECT_LE(counters_.forward_errors.value, errors + 20);
}

TEST_F(Forwarding, LooksANameUpAgainWhileThatFails) {
  const Receiver receiver;
  const auto look_ups = std::make_shared<LookUps>();
  const auto find = [look_ups, tries = std::make_shared<int>(0)](
                        const std::string& host, std::uint16_t port) -> Result<SocketAddress> {
    EXPECT_EQ(host, "statsd.internal");
    const bool fails = ++*tries == 1;
    auto result = fails ? Result<SocketAddress>(fail(Errc::network, "no such name"))
                        : look_up_udp("127.0.0.1", port);
    look_ups->add();
    return result;
  };
  PacketForward forward("statsd.internal", receiver.port(), clock_, counters_, find);
  look_ups->wait(1);
  give(forward, {"lost", "too"});
  EXPECT_EQ(counters_.forward_errors.value, 2u);
  while (counters_.forward_errors.value < 100) give(forward, {"lost"});  // no second look-up yet
  {
    const std::lock_guard lock(look_ups->mutex);
    EXPECT_EQ(look_ups->done, 1);
  }
  clock_.advance(std::chrono::seconds(30));
  give_until_sent(forward, "found");
  EXPECT_EQ(receiver.next(), "found");
}

TEST(LookUpUdp, NamesTheHost) {
  const auto found = look_up_udp("name.invalid", 1);
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message().find("name.invalid: "), std::string::npos);
  EXPECT_EQ(look_up_udp("::1", 1)->storage.ss_family, AF_INET6);
}

}  // namespace
}  // namespace remora::dogstatsd
