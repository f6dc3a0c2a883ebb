// The stream socket: accepts connections and reads their frames.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "dogstatsd/paced_wait.hpp"
#include "dogstatsd/reader_context.hpp"
#include "dogstatsd/socket_open.hpp"
#include "remora/dogstatsd/listener.hpp"

namespace remora::dogstatsd {

/// Only a broken frame, the end of the stream, or a stall inside a frame closes a connection; what
/// stands in the frames never does. Each connection has its turn, of one read.
///
/// With all places taken a new connection displaces the oldest one that has not sent a frame, or
/// else the one that has been idle longest, from 10 s on; while all send, it is refused. Of frames
/// begun, 4 MiB are held for all connections: beyond, the one begun first is given up.
///
/// Threading: the loop. Lifetime: the context outlives `stop`; handlers still queued then keep the
/// reader alive and do nothing.
class StreamReader : public std::enable_shared_from_this<StreamReader> {
 public:
  StreamReader(BoundSocket socket, const ListenerOptions& options, ReaderContext& context);
  ~StreamReader();

  void start(const asio::any_io_executor& executor);
  void stop();   ///< takes everything from the loop; socket and connections stay open
  void close();  ///< stops, closes all, removes the socket file

  /// Closes the connections that have been inside one frame for longer than the limit.
  void close_stalled();
  /// One read of each connection and of the queue of new ones, without waiting.
  std::size_t poll(PacketSink& sink);

  [[nodiscard]] const BoundSocket& socket() const noexcept { return socket_; }
  [[nodiscard]] std::size_t open_connections() const noexcept { return connections_.size(); }

 private:
  class Connection;
  void accept_turn();
  bool accept_some(PacketSink& sink);  ///< false: pause before the next attempt
  bool make_place(PacketSink& sink);   ///< false: all connections are in use
  bool displace(Connection& connection);
  void limit_begun_frames();
  void remove_closed();

  BoundSocket socket_;
  std::size_t longest_frame_;
  std::size_t max_connections_;
  std::chrono::milliseconds frame_timeout_;
  bool credentials_;
  std::size_t begun_bytes_ = 0;  ///< memory of the frames that have begun, of all connections
  ReaderContext& context_;
  asio::any_io_executor executor_;
  PacedWait wait_;
  bool running_ = false;
  std::unique_ptr<char[]> buffer_;  ///< of one read, for all connections; made for the first
  std::vector<std::shared_ptr<Connection>> connections_;
};

}  // namespace remora::dogstatsd
