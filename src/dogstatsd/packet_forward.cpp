#include "remora/dogstatsd/packet_forward.hpp"

#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "remora/core/log.hpp"

namespace remora::dogstatsd {
namespace {

const core::Logger kLog("dogstatsd");

constexpr std::size_t kBatch = 64;  ///< datagrams of one sendmmsg
constexpr std::chrono::seconds kLookUpAgain{30};

/// What a look-up leaves for the loop; each thread shares one, whoever ends first.
struct LookUpResult {
  std::mutex mutex;
  std::optional<Result<SocketAddress>> result;
};

}  // namespace

Result<SocketAddress> look_up_udp(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (code != 0) return fail(Errc::network, host + ": " + gai_strerror(code));
  SocketAddress address;
  address.length = std::min<socklen_t>(found->ai_addrlen, sizeof address.storage);
  std::memcpy(&address.storage, found->ai_addr, address.length);
  freeaddrinfo(found);
  return address;
}

struct PacketForward::Impl {
  Impl(std::string to, std::uint16_t to_port, const core::Clock& time,
       telemetry::DogstatsdCounters& counted, ForwardLookUp finder)
      : host(std::move(to)),
        port(to_port),
        clock(time),
        counters(counted),
        look_up(std::move(finder)) {}

  ~Impl() {
    if (fd >= 0) ::close(fd);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // True once packets can be sent.
  bool connected() {
    if (fd >= 0) return true;
    if (pending) {
      std::optional<Result<SocketAddress>> result;
      {
        const std::lock_guard lock(pending->mutex);
        result = std::move(pending->result);
        pending->result.reset();
      }
      if (!result) return false;
      pending.reset();
      if (*result) {
        connect(**result);
      } else {
        problem(result->error().message());
      }
      return fd >= 0;
    }
    if (clock.now() >= next_look_up) start_look_up();
    return false;
  }

  void start_look_up() {
    next_look_up = clock.now() + kLookUpAgain;
    pending = std::make_shared<LookUpResult>();
    try {
      std::thread([shared = pending, find = look_up, name = host, number = port] {
        auto found = find(name, number);
        const std::lock_guard lock(shared->mutex);
        shared->result = std::move(found);
      }).detach();
    } catch (const std::system_error&) {
      pending.reset();
      problem("no thread for looking up " + host);
    }
  }

  void connect(const SocketAddress& address) {
    const int type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const int opened = ::socket(address.storage.ss_family, type, 0);
    if (opened < 0 || ::connect(opened, reinterpret_cast<const sockaddr*>(&address.storage),
                                address.length) != 0) {
      problem(host + ": " + std::strerror(errno));
      if (opened >= 0) ::close(opened);
      return;
    }
    fd = opened;
    kLog.info("packets are copied", {{"host", host}, {"port", port}});
  }

  void problem(std::string_view text) {
    if (!throttle.allow(clock.now())) return;
    kLog.warn("packets cannot be copied to DD_STATSD_FORWARD_HOST",
              {{"error", text}, {"lost", counters.forward_errors.value}});
  }

  void send(std::span<const Packet> packets) {
    std::array<mmsghdr, kBatch> messages{};
    std::array<iovec, kBatch> parts{};
    const std::size_t count = std::min(packets.size(), kBatch);
    for (std::size_t i = 0; i < count; ++i) {
      parts[i] = {const_cast<char*>(packets[i].bytes.data()), packets[i].bytes.size()};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (std::size_t done = 0; done < count;) {
      const int sent = ::sendmmsg(fd, &messages[done], static_cast<unsigned>(count - done),
                                  MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent > 0) {
        done += static_cast<std::size_t>(sent);
        refused = false;
        continue;
      }
      if (errno == EINTR) continue;
      // The answer to a packet of before ("nobody listens there"); this one has not been tried.
      if (errno == ECONNREFUSED && !std::exchange(refused, true)) {
        counters.forward_errors.add();
        problem(std::strerror(ECONNREFUSED));
        continue;
      }
      const bool full = errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS;
      const std::string error = std::strerror(errno);
      const std::size_t lost = full ? count - done : 1;  // else the next one may fit
      counters.forward_errors.add(lost);
      problem(error);
      done += lost;
      refused = false;
    }
  }

  const std::string host;
  const std::uint16_t port;
  const core::Clock& clock;
  telemetry::DogstatsdCounters& counters;
  const ForwardLookUp look_up;
  int fd = -1;
  bool refused = false;  ///< the last call told of a refusal
  std::shared_ptr<LookUpResult> pending;
  core::SteadyTime next_look_up = core::SteadyTime::min();
  core::LogThrottle throttle;
};

PacketForward::PacketForward(std::string host, std::uint16_t port, const core::Clock& clock,
                             telemetry::DogstatsdCounters& counters, ForwardLookUp look_up)
    : impl_(std::make_unique<Impl>(std::move(host), port, clock, counters, std::move(look_up))) {
  (void)impl_->connected();  // the look-up begins now
}
PacketForward::~PacketForward() = default;

void PacketForward::on_packets(std::span<const Packet> packets) {
  if (!impl_->connected()) {
    impl_->counters.forward_errors.add(packets.size());
    return;
  }
  for (; !packets.empty(); packets = packets.subspan(std::min(packets.size(), kBatch))) {
    impl_->send(packets);
  }
}

}  // namespace remora::dogstatsd
