#include "remora/dogstatsd/capture.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fakes/fake_clock.hpp"
#include "fakes/temporary_directory.hpp"

namespace remora::dogstatsd {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

std::string bytes(std::string_view text) { return std::string(text); }

CaptureReader::Source source_of(std::string file, std::size_t piece = 7) {
  // Pieces that never end where a field does.
  return [file = std::move(file), piece,
          at = std::size_t{0}](std::span<char> into) mutable -> Result<std::size_t> {
    const std::size_t n = std::min({into.size(), piece, file.size() - at});
    std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(at), n, into.begin());
    at += n;
    return n;
  };
}

struct Read {
  std::vector<std::pair<std::int64_t, std::string>> packets;
  std::string error;
};
Read read(const std::string& file) {
  Read result;
  auto reader = CaptureReader::open(source_of(file));
  if (!reader) {
    result.error = reader.error().message();
    return result;
  }
  CapturedPacket packet;
  for (;;) {
    const auto more = (*reader)->next(packet);
    if (!more) result.error = more.error().message();
    if (!more || !*more) return result;
    result.packets.emplace_back(packet.time.count(), packet.bytes);
  }
}

std::string compress(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 5));
  return out;
}

// A file of the Agent, byte by byte.
const std::string kHeader = bytes("\xD4\x74\xD0\x60\xF3\xFF\x00\x00"sv);
const std::string kPacket = bytes(
    "\x0f\x00\x00\x00"
    "\x08\x80\x94\xeb\xdc\x03"  // timestamp 1,000,000,000
    "\x10\x03"                  // payload size
    "\x1a\x03"
    "a:1"           // payload
    "\x20\x2a"sv);  // pid
const std::string kEnd = bytes("\x00\x00\x00\x00\x00\x00\x00\x00"sv);

TEST(CaptureFile, IsThatOfTheAgent) {
  std::string file;
  append_capture_header(file);
  CapturedPacket packet;
  packet.time = std::chrono::seconds(1);
  packet.bytes = "a:1";
  packet.pid = 42;
  append_capture_packet(file, packet);
  append_capture_end(file);
  EXPECT_EQ(file, kHeader + kPacket + kEnd);
}

TEST(CaptureFile, IsReadBack) {
  auto reader = CaptureReader::open(source_of(kHeader + kPacket + kEnd));
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->version(), 3);
  CapturedPacket packet;
  ASSERT_TRUE((*reader)->next(packet).value());
  EXPECT_EQ(packet.time, std::chrono::seconds(1));
  EXPECT_EQ(packet.bytes, "a:1");
  EXPECT_EQ(packet.pid, 42);
  EXPECT_FALSE((*reader)->next(packet).value());
  EXPECT_FALSE((*reader)->next(packet).value());  // and stays at the end
}

