#include "dogstatsd/stream_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>

#include "dogstatsd/frame_assembler.hpp"
#include "dogstatsd/packet_log.hpp"
#include "dogstatsd/test_client.hpp"
#include "fakes/allocation_counter.hpp"
#include "fakes/fake_clock.hpp"

namespace remora::dogstatsd {
namespace {

using testing::ElementsAre;

std::string header(std::uint32_t length) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(length >> shift & 0xff);
  return bytes;
}
std::string frame(std::string_view payload) {
  return header(static_cast<std::uint32_t>(payload.size())) + std::string(payload);
}

// All frames of `stream` given in pieces of `piece` bytes, and how it ended.
struct Cut {
  std::vector<std::string> frames;
  FrameAssembler::Step end = FrameAssembler::Step::more;
  FrameAssembler::Inside inside = FrameAssembler::Inside::nothing;
};
Cut cut(std::string_view stream, std::size_t piece, std::size_t longest = 300) {
  FrameAssembler assembler(longest);
  Cut result;
  while (!stream.empty() && result.end == FrameAssembler::Step::more) {
    const std::string part(stream.substr(0, piece));  // a copy: what is kept must not point into it
    stream.remove_prefix(part.size());
    assembler.put(part);
    std::string_view payload;
    while ((result.end = assembler.next(payload)) == FrameAssembler::Step::frame)
      result.frames.emplace_back(payload);
    assembler.keep_rest();
  }
  result.inside = assembler.inside();
  return result;
}

TEST(FrameAssembler, GivesTheSameFramesForPiecesOfAnySize) {
  const std::string big(300, 'x');
  const std::string stream = frame("a:1|c") + frame("b") + frame(big) + frame("c:1|c\nd:2|c");
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    const Cut result = cut(stream, piece);
    EXPECT_THAT(result.frames, ElementsAre("a:1|c", "b", big, "c:1|c\nd:2|c")) << piece;
    EXPECT_EQ(result.inside, FrameAssembler::Inside::nothing) << piece;
  }
}

TEST(FrameAssembler, LengthIsLittleEndian) {
  const std::string payload(258, 'y');
  EXPECT_THAT(cut(std::string("\x02\x01\0\0", 4) + payload, 1000).frames, ElementsAre(payload));
}

