#include "remora/dogstatsd/listener.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <set>
#include <thread>

#include "dogstatsd/datagram_reader.hpp"
#include "dogstatsd/packet_log.hpp"
#include "dogstatsd/test_client.hpp"
#include "fakes/allocation_counter.hpp"
#include "fakes/fake_clock.hpp"

namespace remora::dogstatsd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t kUdp = 0, kDatagram = 1;

class ListenersTest : public testing::Test {
 protected:
  ListenersTest() {
    options_.any_free_port = true;
    options_.udp_port = 0;
  }
  ~ListenersTest() override {
    cancel_.emit(asio::cancellation_type::terminal);
    if (listeners_) io_.poll();
  }

  void open() { listeners_ = Listeners::open(options_, counters_, warnings_); }
  void open_without_udp() {
    options_.any_free_port = false;
    open();
  }
  void start() {
    asio::co_spawn(io_, listeners_->run(log_, clock_, health_),
                   asio::bind_cancellation_slot(cancel_.slot(),
                                                [this](std::exception_ptr) { ended_ = true; }));
  }
  // Runs the loop until the sink has seen `count` packets.
  void run_until(std::size_t count) {
    while (log_.packets.size() < count) ASSERT_GT(io_.run_one(), 0u);
  }

  TemporaryDirectory directory_;
  ListenerOptions options_;
  telemetry::DogstatsdCounters counters_;
  std::vector<std::string> warnings_;
  std::unique_ptr<Listeners> listeners_;
  fakes::FakeClock clock_;
  telemetry::HealthRegistry registry_{clock_};
  telemetry::HealthComponent& health_ = registry_.add("dogstatsd", std::chrono::seconds(15));
  PacketLog log_;
  asio::cancellation_signal cancel_;
  asio::io_context io_;
  bool ended_ = false;
};

TEST_F(ListenersTest, KeepsWhatWasSentBeforeTheLoopRuns) {
  open();
  EXPECT_THAT(warnings_, ElementsAre());
  UdpClient client(listeners_->udp_port());
  for (int i = 0; i < 150; ++i) client.send("m:" + std::to_string(i) + "|c");

  start();
  run_until(150);

  EXPECT_EQ(log_.packets.front(), "m:0|c");
  EXPECT_EQ(log_.packets.back(), "m:149|c");
  EXPECT_EQ(counters_.packets[kUdp].value, 150u);
  EXPECT_EQ(counters_.bytes[kUdp].value, 10 * 5u + 90 * 6u + 50 * 7u);
  EXPECT_EQ(log_.largest_batch, 64u);
  EXPECT_EQ(listeners_->last_packet(), clock_.now());
}

TEST_F(ListenersTest, GoesOnReadingAfterTheFirstPacket) {
  open();
  start();
  UdpClient client(listeners_->udp_port());
  for (std::size_t i = 1; i <= 40; ++i) {
    client.send("again");
    run_until(i);
  }
  EXPECT_EQ(counters_.packets[kUdp].value, 40u);
}

TEST_F(ListenersTest, MarksWhatDidNotFitTheBuffer) {
  options_.buffer_size = 16;
  open();
  UdpClient client(listeners_->udp_port());
  client.send("0123456789abcdef");
  client.send("0123456789abcdefX");
  client.send("");
  start();
  run_until(3);

  EXPECT_THAT(log_.packets, ElementsAre("0123456789abcdef", "0123456789abcdef", ""));
  EXPECT_THAT(log_.truncated, ElementsAre(false, true, false));
  EXPECT_EQ(counters_.truncated[kUdp].value, 1u);
}

TEST_F(ListenersTest, LocalhostIsTheLoopbackOfBothFamilies) {
  open();
  const std::string port = ':' + std::to_string(listeners_->udp_port());
  const auto sockets = listeners_->sockets();
  ASSERT_FALSE(sockets.empty());
  EXPECT_EQ(sockets[0].address, "127.0.0.1" + port);
  EXPECT_EQ(sockets[0].transport, Transport::udp);
  EXPECT_GT(sockets[0].receive_buffer, 0u);
  if (sockets.size() == 1) GTEST_SKIP() << "SKIPPED dogstatsd: no IPv6 here";
  EXPECT_EQ(sockets[1].address, "[::1]" + port);
  UdpClient("::1", listeners_->udp_port()).send("six");
  start();
  run_until(1);
  EXPECT_THAT(log_.packets, ElementsAre("six"));
}