struct ReadRow {
  const char* name;
  std::string file;
  std::vector<std::pair<std::int64_t, std::string>> packets;
  const char* error;
};
class CaptureContent : public testing::TestWithParam<ReadRow> {};
TEST_P(CaptureContent, IsReadOrRefused) {
  const Read result = read(GetParam().file);
  EXPECT_EQ(result.packets, GetParam().packets);
  if (*GetParam().error == '\0') {
    EXPECT_EQ(result.error, "");
  } else {
    EXPECT_NE(result.error.find(GetParam().error), std::string::npos) << result.error;
  }
}
const std::vector<std::pair<std::int64_t, std::string>> kOne{{1'000'000'000, "a:1"}};
INSTANTIATE_TEST_SUITE_P(
    Files, CaptureContent,
    testing::Values(
        ReadRow{"Empty", "", {}, "not a DogStatsD capture"},
        ReadRow{"Text", "a:1|c\nb:2|g\n", {}, "not a DogStatsD capture"},
        ReadRow{"HeaderOnly", kHeader, {}, ""}, ReadRow{"WithoutEnd", kHeader + kPacket, kOne, ""},
        ReadRow{"StateOfTheTagger", kHeader + kPacket + bytes("\x00\x00\x00\x00\x12\x02\x08\x01"sv),
                kOne, ""},
        ReadRow{"Zstd", compress(kHeader + kPacket + kEnd), kOne, ""},
        ReadRow{"TwoZstdFrames", compress(kHeader + kPacket) + compress(kEnd), kOne, ""},
        ReadRow{
            "BrokenZstd", compress(kHeader).substr(0, 6) + "xxxxxxxxxxxxxxxx", {}, "broken zstd"},
        ReadRow{"CutZstd", compress(kHeader + kPacket + kEnd).substr(0, 20), {}, "cut short"},
        ReadRow{"Seconds",
                bytes("\xD4\x74\xD0\x60\xF2\xFF\x00\x00\x06\x00\x00\x00\x08\x02\x1a\x02"
                      "ab"sv),
                {{2'000'000'000, "ab"}},
                ""},
        ReadRow{"LaterVersion", bytes("\xD4\x74\xD0\x60\xF4\xFF\x00\x00"sv), {}, "version 4"},
        ReadRow{"CutPacket", kHeader + kPacket + kPacket.substr(0, 9), kOne, "in the middle"},
        ReadRow{"CutLength", kHeader + kPacket + "\x01", kOne, ""},
        ReadRow{"LongPacket", kHeader + bytes("\xff\xff\xff\xff"sv), {}, "4294967295 bytes"},
        ReadRow{"NoProtobuf", kHeader + bytes("\x02\x00\x00\x00\x1a\x7f"sv), {}, "does not parse"},
        ReadRow{"SizeBeyondThePayload",
                kHeader + bytes("\x07\x00\x00\x00\x10\x90\x4e\x1a\x02"
                                "ab"sv),
                {{0, "ab"}},
                ""},
        ReadRow{"SizeBelowThePayload",
                kHeader + bytes("\x06\x00\x00\x00\x10\x01\x1a\x02"
                                "ab"sv),
                {{0, "a"}},
                ""},
        ReadRow{"UnknownField",
                kHeader + bytes("\x06\x00\x00\x00\x78\x01\x1a\x02"
                                "ab"sv),
                {{0, "ab"}},
                ""}),
    [](const auto& row) { return row.param.name; });

class Recorder : public testing::Test {
 protected:
  Recorder() {
    options_.directory = directory_;
    options_.max_bytes = options_.max_memory_bytes = 1u << 20;
  }
  static void give(Capture& capture, std::string_view text, int times = 1) {
    Packet packet;
    packet.bytes = text;
    const std::vector<Packet> packets(static_cast<std::size_t>(times), packet);
    capture.on_packets(packets);
  }
  static Read file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return read({std::istreambuf_iterator<char>(in), {}});
  }

  fakes::FakeClock clock_;
  fakes::TemporaryDirectory temporary_;
  const std::string directory_ = temporary_.path();
  CaptureOptions options_;
};

TEST_F(Recorder, WritesWhatItIsGivenUntilItsTimeIsOver) {
  for (const bool compressed : {false, true}) {
    Capture capture(options_, clock_);
    give(capture, "before");
    CaptureRequest request;
    request.duration = std::chrono::seconds(10);
    request.compressed = compressed;
    const auto path = capture.start(request);
    ASSERT_TRUE(path) << path.error().message();
    EXPECT_EQ(*path, directory_ + "/datadog-capture-" +
                         std::to_string(core::unix_seconds(clock_.wall())) +
                         (compressed ? ".dog.zstd" : ".dog"));
    const std::int64_t begin = clock_.wall().time_since_epoch() / std::chrono::nanoseconds(1);
    give(capture, "a:1|c");
    clock_.advance(std::chrono::milliseconds(9'500));
    give(capture, "b:2|g\nc:3|g");
    EXPECT_TRUE(capture.running());
    clock_.advance(std::chrono::seconds(1));
    give(capture, "after");
    EXPECT_FALSE(capture.running());
    const Read content = file(*path);
    EXPECT_EQ(content.error, "");
    EXPECT_EQ(content.packets, (std::vector<std::pair<std::int64_t, std::string>>{
                                   {begin, "a:1|c"}, {begin + 9'500'000'000, "b:2|g\nc:3|g"}}));
    EXPECT_EQ(capture.report().ended, "duration");
    EXPECT_EQ(capture.report().packets, 2u);
    struct stat status {};
    ASSERT_EQ(stat(path->c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07u, 0u);  // nothing for others
  }
}

TEST_F(Recorder, EndsOnTimeWithoutPackets) {
  Capture capture(options_, clock_);
  const auto path = capture.start({});
  ASSERT_TRUE(path);
  clock_.advance(std::chrono::minutes(1));
  EXPECT_TRUE(capture.running());
  capture.tick();
  EXPECT_FALSE(capture.running());
  EXPECT_EQ(file(*path).error, "");
}

TEST_F(Recorder, EndsAtItsSize) {
  options_.max_bytes = options_.max_memory_bytes = 200'000;
  Capture capture(options_, clock_);
  CaptureRequest request;
  request.compressed = false;
  const auto path = capture.start(request);
  ASSERT_TRUE(path);
  const std::string line(1000, 'x');
  give(capture, line, 1000);
  EXPECT_FALSE(capture.running());
  EXPECT_EQ(capture.report().ended, "size");
  EXPECT_LT(fs::file_size(*path), 300'000u);
  EXPECT_EQ(file(*path).error, "");
  EXPECT_GT(file(*path).packets.size(), 190u);
}

TEST_F(Recorder, IsOneAtATime) {
  Capture capture(options_, clock_);
  ASSERT_TRUE(capture.start({}));
  const auto second = capture.start({});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message().find("running already"), std::string::npos);
  capture.stop();
  EXPECT_EQ(capture.report().ended, "stopped");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(capture.start({}));
}

TEST_F(Recorder, SaysWhereItCannotWrite) {
  Capture capture(options_, clock_);
  CaptureRequest request;
  request.directory = "/proc/nowhere";
  const auto path = capture.start(request);
  ASSERT_FALSE(path);
  EXPECT_NE(path.error().message().find("/proc/nowhere/datadog-capture-"), std::string::npos);
  EXPECT_NE(path.error().message().find("DD_DOGSTATSD_CAPTURE_PATH"), std::string::npos);
  EXPECT_FALSE(capture.running());
  request.directory.clear();
  request.duration = std::chrono::hours(2);
  EXPECT_FALSE(capture.start(request));
  request.duration = std::chrono::seconds(0);
  EXPECT_FALSE(capture.start(request));
}

TEST_F(Recorder, IsCompleteWhenTheProgramEnds) {
  std::string path;
  {
    Capture capture(options_, clock_);
    path = capture.start({}).value();
    give(capture, "a:1|c");
  }
  EXPECT_EQ(file(path).packets.size(), 1u);
  EXPECT_EQ(file(path).error, "");
}

TEST(CaptureFile, ThatIsMissingIsNamed) {
  const auto reader = CaptureReader::open_file("/nowhere/x.dog");
  ASSERT_FALSE(reader);
  EXPECT_NE(reader.error().message().find("/nowhere/x.dog: No such file"), std::string::npos);
}

}  // namespace
}  // namespace remora::dogstatsd
