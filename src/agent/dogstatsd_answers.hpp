// What the command line asks about DogStatsD: statistics, contexts, captures.
#pragma once

#include <string>
#include <string_view>

#include "remora/api/ipc_server.hpp"
#include "remora/dogstatsd/capture.hpp"
#include "remora/dogstatsd/metric_stats.hpp"
#include "remora/dogstatsd/server.hpp"
#include "remora/metrics/context.hpp"
#include "remora/metrics/time_sampler.hpp"

namespace remora::agent {

struct DogstatsdInspected {
  dogstatsd::Server& server;
  const metrics::TimeSampler& sampler;
  const metrics::OriginTags& origins;
  const dogstatsd::MetricStats* stats;  ///< null unless DD_DOGSTATSD_METRICS_STATS_ENABLE
  dogstatsd::Capture& capture;
  bool walking = false;  ///< an answer over all contexts is being made; one at a time
};

[[nodiscard]] bool is_dogstatsd_request(std::string_view request);

/// Answers, with 400 for what cannot be done and why:
///   "dogstatsd-stats?format=text|json|pretty-json"  lines by metric and tags
///   "dogstatsd-top?n=10&t=5"     metrics with most contexts, and their tags with most values
///   "dogstatsd-contexts"         one JSON object a line, in the form of the Agent's dump; where
///   not
///                                all fit into an answer, the last line is {"LeftOut": <number>}
///   "dogstatsd-capture?duration=60&path=DIR&compressed=1"  begins a capture; the path of its file
/// `inspected` is null where DogStatsD is switched off.
/// An answer takes 4 MiB at most, and about as much to make, however many contexts, tags and keys
/// applications send; what walks over them gives the loop back after less than a millisecond.
/// Lifetime: `inspected` outlives the coroutine.
[[nodiscard]] asio::awaitable<api::IpcReply> answer_dogstatsd(DogstatsdInspected* inspected,
                                                              std::string request);

/// Ends a capture whose time is over and takes it off the server. To be called every few seconds.
void tick_dogstatsd(DogstatsdInspected& inspected);

}  // namespace remora::agent