TEST_F(ListenersTest, NonLocalTrafficIsBothFamiliesOnOneSocket) {
  options_.non_local_traffic = true;
  open();
  ASSERT_EQ(listeners_->sockets().size(), 1u);
  EXPECT_THAT(listeners_->sockets()[0].address,
              testing::AnyOf(HasSubstr("[::]:"), HasSubstr("0.0.0.0:")));
  UdpClient("127.0.0.2", listeners_->udp_port()).send("four");
  start();
  run_until(1);
  EXPECT_THAT(log_.packets, ElementsAre("four"));
}

TEST_F(ListenersTest, APortInUseIsAWarningAndTheOthersWork) {
  open();
  ListenerOptions second;
  second.udp_port = listeners_->udp_port();
  second.datagram_socket = directory_.path("dsd.socket");
  std::vector<std::string> warnings;
  const auto other = Listeners::open(second, counters_, warnings);

  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], HasSubstr("UDP 127.0.0.1:" + std::to_string(second.udp_port)));
  EXPECT_THAT(warnings[0], HasSubstr("DD_DOGSTATSD_PORT"));
  ASSERT_EQ(other->sockets().size(), 1u);
  EXPECT_EQ(other->sockets()[0].address, second.datagram_socket);
}

TEST_F(ListenersTest, PortZeroIsNoUdp) {
  open_without_udp();
  EXPECT_FALSE(listeners_->any());
  EXPECT_EQ(listeners_->udp_port(), 0);
  EXPECT_THAT(warnings_, ElementsAre());
}

TEST_F(ListenersTest, AHostThatIsNoAddressOfOursIsAWarning) {
  options_.bind_host = "192.0.2.77";  // RFC 5737: belongs to nobody
  open();
  EXPECT_FALSE(listeners_->any());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("DD_BIND_HOST")));
}

TEST_F(ListenersTest, ANameServerThatHangsHoldsNobodyUp) {
  std::promise<void> answer;
  options_.bind_host = "agent.example";
  options_.look_up_limit = std::chrono::milliseconds(20);
  options_.before_look_up = [until = answer.get_future().share()] { until.wait(); };
  options_.datagram_socket = directory_.path("dsd.socket");
  open();
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("`agent.example` cannot be looked up")));
  EXPECT_TRUE(std::filesystem::exists(options_.datagram_socket));
  answer.set_value();
}

TEST_F(ListenersTest, UnixDatagramsComeWithTheProcessOfTheSender) {
  options_.datagram_socket = directory_.path("deep/er/dsd.socket");  // its directories are missing
  options_.credentials = true;
  open();
  EXPECT_THAT(warnings_, ElementsAre());
  UnixClient client(SOCK_DGRAM, options_.datagram_socket);
  client.send("a:1|c");
  client.send("b:1|c");
  UdpClient(listeners_->udp_port()).send("c:1|c");
  start();
  run_until(3);

  EXPECT_EQ(log_.from("a:1|c").pid, ::getpid());
  EXPECT_EQ(log_.from("b:1|c").pid, ::getpid());
  EXPECT_TRUE(log_.from("a:1|c").credentials);
  EXPECT_EQ(log_.from("a:1|c").transport, Transport::uds_datagram);
  EXPECT_EQ(log_.from("c:1|c").pid, 0);
  EXPECT_FALSE(log_.from("c:1|c").credentials);
  EXPECT_EQ(counters_.packets[kDatagram].value, 2u);
}

TEST_F(ListenersTest, WithoutOriginDetectionNobodyIsAskedWhoHeIs) {
  options_.datagram_socket = directory_.path("dsd.socket");
  open_without_udp();
  UnixClient(SOCK_DGRAM, options_.datagram_socket).send("a:1|c");
  start();
  run_until(1);
  EXPECT_EQ(log_.from("a:1|c").pid, 0);
  EXPECT_FALSE(log_.from("a:1|c").credentials);
}

