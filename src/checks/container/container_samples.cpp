#include "checks/container/container_samples.hpp"

#include <array>
#include <chrono>

#include "remora/checks/container/container_check.hpp"

namespace remora::checks {
namespace {

constexpr MetricInfo kUptime{"container.uptime", "gauge", "second"};
constexpr MetricInfo kCpuUsage{"container.cpu.usage", "rate", "nanocore"};
constexpr MetricInfo kCpuUser{"container.cpu.user", "rate", "nanocore"};
constexpr MetricInfo kCpuSystem{"container.cpu.system", "rate", "nanocore"};
constexpr MetricInfo kCpuLimit{"container.cpu.limit", "gauge", "nanocore"};
constexpr MetricInfo kMemoryUsage{"container.memory.usage", "gauge", "byte"};
constexpr MetricInfo kMemoryLimit{"container.memory.limit", "gauge", "byte"};
constexpr MetricInfo kMemoryRss{"container.memory.rss", "gauge", "byte"};
constexpr MetricInfo kMemoryCache{"container.memory.cache", "gauge", "byte"};
constexpr MetricInfo kPageFaults{"container.memory.page_faults", "count", ""};
constexpr MetricInfo kIoRead{"container.io.read", "rate", "byte"};
constexpr MetricInfo kIoWrite{"container.io.write", "rate", "byte"};
constexpr MetricInfo kIoReadOperations{"container.io.read.operations", "rate", ""};
constexpr MetricInfo kIoWriteOperations{"container.io.write.operations", "rate", ""};
constexpr MetricInfo kNetRcvd{"container.net.rcvd", "rate", "byte"};
constexpr MetricInfo kNetSent{"container.net.sent", "rate", "byte"};
constexpr MetricInfo kNetRcvdPackets{"container.net.rcvd.packets", "rate", ""};
constexpr MetricInfo kNetSentPackets{"container.net.sent.packets", "rate", ""};
// Extended: the reference sends them on hosts only, though the endpoint has the data.
constexpr MetricInfo kCpuThrottled{"container.cpu.throttled", "rate", "nanosecond", true};
constexpr MetricInfo kCpuThrottledPeriods{"container.cpu.throttled.periods", "rate", "", true};
constexpr MetricInfo kMemoryUsagePeak{"container.memory.usage.peak", "gauge", "byte", true};
constexpr MetricInfo kMemoryWorkingSet{"container.memory.working_set", "gauge", "byte", true};
constexpr MetricInfo kMajorPageFaults{"container.memory.major_page_faults", "count", "", true};

constexpr std::array kMetrics{
    kUptime,           kCpuUsage,          kCpuUser,        kCpuSystem,
    kCpuLimit,         kMemoryUsage,       kMemoryLimit,    kMemoryRss,
    kMemoryCache,      kPageFaults,        kIoRead,         kIoWrite,
    kIoReadOperations, kIoWriteOperations, kNetRcvd,        kNetSent,
    kNetRcvdPackets,   kNetSentPackets,    kCpuThrottled,   kCpuThrottledPeriods,
    kMemoryUsagePeak,  kMemoryWorkingSet,  kMajorPageFaults};

constexpr double kNanocoresPerVcpu = 1e9;
constexpr double kBytesPerMib = 1024.0 * 1024.0;
// Limits from here on mean "none": cgroup v1 reports 2^63-4096, ECS on cgroup v2 2^64-1.
constexpr std::uint64_t kUnlimitedFrom = std::uint64_t{1} << 62;

void add_memory_limit(const ContainerReading& r, const model::Tags& tags, SampleList& out) {
  const std::uint64_t own = r.stats->memory.limit.value_or(0);
  if (own > 0 && own < kUnlimitedFrom) {
    out.add(kMemoryLimit, own, tags);
  } else if (const auto mib = r.task.memory_limit_mib.value_or(0); mib > 0) {
    out.add(kMemoryLimit, static_cast<double>(mib) * kBytesPerMib, tags);
  }
}

// Docker's "memory used": without the file pages the kernel takes back first.
std::optional<std::uint64_t> working_set(const ecs::MemoryStats& memory) {
  if (!memory.usage) return std::nullopt;
  auto inactive = memory.get("total_inactive_file");      // cgroup v1
  if (!inactive) inactive = memory.get("inactive_file");  // cgroup v2
  return inactive && *inactive < *memory.usage ? *memory.usage - *inactive : *memory.usage;
}

void add_memory(const ContainerReading& r, const model::Tags& tags, SampleList& out) {
  const ecs::MemoryStats& memory = r.stats->memory;
  // cgroup v2 has other names for the same; the reference looks for the old ones and sends zeros.
  const bool v2 = memory.cgroup_v2();
  out.add(kMemoryUsage, memory.usage, tags);
  add_memory_limit(r, tags, out);
  out.add(kMemoryRss, memory.get(v2 ? "anon" : "rss"), tags);
  out.add(kMemoryCache, memory.get(v2 ? "file" : "cache"), tags);
  out.add(kPageFaults, memory.get("pgfault"), tags);
}

void add_io(const ecs::BlockIo& io, bool& had, const MetricInfo& read, const MetricInfo& write,
            const model::Tags& tags, SampleList& out) {
  if (!io.present && had) return;
  had = io.present;
  out.add(read, io.read, tags);
  out.add(write, io.write, tags);
}

void add_network(const ecs::ContainerStats& stats, ContainerState& state, Sender& sender,
                 SampleList& out) {
  if (stats.networks.empty()) {
    const model::Tags& tags = state.tags.base();
    for (const auto& metric : {kNetRcvd, kNetSent, kNetRcvdPackets, kNetSentPackets}) {
      out.add(metric, 0.0, tags);
    }
    return;
  }
  for (const ecs::InterfaceStats& i : stats.networks) {
    const model::Tags& tags = state.tags.with_interface(i.name, sender);
    out.add(kNetRcvd, i.rx_bytes, tags);
    out.add(kNetSent, i.tx_bytes, tags);
    out.add(kNetRcvdPackets, i.rx_packets, tags);
    out.add(kNetSentPackets, i.tx_packets, tags);
  }
}

void add_extended(const ecs::ContainerStats& stats, const model::Tags& tags, SampleList& out) {
  out.add(kCpuThrottled, stats.cpu.throttled_ns, tags);
  out.add(kCpuThrottledPeriods, stats.cpu.throttled_periods, tags);
  out.add(kMemoryUsagePeak, stats.memory.max_usage, tags);
  out.add(kMemoryWorkingSet, working_set(stats.memory), tags);
  out.add(kMajorPageFaults, stats.memory.get("pgmajfault"), tags);
}

}  // namespace

std::span<const MetricInfo> container_metrics() { return kMetrics; }

void add_container_samples(const ContainerReading& r, ContainerState& state, Sender& sender,
                           SampleList& out) {
  const model::Tags& tags = state.tags.base();
  if (r.container.started_at && r.now >= *r.container.started_at) {
    const std::chrono::duration<double> uptime = r.now - *r.container.started_at;
    out.add(kUptime, uptime.count(), tags);
  }
  if (r.stats == nullptr) return;
  const ecs::ContainerStats& stats = *r.stats;
  out.measured_at(stats.read);
  out.add(kCpuUsage, stats.cpu.total_ns, tags);
  out.add(kCpuUser, stats.cpu.user_ns, tags);
  out.add(kCpuSystem, stats.cpu.kernel_ns, tags);
  if (const double vcpu = r.task.cpu_limit_vcpu.value_or(0); vcpu > 0) {
    out.add(kCpuLimit, vcpu * kNanocoresPerVcpu, tags);
  }
  add_memory(r, tags, out);
  add_io(stats.io_bytes, state.had_io_bytes, kIoRead, kIoWrite, tags, out);
  add_io(stats.io_operations, state.had_io_operations, kIoReadOperations, kIoWriteOperations, tags,
         out);
  add_network(stats, state, sender, out);
  if (r.extended_metrics) add_extended(stats, tags, out);
}

}  // namespace remora::checks
