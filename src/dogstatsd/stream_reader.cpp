#include "dogstatsd/stream_reader.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "dogstatsd/frame_assembler.hpp"
#include "dogstatsd/gather_pace.hpp"
#include "remora/core/descriptors.hpp"

namespace remora::dogstatsd {
namespace {

const core::Logger kLog("dogstatsd");

constexpr std::size_t kReadBytes = 64u << 10;
constexpr std::size_t kFramesPerBatch = 64;
constexpr std::size_t kAcceptsPerTurn = 16;
constexpr auto kAcceptPause = std::chrono::milliseconds(100);  // out of file descriptors
// Clients fill a stream's frame up to what they think the agent's packets are, length and all;
// several send up to 64 KiB whatever the agent's setting for datagrams is.
constexpr std::size_t kLeastLongestFrame = 64u << 10;
// Of the beginnings of all frames whose end has not come: a client sends a frame in one go, so that
// hardly any begun one is there for longer than a moment.
constexpr std::size_t kMaxBegunBytes = 4u << 20;
// So long without a frame, a connection gives its place to a new one when there is no other.
constexpr auto kIdle = std::chrono::seconds(10);
// A sender that fills its buffer waits: nothing is lost by reading late.
constexpr GatherPace::Pause kLongestPause = GatherPace::kLongest;
// What a small write costs of its sender's buffer beside its bytes, roughly.
constexpr double kWriteOverhead = 1024;

// The same under the lowest free number.
Descriptor lowest(Descriptor fd) {
  Descriptor low(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
  return low.is_open() && low.get() < fd.get() ? std::move(low) : std::move(fd);
}

}  // namespace

class StreamReader::Connection : public std::enable_shared_from_this<Connection> {
  // First of all: its type is deduced.
  [[nodiscard]] auto next_turn() {
    return [self = shared_from_this()] {
      if (self->running_) self->turn();
    };
  }

 public:
  Connection(Descriptor fd, StreamReader& owner)
      : fd_(std::move(fd)), owner_(owner), assembler_(owner.longest_frame_), pace_(kLongestPause) {
    last_frame_ = owner_.context_.clock->now();
    if (owner.credentials_) {
      ucred peer{};
      socklen_t length = sizeof peer;
      credentials_ = ::getsockopt(fd_.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0;
      pid_ = credentials_ ? peer.pid : 0;
    }
    int bytes = 0;
    socklen_t length = sizeof bytes;
    if (::getsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUF, &bytes, &length) == 0 && bytes > 0)
      sender_buffer_ = bytes;  // ours stands for the other end's: both have the default
  }

  void start(const asio::any_io_executor& executor) {
    running_ = true;
    wait_.start(executor);
    wait_.soon(next_turn());
  }
  void stop() {
    running_ = false;
    wait_.stop();
  }
  void close() {
    stop();
    fd_.close();
    assembler_.forget();
    account();
  }
  [[nodiscard]] bool is_open() const { return fd_.is_open(); }
  /// A frame of it came whole.
  [[nodiscard]] bool spoke() const { return spoke_; }
  [[nodiscard]] core::SteadyTime last_frame() const { return last_frame_; }
  [[nodiscard]] bool inside_frame() const {
    return assembler_.inside() != FrameAssembler::Inside::nothing;
  }
  [[nodiscard]] core::SteadyTime frame_began() const { return frame_began_; }

  void cut(std::string_view why) {
    owner_.context_.counters.stream_cut_short.add();
    tell(why);
    close();
  }

  void close_if_stalled(core::SteadyTime now) {
    if (assembler_.inside() == FrameAssembler::Inside::nothing) return;
    if (now - frame_began_ <= owner_.frame_timeout_) return;
    cut("a DogStatsD stream stalled inside a frame: closed");
  }