TEST_F(ListenersTest, EverybodyMaySendAndTheFileGoesWithUs) {
  options_.datagram_socket = directory_.path("dsd.socket");
  open();
  struct stat info {};
  ASSERT_EQ(::lstat(options_.datagram_socket.c_str(), &info), 0);
  EXPECT_TRUE(S_ISSOCK(info.st_mode));
  EXPECT_EQ(info.st_mode & 07777, 0722u);
  listeners_.reset();
  EXPECT_FALSE(std::filesystem::exists(options_.datagram_socket));
}

TEST_F(ListenersTest, ItsRightsAreNeverOthersWhateverTheMaskOfTheProcess) {
  options_.datagram_socket = directory_.path("a/dsd.socket");
  std::atomic<bool> done{false};
  std::set<mode_t> seen;
  std::thread watcher([&] {
    do {  // until it has seen one, however seldom this thread runs: the last one stays
      struct stat info {};
      if (::lstat(options_.datagram_socket.c_str(), &info) == 0) seen.insert(info.st_mode & 07777);
    } while (!done || seen.empty());
  });
  for (const mode_t mask : {0000, 0022, 0077, 0777}) {
    const mode_t before = ::umask(mask);
    for (int i = 0; i < 50; ++i) {
      listeners_.reset();
      open_without_udp();
    }
    EXPECT_EQ(::umask(before), mask);
  }
  done = true;
  watcher.join();
  EXPECT_THAT(warnings_, ElementsAre());
  EXPECT_THAT(seen, ElementsAre(0722u));
  struct stat info {};
  ASSERT_EQ(::stat(directory_.path("a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0755u);
}

TEST_F(ListenersTest, TakesTheSocketOfAnEarlierRunButNotOfItsSuccessor) {
  options_.datagram_socket = directory_.path("dsd.socket");
  open();
  auto earlier = std::move(listeners_);
  open();
  EXPECT_THAT(warnings_, ElementsAre());
  earlier.reset();  // the file is no longer its own
  EXPECT_TRUE(std::filesystem::exists(options_.datagram_socket));
  UnixClient(SOCK_DGRAM, options_.datagram_socket).send("a:1|c");
  EXPECT_EQ(listeners_->poll(log_, 10), 1u);
}

TEST_F(ListenersTest, LeavesAloneWhatIsNoSocket) {
  options_.datagram_socket = directory_.path("dsd.socket");
  std::ofstream(options_.datagram_socket) << "precious";
  open();
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_THAT(warnings_[0], HasSubstr("dogstatsd_socket " + options_.datagram_socket));
  EXPECT_THAT(warnings_[0], HasSubstr("not a socket"));
  EXPECT_EQ(std::filesystem::file_size(options_.datagram_socket), 8u);
  EXPECT_NE(listeners_->udp_port(), 0);
}

TEST_F(ListenersTest, APathThatCannotBeMadeSaysWhy) {
  std::ofstream(directory_.path("file")) << "x";
  options_.datagram_socket = directory_.path("file/dsd.socket");
  open_without_udp();
  options_.datagram_socket = directory_.path(std::string(120, 'x'));
  open_without_udp();
  ASSERT_EQ(warnings_.size(), 2u);
  EXPECT_THAT(warnings_[0], HasSubstr("Not a directory"));
  EXPECT_THAT(warnings_[0], HasSubstr("mount a writable volume"));
  EXPECT_THAT(warnings_[1], HasSubstr("107 bytes"));
}

TEST_F(ListenersTest, ADefaultPathThatCannotBeMadeIsNoWarning) {
  std::ofstream(directory_.path("file")) << "x";
  options_.datagram_socket = directory_.path("file/dsd.socket");
  options_.datagram_socket_wanted = false;
  open_without_udp();
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(ListenersTest, CountsWhatTheKernelThrewAway) {
  options_.receive_buffer = 4096;
  open();
  UdpClient client(listeners_->udp_port());
  constexpr std::size_t kSent = 2000;
  for (std::size_t i = 0; i < kSent; ++i) client.send("overflow:1|c");
  listeners_->poll(log_, kSent);

  EXPECT_LT(log_.packets.size(), kSent);
  EXPECT_EQ(listeners_->sockets()[0].kernel_drops, kSent - log_.packets.size());
  EXPECT_EQ(listeners_->sockets()[0].kernel_drops, kSent - log_.packets.size());
}

TEST_F(ListenersTest, PollReadsNoMoreThanAsked) {
  open();
  UdpClient client(listeners_->udp_port());
  for (int i = 0; i < 100; ++i) client.send("m:1|c");
  EXPECT_EQ(listeners_->poll(log_, 70), 70u);
  EXPECT_EQ(listeners_->poll(log_, 70), 30u);
  EXPECT_EQ(listeners_->poll(log_, 70), 0u);
}

TEST_F(ListenersTest, PollFromWithinTheSinkLeavesItsPacketsAlone) {
  open();
  UdpClient client(listeners_->udp_port());
  for (int i = 0; i < 100; ++i) client.send("m:" + std::to_string(i));
  std::size_t inner = 0;
  log_.during = [&] { inner += listeners_->poll(log_, 10); };
  listeners_->poll(log_, 100);
  EXPECT_EQ(inner, 0u);
  EXPECT_EQ(log_.packets[0], "m:0");
}

TEST_F(ListenersTest, BeatsEveryFiveSecondsAlsoWhenNothingComes) {
  open();
  start();
  io_.poll();
  for (int i = 0; i < 10; ++i) {
    clock_.advance(std::chrono::seconds(5));
    io_.poll();
  }
  clock_.advance(std::chrono::seconds(14));
  EXPECT_TRUE(registry_.report().ok());
}

TEST_F(ListenersTest, ReadsNothingMoreOnceCancelled) {
  open();
  start();
  io_.poll();
  cancel_.emit(asio::cancellation_type::terminal);
  while (!ended_) ASSERT_GT(io_.run_one(), 0u);
  UdpClient(listeners_->udp_port()).send("late:1|c");
  io_.restart();
  io_.poll();
  EXPECT_THAT(log_.packets, ElementsAre());
  EXPECT_EQ(listeners_->poll(log_, 10), 1u) << "the socket listens on until we are gone";
}

TEST_F(ListenersTest, MayGoBeforeItsCoroutine) {
  open();
  start();
  io_.poll();
  listeners_.reset();
  cancel_.emit(asio::cancellation_type::terminal);
  io_.poll();
  EXPECT_TRUE(ended_);
}

TEST(KernelDrops, SurvivesTheWrapOfTheKernelsCounter) {
  KernelDrops drops;
  EXPECT_EQ(drops.update(0xffff'fff0u), 0xffff'fff0u);
  EXPECT_EQ(drops.update(0x10u), 0x1'0000'0010u);
  EXPECT_EQ(drops.update(0x10u), 0x1'0000'0010u);
}

TEST(KernelDrops, AreFoundByInodeInProcNet) {
  constexpr std::string_view kTable =
      "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode ref pointer drops             \n"
      "  391: 0100007F:1FBD 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
      "4711 2 0000000000000000 0         \n"
      "  392: 0100007F:1FBE 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
      "4712 2 0000000000000000 1234         \n"
      "  393: broken\n";
  EXPECT_EQ(drops_in_proc_net(kTable, 4712), 1234u);
  EXPECT_EQ(drops_in_proc_net(kTable, 4711), 0u);
  EXPECT_EQ(drops_in_proc_net(kTable, 471), std::nullopt);
  EXPECT_EQ(drops_in_proc_net("", 4711), std::nullopt);
}

TEST_F(ListenersTest, PeakMemoryOfDatagramsPastTheBuffer) {
  class Nowhere final : public PacketSink {
   public:
    void on_packets(std::span<const Packet> packets) override { seen += packets.size(); }
    std::size_t seen = 0;
  } nowhere;
  const fakes::PeakMemory memory;
  open();
  UdpClient client(listeners_->udp_port());
  const std::string datagram(60'000, 'x');
  for (std::size_t sent = 0; sent < 200;) {
    for (int i = 0; i < 4; ++i, ++sent) client.send(datagram);
    while (nowhere.seen < sent) ASSERT_GT(listeners_->poll(nowhere, 100), 0u);
  }
  EXPECT_EQ(counters_.truncated[kUdp].value, 200u);
  // 64 datagrams of one read, and the sockets; whole, these would take 3.8 MB.
  EXPECT_LT(memory.peak(), 64 * 8'192 + (256 << 10));
}

}  // namespace
}  // namespace remora::dogstatsd
