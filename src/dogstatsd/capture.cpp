#include "remora/dogstatsd/capture.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "remora/core/log.hpp"

namespace remora::dogstatsd {
namespace {

const core::Logger kLog("dogstatsd");

constexpr std::size_t kWriteAt = 64 * 1024;  ///< bytes gathered for one write
constexpr int kZstdLevel = 1;
constexpr decltype(statfs::f_type) kTmpfs = 0x01021994;  // linux/magic.h
constexpr const char* kTemporary = "/tmp";

struct ZstdFree {
  void operator()(ZSTD_CStream* stream) const { ZSTD_freeCStream(stream); }
};

}  // namespace

struct Capture::Impl {
  Impl(CaptureOptions wanted, const core::Clock& time) : options(std::move(wanted)), clock(time) {}

  // Half of the free space at most: a capture must not fill the disk of the task.
  [[nodiscard]] std::uint64_t room_in(int directory_or_file) const {
    struct statfs system {};
    if (fstatfs(directory_or_file, &system) != 0) return options.max_memory_bytes;
    const std::uint64_t most =
        system.f_type == kTmpfs ? options.max_memory_bytes : options.max_bytes;
    const std::uint64_t free = system.f_bavail * static_cast<std::uint64_t>(system.f_bsize);
    return std::min(most, free / 2);
  }

  bool write_all(const char* data, std::size_t size) {
    while (size > 0) {
      const ssize_t written = ::write(fd, data, size);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      data += written;
      size -= static_cast<std::size_t>(written);
      report.bytes += static_cast<std::uint64_t>(written);
    }
    return true;
  }

  // `buffer` to the file; with `last` what zstd still holds, too.
  bool flush(bool last) {
    bool good = true;
    if (!zstd) {
      good = write_all(buffer.data(), buffer.size());
    } else {
      ZSTD_inBuffer input{buffer.data(), buffer.size(), 0};
      std::vector<char> out(ZSTD_CStreamOutSize());
      for (bool more = true; more && good;) {
        ZSTD_outBuffer output{out.data(), out.size(), 0};
        const std::size_t left =
            ZSTD_compressStream2(zstd.get(), &output, &input, last ? ZSTD_e_end : ZSTD_e_continue);
        good = ZSTD_isError(left) == 0 && write_all(out.data(), output.pos);
        more = last ? left > 0 : input.pos < input.size;
      }
    }
    buffer.clear();
    return good;
  }

  void end(std::string why) {
    if (fd < 0) return;
    append_capture_end(buffer);
    if (!flush(true)) {
      why = std::string("cannot write: ") + std::strerror(errno);
      kLog.warn("the DogStatsD capture is incomplete", {{"file", report.path}, {"error", why}});
    }
    ::close(fd);
    fd = -1;
    zstd.reset();
    buffer.shrink_to_fit();
    report.running = false;
    report.ended = std::move(why);
    kLog.info("DogStatsD capture ended", {{"file", report.path},
                                          {"packets", report.packets},
                                          {"bytes", report.bytes},
                                          {"reason", report.ended}});
  }

  const CaptureOptions options;
  const core::Clock& clock;
  int fd = -1;
  std::unique_ptr<ZSTD_CStream, ZstdFree> zstd;
  std::string buffer;
  std::uint64_t limit = 0;
  core::SteadyTime deadline;
  CaptureReport report;
};

Capture::Capture(CaptureOptions options, const core::Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), clock)) {}
Capture::~Capture() { stop(); }

Result<std::string> Capture::start(const CaptureRequest& request) {
  tick();
  if (running()) {
    return fail(Errc::invalid_config, "a capture is running already: " + impl_->report.path);
  }
  if (request.duration <= std::chrono::milliseconds(0) ||
      request.duration > impl_->options.max_duration) {
    return fail(Errc::invalid_config,
                "a capture lasts from 1 ms to " +
                    std::to_string(impl_->options.max_duration.count() / 1000) + " s");
  }
  std::string directory = request.directory.empty() ? impl_->options.directory : request.directory;
  if (directory.empty()) directory = kTemporary;
  const auto wall = core::unix_seconds(impl_->clock.wall());
  const std::string path = directory + "/datadog-capture-" + std::to_string(wall) + ".dog" +
                           (request.compressed ? ".zstd" : "");
  // Readable by the owner and its group only: tags can say a lot about an organisation.
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
  if (fd < 0) {
    return fail(Errc::io, path + ": " + std::strerror(errno) +
                              "; give the path of a writable directory (a volume where the root "
                              "file system is read-only), or set DD_DOGSTATSD_CAPTURE_PATH");
  }
  impl_->fd = fd;
  impl_->limit = impl_->room_in(fd);
  impl_->deadline = impl_->clock.now() + request.duration;
  if (request.compressed) {
    impl_->zstd.reset(ZSTD_createCStream());
    ZSTD_CCtx_setParameter(impl_->zstd.get(), ZSTD_c_compressionLevel, kZstdLevel);
  }
  impl_->report = {};
  impl_->report.running = true;
  impl_->report.path = path;
  append_capture_header(impl_->buffer);
  kLog.info("DogStatsD capture started",
            {{"file", path}, {"duration", request.duration}, {"limit_bytes", impl_->limit}});
  return path;
}

void Capture::tick() {
  if (running() && impl_->clock.now() >= impl_->deadline) impl_->end("duration");
}

void Capture::stop() { impl_->end("stopped"); }

void Capture::on_packets(std::span<const Packet> packets) {
  tick();
  if (!running()) return;
  const auto now =
      std::chrono::duration_cast<std::chrono::nanoseconds>(impl_->clock.wall().time_since_epoch());
  for (const Packet& packet : packets) {
    CapturedPacket captured;
    captured.time = now;
    captured.bytes = packet.bytes;
    captured.pid = packet.pid;
    append_capture_packet(impl_->buffer, captured);
    ++impl_->report.packets;
    if (impl_->buffer.size() < kWriteAt) continue;
    if (!impl_->flush(false)) {
      const std::string error = std::string("cannot write: ") + std::strerror(errno);
      return impl_->end(error);
    }
    if (impl_->report.bytes >= impl_->limit) return impl_->end("size");
  }
}

bool Capture::running() const noexcept { return impl_->fd >= 0; }
CaptureReport Capture::report() const { return impl_->report; }

}  // namespace remora::dogstatsd
