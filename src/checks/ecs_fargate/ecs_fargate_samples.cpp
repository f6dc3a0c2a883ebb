#include "checks/ecs_fargate/ecs_fargate_samples.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "remora/checks/ecs_fargate/ecs_fargate_check.hpp"

namespace remora::checks {
namespace {

constexpr MetricInfo kCpuLimit{"ecs.fargate.cpu.limit", "gauge", "cpu unit"};
constexpr MetricInfo kCpuPercent{"ecs.fargate.cpu.percent", "gauge", "percent"};
constexpr MetricInfo kCpuSystem{"ecs.fargate.cpu.system", "rate", "nanocore"};
constexpr MetricInfo kCpuUser{"ecs.fargate.cpu.user", "rate", "nanocore"};
constexpr MetricInfo kCpuUsage{"ecs.fargate.cpu.usage", "rate", "nanocore"};
constexpr MetricInfo kCpuTaskLimit{"ecs.fargate.cpu.task.limit", "gauge", "nanocore"};
constexpr MetricInfo kMemTaskLimit{"ecs.fargate.mem.task.limit", "gauge", "byte"};
constexpr MetricInfo kStorageUtilized{"ecs.fargate.ephemeral_storage.utilized", "gauge",
                                      "mebibyte"};
constexpr MetricInfo kStorageReserved{"ecs.fargate.ephemeral_storage.reserved", "gauge",
                                      "mebibyte"};
constexpr MetricInfo kMemMaxUsage{"ecs.fargate.mem.max_usage", "gauge", "byte"};
constexpr MetricInfo kMemUsage{"ecs.fargate.mem.usage", "gauge", "byte"};
constexpr MetricInfo kMemLimit{"ecs.fargate.mem.limit", "gauge", "byte"};
constexpr MetricInfo kIoBytesRead{"ecs.fargate.io.bytes.read", "rate", "byte"};
constexpr MetricInfo kIoBytesWrite{"ecs.fargate.io.bytes.write", "rate", "byte"};
constexpr MetricInfo kIoOpsRead{"ecs.fargate.io.ops.read", "rate", ""};
constexpr MetricInfo kIoOpsWrite{"ecs.fargate.io.ops.write", "rate", ""};
constexpr MetricInfo kNetRcvdErrors{"ecs.fargate.net.rcvd_errors", "gauge", "error"};
constexpr MetricInfo kNetSentErrors{"ecs.fargate.net.sent_errors", "gauge", "error"};
constexpr MetricInfo kNetInDropped{"ecs.fargate.net.packet.in_dropped", "gauge", "packet"};
constexpr MetricInfo kNetOutDropped{"ecs.fargate.net.packet.out_dropped", "gauge", "packet"};
constexpr MetricInfo kNetBytesRcvd{"ecs.fargate.net.bytes_rcvd", "rate", "byte"};
constexpr MetricInfo kNetBytesSent{"ecs.fargate.net.bytes_sent", "rate", "byte"};

// Metrics read from a key of the memory statistics: the key is the last part of the name.
constexpr std::string_view kMemPrefix = "ecs.fargate.mem.";
constexpr std::array kMemGauges{
    MetricInfo{"ecs.fargate.mem.cache", "gauge", "byte"},
    MetricInfo{"ecs.fargate.mem.mapped_file", "gauge", "byte"},
    MetricInfo{"ecs.fargate.mem.rss", "gauge", "byte"},
    MetricInfo{"ecs.fargate.mem.hierarchical_memory_limit", "gauge", "byte"},
    MetricInfo{"ecs.fargate.mem.active_anon", "gauge", "byte"},
    MetricInfo{"ecs.fargate.mem.active_file", "gauge", "byte"},
    MetricInfo{"ecs.fargate.mem.inactive_file", "gauge", "byte"},
    MetricInfo{"ecs.fargate.mem.hierarchical_memsw_limit", "gauge", "byte"},
};
constexpr std::array kMemRates{
    MetricInfo{"ecs.fargate.mem.pgpgin", "rate", ""},
    MetricInfo{"ecs.fargate.mem.pgpgout", "rate", ""},
    MetricInfo{"ecs.fargate.mem.pgmajfault", "rate", ""},
    MetricInfo{"ecs.fargate.mem.pgfault", "rate", ""},
};

constexpr auto kMetrics = [] {
  constexpr std::array kFirst{kCpuLimit,     kCpuPercent,      kCpuSystem,
                              kCpuUser,      kCpuUsage,        kCpuTaskLimit,
                              kMemTaskLimit, kStorageUtilized, kStorageReserved};
  constexpr std::array kLast{kMemMaxUsage,   kMemUsage,     kMemLimit,      kIoBytesRead,
                             kIoBytesWrite,  kIoOpsRead,    kIoOpsWrite,    kNetRcvdErrors,
                             kNetSentErrors, kNetInDropped, kNetOutDropped, kNetBytesRcvd,
                             kNetBytesSent};
  std::array<MetricInfo, kFirst.size() + kMemGauges.size() + kMemRates.size() + kLast.size()> all{};
  auto to = all.begin();
  for (const auto& metric : kFirst) *to++ = metric;
  for (const auto& metric : kMemGauges) *to++ = metric;
  for (const auto& metric : kMemRates) *to++ = metric;
  for (const auto& metric : kLast) *to++ = metric;
  return all;
}();

constexpr double kNanocoresPerVcpu = 1e9;
constexpr double kNanosecondsPerSecond = 1e9;
constexpr double kBytesPerMib = 1024.0 * 1024.0;
// "No limit" of cgroup v1: 2^63 rounded down to a page.
constexpr std::uint64_t kUnlimited = 0x7FFFFFFFFFFFF000;

double round_to_two_places(double value) { return std::nearbyint(value * 100) / 100; }

void add_memory(const ecs::MemoryStats& memory, const model::Tags& tags, SampleList& out) {
  for (const MetricInfo& metric : kMemGauges) {
    const auto value = memory.get(metric.name.substr(kMemPrefix.size()));
    if (value && *value < kUnlimited) out.add(metric, *value, tags);
  }
  for (const MetricInfo& metric : kMemRates) {
    out.add(metric, memory.get(metric.name.substr(kMemPrefix.size())), tags);
  }
  out.add(kMemMaxUsage, memory.max_usage, tags);
  out.add(kMemUsage, memory.usage, tags);
  if (memory.limit != kUnlimited) out.add(kMemLimit, memory.limit, tags);
}

void add_io(const ecs::BlockIo& io, const MetricInfo& read, const MetricInfo& write,
            const model::Tags& tags, SampleList& out) {
  if (!io.present) return;
  out.add(read, io.read, tags);
  out.add(write, io.write, tags);
}

}  // namespace

std::span<const MetricInfo> ecs_fargate_metrics() { return kMetrics; }

model::TagList fargate_compatibility_tags(const model::TagList& tags) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kRenamed{{
      {"task_family:", "ecs_task_family:"},
      {"task_version:", "ecs_task_version:"},
      {"cluster_name:", "ecs_cluster:"},
      {"container_name:", "docker_name:"},
  }};
  model::TagList extra;
  for (const std::string& tag : tags) {
    for (const auto& [from, to] : kRenamed) {
      if (tag.starts_with(from)) extra.push_back(std::string(to) + tag.substr(from.size()));
    }
  }
  return extra;
}

