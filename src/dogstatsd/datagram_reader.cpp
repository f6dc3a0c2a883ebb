#include "dogstatsd/datagram_reader.hpp"

#include <fcntl.h>
#include <linux/sock_diag.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace remora::dogstatsd {
namespace {

// A turn ends there so that timers, requests and flushes of the loop get theirs.
constexpr std::size_t kPacketsPerTurn = 512;
constexpr std::size_t kBytesPerTurn = 512u << 10;
constexpr GatherPace::Pause kErrorPause = std::chrono::milliseconds(100);

// How fast a burst may fill a socket's buffer while nobody reads, in bytes of the kernel's
// accounting per microsecond: some 220,000 full or 650,000 small packets a second.
constexpr std::size_t kBurstBytesPerMicrosecond = 512;

GatherPace::Pause longest_pause(const BoundSocket& socket) {
  // Unix datagrams are limited by their number, which the pace itself sees as `fill`.
  if (socket.transport != Transport::udp) return std::chrono::milliseconds(1);
  return GatherPace::Pause(socket.receive_buffer / kBurstBytesPerMicrosecond);
}

std::string read_whole(const char* path, std::size_t limit) {
  std::string text;
  const Descriptor file(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> part{};
  while (file.is_open() && text.size() < limit) {
    const ssize_t n = ::read(file.get(), part.data(), part.size());
    if (n <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(n));
  }
  return text;
}

}  // namespace

PacketBatch::PacketBatch(std::size_t buffer_size)
    : buffer_size_(std::max<std::size_t>(buffer_size, 1)),
      buffers_(new char[buffer_size_ * kPackets]) {
  for (std::size_t i = 0; i < kPackets; ++i) {
    parts_[i] = {buffers_.get() + i * buffer_size_, buffer_size_};
    heads_[i].msg_hdr.msg_iov = &parts_[i];
    heads_[i].msg_hdr.msg_iovlen = 1;
  }
}

std::span<const Packet> PacketBatch::receive(const BoundSocket& socket, bool credentials,
                                             std::size_t limit, int& error) {
  const auto wanted = static_cast<unsigned>(std::min(limit, kPackets));
  // Also without credentials: the batch serves sockets with and without them.
  for (unsigned i = 0; i < wanted; ++i) {
    heads_[i].msg_hdr.msg_control = credentials ? controls_[i].bytes.data() : nullptr;
    heads_[i].msg_hdr.msg_controllen = credentials ? sizeof controls_[i].bytes : 0;
  }
  int n = 0;
  do {
    n = ::recvmmsg(socket.fd.get(), heads_.data(), wanted, MSG_DONTWAIT, nullptr);
  } while (n < 0 && errno == EINTR);
  error = n < 0 && errno != EAGAIN && errno != EWOULDBLOCK ? errno : 0;
  if (n <= 0) return {};
  const auto count = static_cast<std::size_t>(n);
  for (std::size_t i = 0; i < count; ++i) {
    msghdr& head = heads_[i].msg_hdr;
    Packet& p = packets_[i];
    p = Packet();
    p.bytes = {static_cast<const char*>(parts_[i].iov_base), heads_[i].msg_len};
    p.transport = socket.transport;
    p.truncated = (head.msg_flags & MSG_TRUNC) != 0;
    if (!credentials) continue;
    for (cmsghdr* c = CMSG_FIRSTHDR(&head); c != nullptr; c = CMSG_NXTHDR(&head, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS) continue;
      ucred from{};
      std::memcpy(&from, CMSG_DATA(c), sizeof from);
      p.pid = from.pid;
      p.credentials = true;
    }
  }
  return {packets_.data(), count};
}

std::optional<std::uint32_t> drops_in_proc_net(std::string_view text, std::uint64_t inode) {
  // sl local rem st tx:rx tr:when retrnsmt uid timeout inode ref pointer drops
  constexpr std::size_t kInode = 9, kDrops = 12;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    std::array<std::string_view, kDrops + 1> fields;
    std::size_t count = 0;
    for (std::size_t at = 0; count < fields.size();) {
      at = line.find_first_not_of(' ', at);
      if (at == std::string_view::npos) break;
      const std::size_t end = std::min(line.find(' ', at), line.size());
      fields[count++] = line.substr(at, end - at);
      at = end;
    }
    if (count != fields.size()) continue;
    std::uint64_t found = 0;
    const auto number = [](std::string_view field, auto& value) {
      const auto [end, ec] = std::from_chars(field.data(), field.data() + field.size(), value);
      return ec == std::errc{} && end == field.data() + field.size();
    };
    std::uint32_t drops = 0;
    if (number(fields[kInode], found) && found == inode && number(fields[kDrops], drops))
      return drops;
  }
  return std::nullopt;
}