  // One read. Returns the number of frames.
  std::size_t read(PacketSink& sink) {
    ssize_t n = 0;
    do {
      n = ::recv(fd_.get(), owner_.buffer_.get(), kReadBytes, MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    bytes_ = n > 0 ? static_cast<std::size_t>(n) : 0;
    if (n < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
      if (errno != ECONNRESET)
        owner_.context_.read_failed(Transport::uds_stream, owner_.socket_.address, errno);
      ended();
      return 0;
    }
    if (n == 0) {
      ended();
      return 0;
    }
    return hand_on_frames(sink, {owner_.buffer_.get(), bytes_});
  }

 private:
  std::size_t hand_on_frames(PacketSink& sink, std::string_view bytes) {
    std::array<Packet, kFramesPerBatch> batch;
    std::size_t in_batch = 0, total = 0;
    const auto hand_on = [&] {
      if (in_batch == 0) return;
      owner_.context_.hand_on(sink, {batch.data(), in_batch}, Transport::uds_stream);
      total += in_batch;
      in_batch = 0;
    };
    const bool inside_before = assembler_.inside() != FrameAssembler::Inside::nothing;
    assembler_.put(bytes);
    auto step = FrameAssembler::Step::frame;
    while (step == FrameAssembler::Step::frame) {
      std::string_view frame;
      step = assembler_.next(frame);
      if (step != FrameAssembler::Step::frame) break;
      batch[in_batch++] = Packet{frame, Transport::uds_stream, pid_, credentials_, false};
      if (in_batch == batch.size()) hand_on();
    }
    hand_on();
    const auto now = owner_.context_.clock->now();
    if (total > 0) {
      owner_.context_.last_packet = now;
      last_frame_ = now;
      spoke_ = true;
    }
    assembler_.keep_rest();
    account();
    if (!inside_before || total > 0) frame_began_ = now;
    if (step == FrameAssembler::Step::too_long) {
      owner_.context_.counters.stream_too_long.add();
      tell("a DogStatsD stream frame is longer than 64 KiB and dogstatsd_buffer_size: closed");
      close();
    } else if (step == FrameAssembler::Step::empty) {
      close();
    }
    owner_.limit_begun_frames();
    return total;
  }

  // The sender closed. Inside a header nothing was announced yet, so nothing is missing.
  void ended() {
    if (assembler_.inside() == FrameAssembler::Inside::payload) {
      owner_.context_.counters.stream_cut_short.add();
      tell("a DogStatsD stream ended inside a frame");
    }
    close();
  }

  void tell(std::string_view what) {
    if (owner_.context_.throttle.allow(owner_.context_.clock->now()))
      kLog.info(what, {{"socket", owner_.socket_.address},
                       {"length", assembler_.length()},
                       {"pid", pid_},
                       {"suppressed", owner_.context_.throttle.suppressed()}});
  }

  void account() {
    owner_.begun_bytes_ += assembler_.held() - held_;  // modulo 2^64: it may shrink
    held_ = assembler_.held();
  }

  void turn() {
    const std::size_t frames = read(*owner_.context_.sink);
    if (!fd_.is_open()) owner_.remove_closed();
    if (!running_) return;
    if (bytes_ == kReadBytes) {
      wait_.soon(next_turn());
      return;
    }
    const double used =
        static_cast<double>(frames) * kWriteOverhead + 2.0 * static_cast<double>(bytes_);
    const auto pause =
        pace_.after(owner_.context_.clock->now(), frames, std::min(1.0, used / sender_buffer_));
    if (pause != GatherPace::Pause::zero()) {
      wait_.pause(pause, next_turn());
    } else if (wait_.readable(fd_.get(), next_turn())) {
      ended();
      owner_.remove_closed();
    }
  }

  Descriptor fd_;
  StreamReader& owner_;
  FrameAssembler assembler_;
  GatherPace pace_;
  PacedWait wait_;
  bool running_ = false;
  bool credentials_ = false;
  bool spoke_ = false;
  std::size_t held_ = 0;  ///< of begun_bytes_
  pid_t pid_ = 0;
  double sender_buffer_ = 128 << 10;
  std::size_t bytes_ = 0;  ///< of the last read
  core::SteadyTime frame_began_{};
  core::SteadyTime last_frame_;  ///< before the first one: of the connection
};

StreamReader::StreamReader(BoundSocket socket, const ListenerOptions& options,
                           ReaderContext& context)
    : socket_(std::move(socket)),
      longest_frame_(std::max(options.buffer_size, kLeastLongestFrame)),
      max_connections_(options.max_stream_connections),
      frame_timeout_(options.stream_frame_timeout),
      credentials_(options.credentials),
      context_(context) {}

StreamReader::~StreamReader() { close(); }

void StreamReader::start(const asio::any_io_executor& executor) {
  executor_ = executor;
  running_ = true;
  wait_.start(executor);
  wait_.soon([self = shared_from_this()] {
    if (self->running_) self->accept_turn();
  });
  for (const auto& c : connections_) c->start(executor);
}

void StreamReader::stop() {
  running_ = false;
  wait_.stop();
  for (const auto& c : connections_) c->stop();
}

void StreamReader::close() {
  stop();
  for (const auto& c : connections_) c->close();
  connections_.clear();
  if (!socket_.fd.is_open()) return;
  socket_.fd.close();
  remove_file(socket_.file);
}

void StreamReader::accept_turn() {
  const auto next = [self = shared_from_this()] {
    if (self->running_) self->accept_turn();
  };
  if (!accept_some(*context_.sink) || wait_.readable(socket_.fd.get(), next))
    wait_.pause(kAcceptPause, next);
}

bool StreamReader::accept_some(PacketSink& sink) {
  for (std::size_t i = 0; i < kAcceptsPerTurn; ++i) {
    Descriptor fd(::accept4(socket_.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.is_open()) {
      if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ECONNABORTED)
        return true;
      context_.read_failed(Transport::uds_stream, socket_.address, errno);
      return false;
    }
    // One of the last descriptors is not for a sender: the command line and the intake need them.
    const bool full =
        connections_.size() >= max_connections_ || core::is_reserved_descriptor(fd.get());
    if (full && !make_place(sink)) {
      context_.counters.stream_connections_refused.add();
      if (context_.throttle.allow(context_.clock->now()))
        kLog.warn("too many connections to the DogStatsD stream socket: refused",
                  {{"socket", socket_.address}, {"open", connections_.size()}});
      continue;
    }
    // Into the place that was made: numbers stay a measure of how many there are.
    if (full) fd = lowest(std::move(fd));
    context_.counters.stream_connections_opened.add();
    if (!buffer_) buffer_.reset(new char[kReadBytes]);
    connections_.push_back(std::make_shared<Connection>(std::move(fd), *this));
    if (running_) connections_.back()->start(executor_);
  }
  return true;
}

bool StreamReader::make_place(PacketSink& sink) {
  // The oldest first, which is their order. One that seems silent may have spoken since its last
  // turn, so it is read once more before it goes.
  for (const auto& c : connections_) {
    if (c->is_open() && !c->spoke()) c->read(sink);
    if (!c->is_open() || !c->spoke()) return displace(*c);
  }
  const auto idle = std::min_element(
      connections_.begin(), connections_.end(),
      [](const auto& a, const auto& b) { return a->last_frame() < b->last_frame(); });
  if (idle == connections_.end() || context_.clock->now() - (*idle)->last_frame() < kIdle)
    return false;
  (*idle)->read(sink);
  if ((*idle)->is_open() && context_.clock->now() - (*idle)->last_frame() < kIdle) return false;
  return displace(**idle);
}

bool StreamReader::displace(Connection& connection) {
  if (connection.is_open()) {
    context_.counters.stream_connections_displaced.add();
    connection.close();
  }
  remove_closed();
  return true;
}

void StreamReader::limit_begun_frames() {
  while (begun_bytes_ > kMaxBegunBytes) {
    Connection* oldest = nullptr;
    for (const auto& c : connections_) {
      if (c->is_open() && c->inside_frame() &&
          (oldest == nullptr || c->frame_began() < oldest->frame_began()))
        oldest = c.get();
    }
    if (oldest == nullptr) return;
    oldest->cut(
        "too much is held of DogStatsD stream frames that do not end: the oldest is closed");
  }
}

void StreamReader::remove_closed() {
  std::erase_if(connections_, [](const auto& c) { return !c->is_open(); });
}

void StreamReader::close_stalled() {
  const auto now = context_.clock->now();
  for (const auto& c : connections_) c->close_if_stalled(now);
  remove_closed();
}

std::size_t StreamReader::poll(PacketSink& sink) {
  std::size_t total = 0;
  accept_some(sink);
  for (const auto& c : connections_) total += c->read(sink);
  remove_closed();
  return total;
}

}  // namespace remora::dogstatsd
