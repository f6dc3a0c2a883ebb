// The agent's own counters: every number a stage keeps about itself is declared here.
//
// One contract for all stages (received, sent, dropped with a reason, errors by code), read by
// `agent status`, the health port and the self metrics. A retry that may succeed is not a drop.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "remora/core/error.hpp"

namespace remora::telemetry {

/// Threading: written and read on the loop's thread only.
struct Counter {
  std::uint64_t value = 0;
  void add(std::uint64_t n = 1) noexcept { value += n; }
};

/// Failures by error code, so that a stable code, never a message, is the tag.
struct ErrorCounters {
  std::array<Counter, 16> by_code;
  void add(Errc code) noexcept { by_code[static_cast<std::size_t>(code) % by_code.size()].add(); }
  [[nodiscard]] std::uint64_t total() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& c : by_code) sum += c.value;
    return sum;
  }
};

struct EcsCounters {
  Counter task_fetches, stats_fetches;  ///< answers that parsed
  Counter retries, throttled;           ///< requests repeated; answers with status 429
  Counter malformed_containers;         ///< entries skipped, their neighbours kept
  Counter containers_without_stats;     ///< running, but no usable stats in a cycle
  ErrorCounters errors;                 ///< requests that failed after their retries
};

struct CheckCounters {
  Counter runs, failures, samples, service_checks;
};

struct AggregatorCounters {
  Counter samples;  ///< values submitted by checks
  Counter series;   ///< series flushed
  Counter flushes;
  Counter contexts_refused;  ///< new contexts over the limit: dropped, named in the log
  Counter non_finite;        ///< NaN or infinite values dropped
  Counter sketches;          ///< sketches flushed
  Counter bad_buckets;       ///< histogram buckets with impossible counts or bounds: dropped
};

struct SerializerCounters {
  Counter payloads, bytes, uncompressed_bytes;
  Counter dropped_too_large;  ///< items that do not fit an empty payload
  Counter failures;           ///< compressor errors
};

struct ForwarderCounters {
  Counter submitted, sent, sent_bytes, requests;
  Counter retried;             ///< attempts that failed and were put back
  Counter dropped_rejected;    ///< 400, 403, 413: the intake will never take them
  Counter dropped_queue_full;  ///< oldest payloads that made room for newer ones
  Counter dropped_at_stop;     ///< left when the stop deadline passed
  Counter dropped_items;       ///< points and elements inside all dropped payloads
  ErrorCounters errors;
  std::array<Counter, 600> by_status;  ///< answers by HTTP status
};

/// What became of the lines of one kind of message.
struct MessageCounters {
  Counter ok;     ///< metrics: samples, not messages
  Counter error;  ///< refused lines
};

struct DogstatsdCounters {
  // By transport: udp, uds_datagram, uds_stream.
  std::array<Counter, 3> packets, bytes, read_errors, truncated;
  Counter stream_connections_opened, stream_connections_refused;
  Counter stream_connections_displaced;  ///< silent or idle ones that made room for a new one
  Counter stream_too_long;   ///< frames longer than the limit: the connection was closed
  Counter stream_cut_short;  ///< connections that ended or stalled inside a frame
  MessageCounters metrics, events, service_checks;
  std::array<Counter, 6> by_type;     ///< messages by dogstatsd::MetricType
  std::array<Counter, 24> by_reject;  ///< refused lines by dogstatsd::Reject
  Counter unterminated;               ///< last lines without LF where it is required
  Counter filtered;                   ///< messages dropped by a filter list
  Counter unsupported_timestamped;    ///< timestamps on histograms, sets, distributions
  Counter origin_errors;              ///< credentials that lead to no container
  Counter origins_refused;            ///< origins over the limit: they get the task's tags
  Counter bad_fields;                 ///< optional fields of events and checks with bad values
  Counter dropped_events, dropped_service_checks;  ///< over the limit between two flushes
  Counter forward_errors;  ///< packets that could not be copied to DD_STATSD_FORWARD_*
};

/// The time sampler.
struct SamplerCounters {
  Counter samples;
  Counter non_finite;  ///< NaN or infinite values dropped
  Counter contexts_created, contexts_expired;
  Counter refused_contexts;  ///< samples' lines refused because a new context was over a limit
  Counter refused_values;    ///< set members, histogram samples or points over the byte budget
  Counter series, sketches;  ///< given out by flushes
  Counter flushes;
};

/// All of them. Owned by `agent::Runtime`, passed by reference to each component.
struct Counters {
  EcsCounters ecs;
  CheckCounters checks;
  AggregatorCounters aggregator;
  SerializerCounters serializer;
  ForwarderCounters forwarder;
  DogstatsdCounters dogstatsd;
  SamplerCounters sampler;
  Counter tags_rejected;  ///< malformed label tags, named in the log
  Counter ipc_requests, ipc_rejected;
};

}  // namespace remora::telemetry