DatagramReader::DatagramReader(BoundSocket socket, bool credentials, ReaderContext& context,
                               PacketBatch& batch)
    : socket_(std::move(socket)),
      credentials_(credentials && socket_.transport == Transport::uds_datagram),
      context_(context),
      batch_(batch),
      pace_(longest_pause(socket_)) {
  // One more than the setting fits before a sender has to wait (af_unix.c, unix_recvq_full).
  if (socket_.transport == Transport::uds_datagram)
    unix_queue_ = static_cast<double>(unix_queue_length() + 1);
}

DatagramReader::~DatagramReader() { close(); }

void DatagramReader::start(const asio::any_io_executor& executor) {
  running_ = true;
  wait_.start(executor);
  wait_.soon(next_turn());
}

void DatagramReader::stop() {
  running_ = false;
  wait_.stop();
}

void DatagramReader::close() {
  stop();
  if (!socket_.fd.is_open()) return;
  socket_.fd.close();
  remove_file(socket_.file);
}

std::size_t DatagramReader::read(PacketSink& sink, std::size_t max_packets) {
  last_read_ = ReadEnd::limit;
  std::size_t total = 0, bytes = 0;
  while (total < max_packets && bytes < kBytesPerTurn) {
    int error = 0;
    const std::size_t wanted = std::min(max_packets - total, PacketBatch::kPackets);
    const auto packets = batch_.receive(socket_, credentials_, wanted, error);
    if (error != 0) {
      last_read_ = ReadEnd::failed;
      context_.read_failed(socket_.transport, socket_.address, error);
      break;
    }
    for (const Packet& p : packets) bytes += p.bytes.size();
    total += packets.size();
    if (!packets.empty()) context_.hand_on(sink, packets, socket_.transport);
    if (packets.size() < wanted) {  // recvmmsg came to the end of the queue
      last_read_ = ReadEnd::empty;
      break;
    }
  }
  if (total > 0) context_.last_packet = context_.clock->now();
  return total;
}

std::optional<DatagramReader::Usage> DatagramReader::usage() const {
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t length = sizeof info;
  if (::getsockopt(socket_.fd.get(), SOL_SOCKET, SO_MEMINFO, info.data(), &length) != 0 ||
      length <= SK_MEMINFO_DROPS * sizeof info[0])
    return std::nullopt;
  return Usage{info[SK_MEMINFO_RMEM_ALLOC], info[SK_MEMINFO_DROPS]};
}

std::uint64_t DatagramReader::kernel_drops() const {
  if (!socket_.fd.is_open() || socket_.transport != Transport::udp) return drops_.total();
  if (const auto now = usage()) return drops_.update(now->drops);
  struct stat info {};
  if (::fstat(socket_.fd.get(), &info) != 0) return drops_.total();
  for (const char* path : {"/proc/net/udp", "/proc/net/udp6"}) {
    if (const auto drops = drops_in_proc_net(read_whole(path, 1u << 20), info.st_ino))
      return drops_.update(*drops);
  }
  return drops_.total();
}

void DatagramReader::turn() {
  const bool new_turn = turn_packets_ == 0;
  if (new_turn && socket_.transport == Transport::udp) {
    const auto before = usage();
    fill_ = before && socket_.receive_buffer > 0
                ? static_cast<double>(before->queued) / static_cast<double>(socket_.receive_buffer)
                : 0;
  }
  const std::size_t packets = read(*context_.sink, kPacketsPerTurn);
  if (!running_) return;  // the sink stopped us
  turn_packets_ += packets;
  if (last_read_ == ReadEnd::failed) {
    turn_packets_ = 0;
    wait(kErrorPause);
    return;
  }
  if (last_read_ == ReadEnd::limit) {
    wait_.soon(next_turn());
    return;
  }
  const std::size_t total = std::exchange(turn_packets_, 0);
  if (socket_.transport == Transport::uds_datagram)
    fill_ = std::min(1.0, static_cast<double>(total) / unix_queue_);
  wait(pace_.after(context_.clock->now(), total, fill_));
}

void DatagramReader::wait(GatherPace::Pause pause) {
  if (pause == GatherPace::Pause::zero()) {
    const auto ec = wait_.readable(socket_.fd.get(), next_turn());
    if (!ec) return;
    context_.read_failed(socket_.transport, socket_.address, ec.value());
    pause = kErrorPause;
  }
  wait_.pause(pause, next_turn());
}

}  // namespace remora::dogstatsd
