// Settings -> what the parts of DogStatsD run on.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "remora/config/settings.hpp"
#include "remora/core/memory_limit.hpp"
#include "remora/dogstatsd/enricher.hpp"
#include "remora/dogstatsd/listener.hpp"
#include "remora/dogstatsd/origins.hpp"
#include "remora/dogstatsd/server.hpp"
#include "remora/metrics/time_sampler.hpp"

namespace remora::agent {

struct DogstatsdOptions {
  bool enabled = true;
  dogstatsd::ListenerOptions listeners;
  dogstatsd::ServerOptions server;   ///< with those of the parser
  dogstatsd::OriginOptions origins;  ///< without the instance tag: see `instance_tag`
  dogstatsd::EnricherOptions enricher;
  metrics::TimeSamplerOptions sampler;  ///< with those of histograms
  bool flush_open_buckets = true;
  std::chrono::milliseconds stop_listening{2000};  ///< how long packets are taken at stop at most
  bool metric_stats = false;
  std::string capture_directory;  ///< empty = the temporary directory
  std::string forward_host;       ///< empty = packets are not copied
  std::uint16_t forward_port = 0;
};

/// Bad parts are named in `warnings` and left out; nothing here keeps the agent from starting.
[[nodiscard]] DogstatsdOptions dogstatsd_options(const config::Settings& settings,
                                                 const core::MemoryLimit& memory,
                                                 std::vector<std::string>& warnings);

/// Bytes for contexts and buckets where DD_DOGSTATSD_MEMORY_LIMIT says nothing. `retry_queues`:
/// bytes that the forwarder may hold, of all intakes together.
///
/// With a container limit: half of what it leaves after 20 MiB (program, compressor, other
/// components) and the retry queues. The other half covers what comes with the contexts: bodies of
/// a flush on their way to the queue, socket buffers, which the kernel counts as ours, and the
/// slack of the allocator. Without one: an eighth of the machine, which applications share. 4 to
/// 512 MiB.
[[nodiscard]] std::size_t derived_memory_budget(const core::MemoryLimit& memory,
                                                std::uint64_t retry_queues);

/// Eight hex digits that tell this task from others: of the task's id where the ARN (or in its
/// place ECS_CONTAINER_METADATA_URI_V4) ends in one, else of a hash; random when both are empty.
[[nodiscard]] std::string instance_id(std::string_view task_arn, std::string_view metadata_uri);

/// DD_DOGSTATSD_INSTANCE_TAG as a whole tag, "<name>:<id>"; empty when it is off or no tag name.
[[nodiscard]] std::string instance_tag(const config::Settings& settings, std::string_view id,
                                       std::vector<std::string>& warnings);

}  // namespace remora::agent
