// What one intake does with what waits: its order, and what happens when there is no room.
//
// Metrics: the newest values are what dashboards and monitors look at, so they go first and the
// oldest give way. Logs: lines keep their order, and their source (a file) can wait. Traces: the
// sender is told to slow down (429) before anything is lost.
#pragma once

#include <chrono>
#include <cstdint>

namespace remora::forwarder {

enum class Order : std::uint8_t {
  newest_first,
  /// One request at a time per endpoint, key, path and stream, so that a retry overtakes nothing.
  oldest_first,
};

enum class WhenFull : std::uint8_t {
  drop_oldest,  ///< `submit` takes everything
  refuse,       ///< `submit` says no; the source keeps its payload and waits for room
  /// Says no while the intake has been full for less than `Policy::refuse_for`: senders slow down
  /// and come again. After that an outage is under way, and the newest is worth more than the
  /// oldest.
  refuse_then_drop_oldest,
};

struct Policy {
  Order order = Order::newest_first;
  WhenFull when_full = WhenFull::drop_oldest;
  std::chrono::milliseconds refuse_for{10'000};
};

inline constexpr Policy kMetricsPolicy{};
inline constexpr Policy kLogsPolicy{Order::oldest_first, WhenFull::refuse, {}};
inline constexpr Policy kTracesPolicy{Order::oldest_first, WhenFull::refuse_then_drop_oldest,
                                      std::chrono::milliseconds(10'000)};

}  // namespace remora::forwarder