TEST(FrameAssembler, RefusesLengthsOverTheLimitAtTheHeader) {
  for (const std::size_t piece : {1u, 4u, 100u}) {
    const Cut one_over = cut(frame("ok") + header(301), piece);
    EXPECT_THAT(one_over.frames, ElementsAre("ok"));
    EXPECT_EQ(one_over.end, FrameAssembler::Step::too_long);
    EXPECT_EQ(cut(header(0xffff'ffffu), piece).end, FrameAssembler::Step::too_long);
    EXPECT_EQ(cut(header(300), piece).end, FrameAssembler::Step::more);
  }
}

TEST(FrameAssembler, LengthZeroEndsTheStream) {
  const Cut result = cut(frame("ok") + header(0) + frame("never"), 1000);
  EXPECT_THAT(result.frames, ElementsAre("ok"));
  EXPECT_EQ(result.end, FrameAssembler::Step::empty);
}

TEST(FrameAssembler, KnowsWhetherAFrameHasBegun) {
  EXPECT_EQ(cut(frame("whole"), 3).inside, FrameAssembler::Inside::nothing);
  EXPECT_EQ(cut(frame("whole") + header(5).substr(0, 3), 2).inside, FrameAssembler::Inside::header);
  EXPECT_EQ(cut(header(5), 2).inside, FrameAssembler::Inside::payload);
  EXPECT_EQ(cut(header(5) + "1234", 2).inside, FrameAssembler::Inside::payload);
}

class StreamTest : public testing::Test {
 protected:
  StreamTest() {
    options_.udp_port = 0;
    options_.stream_socket = directory_.path("dsd.stream");
    options_.buffer_size = 300;
  }
  ~StreamTest() override {
    cancel_.emit(asio::cancellation_type::terminal);
    if (listeners_) io_.poll();
  }

  void start() {
    std::vector<std::string> warnings;
    listeners_ = Listeners::open(options_, counters_, warnings);
    EXPECT_THAT(warnings, ElementsAre());
    asio::co_spawn(io_, listeners_->run(log_, clock_, health_),
                   asio::bind_cancellation_slot(cancel_.slot(), [](std::exception_ptr) {}));
  }
  void run_until(const std::function<bool()>& done) {
    while (!done()) ASSERT_GT(io_.run_one(), 0u);
  }
  void run_until_packets(std::size_t count) {
    run_until([&] { return log_.packets.size() >= count; });
  }
  [[nodiscard]] std::uint64_t open_connections() const {
    const auto status = listeners_->status();
    for (const auto& [name, value] : status.children.at(0).fields)
      if (name == "Open connections") return std::get<std::uint64_t>(value);
    return 0;
  }
  void expect_closed(const UnixClient& client) {
    run_until([&] {
      char byte = 0;
      return ::recv(client.fd(), &byte, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET;
    });
  }
  UnixClient connect() { return {SOCK_STREAM, options_.stream_socket}; }

  TemporaryDirectory directory_;
  ListenerOptions options_;
  telemetry::DogstatsdCounters counters_;
  std::unique_ptr<Listeners> listeners_;
  fakes::FakeClock clock_;
  telemetry::HealthRegistry registry_{clock_};
  telemetry::HealthComponent& health_ = registry_.add("dogstatsd", std::chrono::seconds(15));
  PacketLog log_;
  asio::cancellation_signal cancel_;
  asio::io_context io_;
};

TEST_F(StreamTest, HandsOnManyFramesOfOneReadTogether) {
  start();
  const auto client = connect();
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += frame("m:" + std::to_string(i) + "|c");
  client.send(bytes);
  run_until_packets(100);

  EXPECT_EQ(log_.packets.front(), "m:0|c");
  EXPECT_EQ(log_.packets.back(), "m:99|c");
  EXPECT_EQ(log_.batches, 2u);
  EXPECT_EQ(log_.from("m:0|c").transport, Transport::uds_stream);
  EXPECT_FALSE(log_.from("m:0|c").credentials);
  EXPECT_EQ(counters_.packets[2].value, 100u);
  EXPECT_EQ(counters_.bytes[2].value, 10 * 5u + 90 * 6u);
  EXPECT_EQ(counters_.stream_connections_opened.value, 1u);
}

TEST_F(StreamTest, PutsAFrameTogetherByteByByteWhileOthersGoOn) {
  start();
  const auto slow = connect();
  const auto quick = connect();
  const std::string bytes = frame("slow:1|c");
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    slow.send(bytes.substr(i, 1));
    quick.send(frame("quick:1|c"));
    run_until_packets(i + 1);
  }
  slow.send(bytes.substr(bytes.size() - 1));
  run_until_packets(bytes.size());
  EXPECT_EQ(log_.packets.back(), "slow:1|c");
  EXPECT_EQ(open_connections(), 2u);
}

TEST_F(StreamTest, CredentialsAreThoseOfTheConnection) {
  options_.credentials = true;
  start();
  const auto client = connect();
  client.send(frame("a"));
  run_until_packets(1);
  EXPECT_EQ(log_.from("a").pid, ::getpid());
  EXPECT_TRUE(log_.from("a").credentials);
}

TEST_F(StreamTest, AFrameOverTheBufferClosesAndIsCounted) {
  start();
  const auto client = connect();
  client.send(frame("before") + header(0xffff'ffffu) + "x");
  expect_closed(client);
  EXPECT_THAT(log_.packets, ElementsAre("before"));
  EXPECT_EQ(counters_.stream_too_long.value, 1u);
  EXPECT_EQ(counters_.stream_cut_short.value, 0u);
  EXPECT_EQ(open_connections(), 0u);
}

TEST_F(StreamTest, LengthZeroIsACloseThatNobodyCounts) {
  start();
  const auto client = connect();
  client.send(header(0));
  expect_closed(client);
  EXPECT_EQ(counters_.stream_too_long.value + counters_.stream_cut_short.value, 0u);
}

TEST_F(StreamTest, OnlyAnEndInsideAPayloadIsCutShort) {
  start();
  auto in_payload = connect(), in_header = connect(), between = connect();
  in_payload.send(frame("1") + header(5) + "1234");
  in_header.send(frame("2") + header(5).substr(0, 3));
  between.send(frame("3"));
  run_until_packets(3);
  in_payload.close();
  in_header.close();
  between.close();
  run_until([&] { return open_connections() == 0; });
  EXPECT_EQ(counters_.stream_cut_short.value, 1u);
}

TEST_F(StreamTest, AStalledFrameIsClosedAndAnIdleConnectionIsNot) {
  options_.stream_frame_timeout = std::chrono::seconds(4);
  start();
  const auto stalled = connect(), idle = connect();
  stalled.send(frame("1") + header(5) + "12");
  idle.send(frame("2"));
  run_until_packets(2);
  clock_.advance(std::chrono::seconds(4));
  io_.poll();
  EXPECT_EQ(open_connections(), 2u);
  stalled.send("3");  // one byte now and then does not help
  io_.poll();
  clock_.advance(std::chrono::seconds(2));
  expect_closed(stalled);
  EXPECT_EQ(open_connections(), 1u);
  EXPECT_EQ(counters_.stream_cut_short.value, 1u);
  idle.send(frame("still here"));
  run_until_packets(3);
}

TEST_F(StreamTest, WhileAllConnectionsSendANewOneIsRefused) {
  options_.max_stream_connections = 2;
  start();
  auto one = connect(), two = connect();
  one.send(frame("1"));
  two.send(frame("2"));
  run_until_packets(2);
  const auto three = connect();
  expect_closed(three);
  EXPECT_EQ(counters_.stream_connections_refused.value, 1u);
  EXPECT_EQ(counters_.stream_connections_displaced.value, 0u);
  EXPECT_EQ(counters_.stream_connections_opened.value, 2u);
  one.close();
  run_until([&] { return open_connections() == 1; });
  const auto four = connect();
  four.send(frame("there is room again"));
  run_until_packets(3);
}

// Regression: 512 connections that never sent anything kept every client out until they closed.
TEST_F(StreamTest, SilentConnectionsGiveWayTheOldestFirst) {
  options_.max_stream_connections = 16;
  start();
  const auto speaker = connect();
  speaker.send(frame("first"));
  run_until_packets(1);
  std::vector<std::unique_ptr<UnixClient>> silent;
  for (int i = 0; i < 100; ++i) {
    silent.push_back(std::make_unique<UnixClient>(SOCK_STREAM, options_.stream_socket));
    if (i % 2 == 0) silent.back()->send(header(5) + "half");
  }
  const auto client = connect();
  client.send(frame("heard"));
  speaker.send(frame("again"));
  run_until_packets(3);
  EXPECT_THAT(log_.packets, testing::UnorderedElementsAre("first", "heard", "again"));
  EXPECT_EQ(open_connections(), 16u);
  EXPECT_EQ(counters_.stream_connections_refused.value, 0u);
  EXPECT_EQ(counters_.stream_connections_displaced.value, 102u - 16u);
  expect_closed(*silent.front());
}

TEST_F(StreamTest, WhatASilentConnectionHasJustSentIsReadBeforeItGoes) {
  options_.max_stream_connections = 1;
  start();
  const auto one = connect();
  run_until([&] { return open_connections() == 1; });
  one.send(frame("just in time"));
  const auto two = connect();
  listeners_->poll(log_, 100);
  EXPECT_THAT(log_.packets, ElementsAre("just in time"));
  EXPECT_EQ(counters_.stream_connections_refused.value, 1u);
}

TEST_F(StreamTest, AConnectionThatIsIdleGivesWayAfterTenSeconds) {
  options_.max_stream_connections = 2;
  start();
  const auto one = connect(), two = connect();
  one.send(frame("1"));
  two.send(frame("2"));
  run_until_packets(2);
  clock_.advance(std::chrono::milliseconds(9'999));
  two.send(frame("3"));
  run_until_packets(3);
  expect_closed(connect());
  clock_.advance(std::chrono::milliseconds(1));
  const auto four = connect();
  four.send(frame("4"));
  run_until_packets(4);
  expect_closed(one);
  EXPECT_EQ(counters_.stream_connections_displaced.value, 1u);
}

// Regression: a client that counts the length into its 8 KiB lost its metrics with the connection.
TEST_F(StreamTest, TakesFramesOf64KibibytesWhateverTheBufferOfDatagrams) {
  start();
  const auto client = connect();
  const std::string datadogpy(8'194, 'p'), largest(64u << 10, 'x');
  client.send(frame(datadogpy));
  run_until_packets(1);
  client.send(frame(largest));
  run_until_packets(2);
  EXPECT_THAT(log_.packets, ElementsAre(datadogpy, largest));
  client.send(header((64u << 10) + 1));
  expect_closed(client);
  EXPECT_EQ(counters_.stream_too_long.value, 1u);
}

TEST_F(StreamTest, FramesBegunHoldFourMebibytesOfAllConnections) {
  start();
  const std::string begun = header(64u << 10) + std::string(60'000, 'x');
  std::vector<std::unique_ptr<UnixClient>> clients;
  const fakes::PeakMemory memory;
  for (std::size_t i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<UnixClient>(SOCK_STREAM, options_.stream_socket));
    clients.back()->send(begun);
    run_until([&] { return counters_.stream_connections_opened.value == i + 1; });
    io_.poll();
  }
  EXPECT_LT(memory.peak(), 9 << 19);  // the bound, and the connections
  EXPECT_GT(counters_.stream_cut_short.value, 100u);
  expect_closed(*clients.front());
  clients.back()->send(std::string((64u << 10) - 60'000, 'y'));
  run_until_packets(1);
}

TEST_F(StreamTest, PeakMemoryOfAFrameThatIsTooLong) {
  start();
  const fakes::PeakMemory memory;
  const auto client = connect();
  client.send(header(0x3fff'ffff) + std::string(60'000, 'x'));
  expect_closed(client);
  EXPECT_EQ(counters_.stream_too_long.value, 1u);
  EXPECT_LT(memory.peak(), 256 << 10);  // what one read takes, not what the header says
}

TEST_F(StreamTest, PeakMemoryOfConnectionsPastTheLimit) {
  options_.max_stream_connections = 64;
  start();
  std::vector<std::unique_ptr<UnixClient>> clients;
  const fakes::PeakMemory memory;
  for (std::size_t i = 0; i < 300; ++i) {
    clients.push_back(std::make_unique<UnixClient>(SOCK_STREAM, options_.stream_socket));
    run_until([&] { return counters_.stream_connections_opened.value == i + 1; });
    io_.poll();
    EXPECT_LE(open_connections(), 64u);
  }
  EXPECT_EQ(counters_.stream_connections_displaced.value, 300u - 64);
  EXPECT_LT(memory.peak(), 512 << 10);
}

TEST_F(StreamTest, PollReadsStreamsToo) {
  start();
  const auto client = connect();
  client.send(frame("a") + frame("b"));
  EXPECT_EQ(listeners_->poll(log_, 100), 2u);
  EXPECT_THAT(log_.packets, ElementsAre("a", "b"));
}

TEST_F(StreamTest, TheFileIsForEverybodyAndGoesWithUs) {
  start();
  struct stat info {};
  ASSERT_EQ(::lstat(options_.stream_socket.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0722u);
  listeners_.reset();
  EXPECT_NE(::lstat(options_.stream_socket.c_str(), &info), 0);
}

}  // namespace
}  // namespace remora::dogstatsd