CpuPercent fargate_cpu_percent(const ecs::ContainerStats& stats) {
  const ecs::CpuStats& now = stats.cpu;
  const ecs::CpuStats& before = stats.precpu;
  // Windows has no counter of the whole host.
  if (!now.system_ns || !before.system_ns || !now.total_ns || !before.total_ns) return {};
  const double cpu = static_cast<double>(*now.total_ns) - static_cast<double>(*before.total_ns);
  const double host = static_cast<double>(*now.system_ns) - static_cast<double>(*before.system_ns);
  const auto cpus = static_cast<double>(now.online_cpus.value_or(0));
  if (cpu <= 0 || host <= 0 || cpus <= 0) return {};
  if (host > cpu) return {round_to_two_places(cpu / host * cpus * 100), false};
  // The endpoint sometimes reports more CPU time than the host had. The time between the two
  // readings, in whole seconds, takes the place of the host's counter then.
  if (!stats.read || !stats.preread) return {std::nullopt, true};
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::seconds>(*stats.read - *stats.preread);
  if (elapsed.count() <= 0) return {std::nullopt, true};
  const double available = static_cast<double>(elapsed.count()) * kNanosecondsPerSecond;
  return {round_to_two_places(cpu / available * 100), false};
}

void add_fargate_task_samples(const ecs::TaskMetadata& task, const model::Tags& tags,
                              SampleList& out) {
  if (const double vcpu = task.cpu_limit_vcpu.value_or(0); vcpu > 0) {
    out.add(kCpuTaskLimit, vcpu * kNanocoresPerVcpu, tags);
  }
  if (const auto mib = task.memory_limit_mib.value_or(0); mib > 0) {
    out.add(kMemTaskLimit, static_cast<double>(mib) * kBytesPerMib, tags);
  }
  out.add(kStorageUtilized, task.ephemeral_utilized_mib, tags);
  out.add(kStorageReserved, task.ephemeral_reserved_mib, tags);
}

void add_fargate_limit_samples(const ecs::ContainerMetadata& container, const model::Tags& tags,
                               SampleList& out) {
  if (const double units = container.cpu_limit_units.value_or(0); units > 0) {
    out.add(kCpuLimit, units, tags);
  }
}

bool add_fargate_container_samples(const ecs::ContainerStats& stats, EntityTags& entity,
                                   Sender& sender, SampleList& out) {
  const model::Tags& tags = entity.base();
  out.measured_at(stats.read);
  out.add(kCpuSystem, stats.cpu.kernel_ns, tags);
  out.add(kCpuUser, stats.cpu.user_ns, tags);
  out.add(kCpuUsage, stats.cpu.total_ns, tags);
  const CpuPercent percent = fargate_cpu_percent(stats);
  if (percent.value) out.add(kCpuPercent, *percent.value, tags);
  add_memory(stats.memory, tags, out);
  add_io(stats.io_bytes, kIoBytesRead, kIoBytesWrite, tags, out);
  add_io(stats.io_operations, kIoOpsRead, kIoOpsWrite, tags, out);
  for (const ecs::InterfaceStats& i : stats.networks) {
    const model::Tags& own = entity.with_interface(i.name, sender);
    out.add(kNetRcvdErrors, i.rx_errors, own);
    out.add(kNetSentErrors, i.tx_errors, own);
    out.add(kNetInDropped, i.rx_dropped, own);
    out.add(kNetOutDropped, i.tx_dropped, own);
    out.add(kNetBytesRcvd, i.rx_bytes, own);
    out.add(kNetBytesSent, i.tx_bytes, own);
  }
  return !percent.bad_reading;
}

}  // namespace remora::checks
