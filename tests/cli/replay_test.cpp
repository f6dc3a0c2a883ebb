#include "cli/replay.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <vector>

namespace remora::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

std::unique_ptr<dogstatsd::CaptureReader> capture_of(
    const std::vector<std::pair<nanoseconds, std::string>>& packets) {
  std::string file;
  dogstatsd::append_capture_header(file);
  for (const auto& [time, bytes] : packets) {
    dogstatsd::CapturedPacket packet;
    packet.time = time;
    packet.bytes = bytes;
    dogstatsd::append_capture_packet(file, packet);
  }
  dogstatsd::append_capture_end(file);
  auto reader = dogstatsd::CaptureReader::open(
      [file, at = std::size_t{0}](std::span<char> into) mutable -> Result<std::size_t> {
        const std::size_t n = std::min(into.size(), file.size() - at);
        std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(at), n, into.begin());
        at += n;
        return n;
      });
  EXPECT_TRUE(reader);
  return std::move(*reader);
}

struct Played {
  std::vector<std::pair<milliseconds, std::string>> packets;  ///< when and what
  Result<ReplayCounts> counts = ReplayCounts{};
};
Played play(
    const std::vector<std::pair<nanoseconds, std::string>>& packets,
    const std::function<Result<void>(std::string_view)>& answer = [](std::string_view) {
      return Result<void>();
    }) {
  Played played;
  milliseconds now{0};
  ReplayHooks hooks;
  hooks.wait_until = [&](nanoseconds after) {
    now = std::chrono::duration_cast<milliseconds>(after);
  };
  hooks.send = [&](std::string_view bytes) {
    played.packets.emplace_back(now, bytes);
    return answer(bytes);
  };
  hooks.sent = [](std::size_t) {};
  played.counts = replay(*capture_of(packets), hooks);
  return played;
}

using Times = std::vector<std::pair<milliseconds, std::string>>;

TEST(Replay, KeepsThePace) {
  const nanoseconds begin = std::chrono::seconds(1'700'000'000);
  const Played played = play({{begin, "a"},
                              {begin, "b"},
                              {begin + milliseconds(1500), "c"},
                              {begin + milliseconds(1700), "d"}});
  EXPECT_EQ(played.packets, (Times{{milliseconds(0), "a"},
                                   {milliseconds(0), "b"},
                                   {milliseconds(1500), "c"},
                                   {milliseconds(1700), "d"}}));
  EXPECT_EQ(played.counts->packets, 4u);
}

TEST(Replay, EndsWhateverTheTimesSay) {
  const nanoseconds far(std::numeric_limits<std::int64_t>::max());
  const nanoseconds past(std::numeric_limits<std::int64_t>::min());
  const Played played = play({{nanoseconds(5), "a"},
                              {std::chrono::hours(1), "hour"},
                              {nanoseconds(0), "back"},
                              {far, "far"},
                              {past, "past"},
                              {far, "overflow"}});
  constexpr milliseconds kPause = std::chrono::minutes(10);
  EXPECT_EQ(played.packets, (Times{{milliseconds(0), "a"},
                                   {kPause, "hour"},
                                   {kPause, "back"},
                                   {2 * kPause, "far"},
                                   {2 * kPause, "past"},
                                   {2 * kPause, "overflow"}}));
}

TEST(Replay, LeavesOutWhatTheSocketCannotTake) {
  const Played played =
      play({{nanoseconds(0), "a"}, {nanoseconds(0), "long"}, {nanoseconds(0), "b"}},
           [](std::string_view bytes) -> Result<void> {
             if (bytes == "long") return fail(Errc::too_large, "too long");
             return {};
           });
  EXPECT_EQ(played.counts->packets, 2u);
  EXPECT_EQ(played.counts->too_large, 1u);
}

TEST(Replay, StopsAtTheFirstError) {
  const Played played =
      play({{nanoseconds(0), "a"}, {nanoseconds(0), "b"}},
           [](std::string_view) -> Result<void> { return fail(Errc::io, "the agent went away"); });
  EXPECT_EQ(played.packets.size(), 1u);
  ASSERT_FALSE(played.counts);
  EXPECT_EQ(played.counts.error().message(), "the agent went away");
}

TEST(DatagramSender, PrefersTheUnixSocket) {
  std::string directory = std::filesystem::temp_directory_path() / "replay_XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  config::Settings settings;
  settings.dogstatsd_socket = directory + "/d";
  settings.dogstatsd_port = 0;
  {
    const auto none = DatagramSender::connect(settings);
    ASSERT_FALSE(none);
    EXPECT_NE(none.error().message().find(directory + "/d: No such file"), std::string::npos);
  }
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  settings.dogstatsd_socket.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  auto sender = DatagramSender::connect(settings);
  ASSERT_TRUE(sender) << sender.error().message();
  EXPECT_EQ((*sender)->address(), directory + "/d");
  ASSERT_TRUE((*sender)->send("a:1|c"));
  char text[16];
  EXPECT_EQ(recv(fd, text, sizeof text, 0), 5);
  EXPECT_EQ((*sender)->send(std::string(10'000'000, 'x')).error().code(), Errc::too_large);
  close(fd);
  EXPECT_EQ((*sender)->send("b").error().code(), Errc::io);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace remora::cli
