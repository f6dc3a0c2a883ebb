#include "remora/dogstatsd/listener.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "dogstatsd/datagram_reader.hpp"
#include "dogstatsd/socket_open.hpp"
#include "dogstatsd/stream_reader.hpp"
#include "remora/core/log.hpp"

namespace remora::dogstatsd {
namespace {

const core::Logger kLog("dogstatsd");

constexpr std::chrono::milliseconds kBeat{5000};

}  // namespace

std::string_view to_string(Transport transport) {
  switch (transport) {
    case Transport::udp:
      return "udp";
    case Transport::uds_datagram:
      return "unixgram";
    case Transport::uds_stream:
      return "unix";
  }
  return "unknown";
}

struct Listeners::Impl {
  Impl(ListenerOptions o, telemetry::DogstatsdCounters& counters)
      : options(std::move(o)), context(counters), batch(options.buffer_size) {
    context.clock = &system_clock;
  }
  ~Impl() { close(); }

  ListenerOptions options;
  core::SystemClock system_clock;  ///< until `run` brings the real one
  ReaderContext context;
  PacketBatch batch;
  std::vector<std::shared_ptr<DatagramReader>> readers;
  std::size_t poll_first = 0;
  std::shared_ptr<StreamReader> stream;  ///< null: off

  void add(BoundSocket socket) {
    readers.push_back(
        std::make_shared<DatagramReader>(std::move(socket), options.credentials, context, batch));
  }

  void start(const asio::any_io_executor& executor, PacketSink& sink, core::Clock& clock) {
    context.sink = &sink;
    context.clock = &clock;
    for (const auto& r : readers) r->start(executor);
    if (stream) stream->start(executor);
  }
  void stop() {
    for (const auto& r : readers) r->stop();
    if (stream) stream->stop();
  }
  void close() {
    for (const auto& r : readers) r->close();
    readers.clear();
    if (stream) stream->close();
    stream.reset();
  }
};

Listeners::Listeners(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listeners::~Listeners() { impl_->close(); }

std::unique_ptr<Listeners> Listeners::open(ListenerOptions options,
                                           telemetry::DogstatsdCounters& counters,
                                           std::vector<std::string>& warnings) {
  auto impl = std::make_shared<Impl>(std::move(options), counters);
  const ListenerOptions& o = impl->options;
  if (o.udp_port != 0 || o.any_free_port) {
    if (auto sockets = open_udp(o)) {
      for (BoundSocket& s : *sockets) impl->add(std::move(s));
    } else {
      warnings.push_back(sockets.error().message());
    }
  }
  if (!o.datagram_socket.empty()) {
    if (auto socket = open_unix(Transport::uds_datagram, o.datagram_socket, o))
      impl->add(std::move(*socket));
    else if (o.datagram_socket_wanted)
      warnings.push_back(socket.error().message());
    else
      kLog.info("DogStatsD has no Unix socket", {{"reason", socket.error().message()}});
  }
  if (!o.stream_socket.empty()) {
    if (auto socket = open_unix(Transport::uds_stream, o.stream_socket, o))
      impl->stream = std::make_shared<StreamReader>(std::move(*socket), o, impl->context);
    else
      warnings.push_back(socket.error().message());
  }
  return std::unique_ptr<Listeners>(new Listeners(std::move(impl)));
}

asio::awaitable<void> Listeners::run(PacketSink& sink, core::Clock& clock,
                                     telemetry::HealthComponent& health) {
  const auto impl = impl_;
  const auto executor = co_await asio::this_coro::executor;
  struct StopAtEnd {
    Impl& impl;
    ~StopAtEnd() { impl.stop(); }
  } stop_at_end{*impl};
  impl->start(executor, sink, clock);
  // A stalled frame is found at a beat, so it may last half as long again as its limit.
  const auto period = std::clamp<std::chrono::milliseconds>(impl->options.stream_frame_timeout / 2,
                                                            std::chrono::milliseconds(10), kBeat);
  bool running = true;
  while (running) {
    health.beat();
    if (impl->stream) impl->stream->close_stalled();
    running = co_await clock.sleep_until(clock.now() + period);
  }
}

std::size_t Listeners::poll(PacketSink& sink, std::size_t max_packets) {
  if (impl_->context.handing_on) return 0;  // called by the sink: the buffers are in use
  std::size_t total = 0;
  const std::size_t count = impl_->readers.size();
  for (std::size_t i = 0; i < count && total < max_packets; ++i) {
    // Another one first each time, so that a busy socket does not keep the rest waiting.
    DatagramReader& reader = *impl_->readers[(impl_->poll_first + i) % count];
    std::size_t n = 1;
    while (n > 0 && total < max_packets) {
      n = reader.read(sink, max_packets - total);
      total += n;
    }
  }
  ++impl_->poll_first;
  if (impl_->stream && total < max_packets) total += impl_->stream->poll(sink);
  return total;
}

bool Listeners::any() const noexcept { return !impl_->readers.empty() || impl_->stream; }

std::uint16_t Listeners::udp_port() const noexcept {
  for (const auto& r : impl_->readers) {
    if (r->socket().port != 0) return r->socket().port;
  }
  return 0;
}

std::vector<SocketReport> Listeners::sockets() const {
  std::vector<SocketReport> list;
  for (const auto& r : impl_->readers) {
    const BoundSocket& s = r->socket();
    list.push_back({s.transport, s.address, s.receive_buffer, r->kernel_drops(), 0});
  }
  if (impl_->stream) {
    const BoundSocket& s = impl_->stream->socket();
    list.push_back({s.transport, s.address, 0, 0, impl_->stream->open_connections()});
  }
  return list;
}

core::SteadyTime Listeners::last_packet() const noexcept { return impl_->context.last_packet; }

telemetry::StatusNode Listeners::status() const {
  telemetry::StatusNode node;
  node.title = "DogStatsD sockets";
  const telemetry::DogstatsdCounters& c = impl_->context.counters;
  // Counted by transport: "localhost" is two UDP sockets, shown one below the other.
  std::array<bool, 3> counted{};
  for (const SocketReport& s : sockets()) {
    const auto kind = static_cast<std::size_t>(s.transport);
    telemetry::StatusNode& child = node.children.emplace_back();
    child.title = std::string(to_string(s.transport)) + ' ' + s.address;
    if (s.transport == Transport::udp) {
      child.add("Receive buffer (bytes)", s.receive_buffer);
      child.add("Dropped by the kernel", s.kernel_drops);
    }
    if (std::exchange(counted[kind], true)) continue;
    child.add("Packets", c.packets[kind].value).add("Bytes", c.bytes[kind].value);
    if (s.transport == Transport::uds_stream) {
      child.add("Open connections", s.connections);
      child.add("Connections refused", c.stream_connections_refused.value);
      child.add("Connections displaced", c.stream_connections_displaced.value);
      child.add("Frames too long", c.stream_too_long.value);
      child.add("Frames cut short", c.stream_cut_short.value);
    } else {
      child.add("Truncated packets", c.truncated[kind].value);
    }
    child.add("Read errors", c.read_errors[kind].value);
  }
  return node;
}

}  // namespace remora::dogstatsd
