#include "checks/redisdb/metric_table.hpp"

#include <algorithm>
#include <array>

namespace remora::checks::redisdb {
namespace {

// Source: DataDog/integrations-core redisdb/datadog_checks/redisdb/redisdb.py; units from its
// metadata.csv, those of memory and traffic that it leaves out from redis.io/commands/info.
constexpr auto kInfoMetrics = std::to_array<InfoMetric>({
    {"io_threads_active", "redis.server.io_threads_active", SubmitKind::gauge, ""},
    {"active_defrag_running", "redis.active_defrag.running", SubmitKind::gauge, ""},
    {"active_defrag_hits", "redis.active_defrag.hits", SubmitKind::gauge, "operation"},
    {"active_defrag_misses", "redis.active_defrag.misses", SubmitKind::gauge, "operation"},
    {"active_defrag_key_hits", "redis.active_defrag.key_hits", SubmitKind::gauge, "key"},
    {"active_defrag_key_misses", "redis.active_defrag.key_misses", SubmitKind::gauge, "key"},
    {"aof_last_rewrite_time_sec", "redis.aof.last_rewrite_time", SubmitKind::gauge, "second"},
    {"aof_rewrite_in_progress", "redis.aof.rewrite", SubmitKind::gauge, ""},
    {"aof_current_size", "redis.aof.size", SubmitKind::gauge, "byte"},
    {"aof_buffer_length", "redis.aof.buffer_length", SubmitKind::gauge, "byte"},
    {"loading_total_bytes", "redis.aof.loading_total_bytes", SubmitKind::gauge, "byte"},
    {"loading_loaded_bytes", "redis.aof.loading_loaded_bytes", SubmitKind::gauge, "byte"},
    {"loading_loaded_perc", "redis.aof.loading_loaded_perc", SubmitKind::gauge, "percent"},
    {"loading_eta_seconds", "redis.aof.loading_eta_seconds", SubmitKind::gauge, "second"},
    {"connected_clients", "redis.net.clients", SubmitKind::gauge, "connection"},
    {"connected_slaves", "redis.net.slaves", SubmitKind::gauge, "connection"},
    {"rejected_connections", "redis.net.rejected", SubmitKind::gauge, "connection"},
    {"blocked_clients", "redis.clients.blocked", SubmitKind::gauge, "connection"},
    {"client_biggest_input_buf", "redis.clients.biggest_input_buf", SubmitKind::gauge, ""},
    {"client_longest_output_list", "redis.clients.longest_output_list", SubmitKind::gauge, ""},
    {"client_recent_max_input_buffer", "redis.clients.recent_max_input_buffer", SubmitKind::gauge,
     "byte"},
    {"client_recent_max_output_buffer", "redis.clients.recent_max_output_buffer", SubmitKind::gauge,
     "byte"},
    {"evicted_keys", "redis.keys.evicted", SubmitKind::gauge, "key"},
    {"expired_keys", "redis.keys.expired", SubmitKind::gauge, "key"},
    {"latest_fork_usec", "redis.perf.latest_fork_usec", SubmitKind::gauge, "microsecond"},
    {"bytes_received_per_sec", "redis.bytes_received_per_sec", SubmitKind::gauge, "byte"},
    {"bytes_sent_per_sec", "redis.bytes_sent_per_sec", SubmitKind::gauge, "byte"},
    {"instantaneous_input_kbps", "redis.net.instantaneous_input", SubmitKind::gauge, ""},
    {"instantaneous_output_kbps", "redis.net.instantaneous_output", SubmitKind::gauge, ""},
    {"total_connections_received", "redis.net.total_connections_received", SubmitKind::gauge,
     "connection"},
    {"pubsub_channels", "redis.pubsub.channels", SubmitKind::gauge, ""},
    {"pubsub_patterns", "redis.pubsub.patterns", SubmitKind::gauge, ""},
    {"rdb_bgsave_in_progress", "redis.rdb.bgsave", SubmitKind::gauge, ""},
    {"rdb_changes_since_last_save", "redis.rdb.changes_since_last", SubmitKind::gauge, ""},
    {"rdb_last_bgsave_time_sec", "redis.rdb.last_bgsave_time", SubmitKind::gauge, "second"},
    {"mem_fragmentation_bytes", "redis.mem.fragmentation", SubmitKind::gauge, "byte"},
    {"mem_fragmentation_ratio", "redis.mem.fragmentation_ratio", SubmitKind::gauge, "fraction"},
    {"mem_total_replication_buffers", "redis.mem.total_replication_buffers", SubmitKind::gauge,
     "byte"},
    {"mem_clients_slaves", "redis.mem.clients_slaves", SubmitKind::gauge, "byte"},
    {"mem_clients_normal", "redis.mem.clients_normal", SubmitKind::gauge, "byte"},
    {"used_memory", "redis.mem.used", SubmitKind::gauge, "byte"},
    {"used_memory_lua", "redis.mem.lua", SubmitKind::gauge, "byte"},
    {"used_memory_peak", "redis.mem.peak", SubmitKind::gauge, "byte"},
    {"used_memory_rss", "redis.mem.rss", SubmitKind::gauge, "byte"},
    {"used_memory_startup", "redis.mem.startup", SubmitKind::gauge, "byte"},
    {"used_memory_overhead", "redis.mem.overhead", SubmitKind::gauge, "byte"},
    {"used_memory_dataset", "redis.mem.dataset", SubmitKind::gauge, "byte"},
    {"used_memory_vm_eval", "redis.mem.vm_eval", SubmitKind::gauge, "byte"},
    {"used_memory_vm_functions", "redis.mem.vm_functions", SubmitKind::gauge, "byte"},
    {"used_memory_vm_total", "redis.mem.vm_total", SubmitKind::gauge, "byte"},
    {"used_memory_functions", "redis.mem.functions", SubmitKind::gauge, "byte"},
    {"used_memory_scripts_eval", "redis.mem.scripts_eval", SubmitKind::gauge, "byte"},
    {"used_memory_scripts", "redis.mem.scripts", SubmitKind::gauge, "byte"},
    {"maxmemory", "redis.mem.maxmemory", SubmitKind::gauge, "byte"},
    {"master_last_io_seconds_ago", "redis.replication.last_io_seconds_ago", SubmitKind::gauge,
     "second"},
    {"master_sync_in_progress", "redis.replication.sync", SubmitKind::gauge, ""},
    {"master_sync_left_bytes", "redis.replication.sync_left_bytes", SubmitKind::gauge, "byte"},
    {"repl_backlog_histlen", "redis.replication.backlog_histlen", SubmitKind::gauge, "byte"},
    {"master_repl_offset", "redis.replication.master_repl_offset", SubmitKind::gauge, "offset"},
    {"slave_repl_offset", "redis.replication.slave_repl_offset", SubmitKind::gauge, "offset"},
    {"total_net_repl_input_bytes", "redis.replication.input_total_bytes", SubmitKind::gauge,
     "byte"},
    {"total_net_repl_output_bytes", "redis.replication.output_total_bytes", SubmitKind::gauge,
     "byte"},
    {"used_cpu_sys", "redis.cpu.sys", SubmitKind::rate, "second"},
    {"used_cpu_sys_children", "redis.cpu.sys_children", SubmitKind::rate, "second"},
    {"used_cpu_user", "redis.cpu.user", SubmitKind::rate, "second"},
    {"used_cpu_user_children", "redis.cpu.user_children", SubmitKind::rate, "second"},
    {"used_cpu_sys_main_thread", "redis.cpu.sys_main_thread", SubmitKind::rate, "second"},
    {"used_cpu_user_main_thread", "redis.cpu.user_main_thread", SubmitKind::rate, "second"},
    {"keyspace_hits", "redis.stats.keyspace_hits", SubmitKind::rate, "key"},
    {"keyspace_misses", "redis.stats.keyspace_misses", SubmitKind::rate, "key"},
    {"io_threaded_reads_processed", "redis.stats.io_threaded_reads_processed", SubmitKind::rate,
     ""},
    {"io_threaded_writes_processed", "redis.stats.io_threaded_writes_processed", SubmitKind::rate,
     ""},
});

constexpr auto kOtherMetrics = std::to_array<MetricInfo>({
    {"redis.info.latency_ms", "gauge", "millisecond"},
    {"redis.ping.latency_ms", "gauge", "millisecond"},
    {"redis.keys", "gauge", "key"},
    {"redis.expires", "gauge", "key"},
    {"redis.persist", "gauge", "key"},
    {"redis.persist.percent", "gauge", "percent"},
    {"redis.expires.percent", "gauge", "percent"},
    {"redis.net.maxclients", "gauge", "connection"},
    {"redis.net.commands", "rate", "command"},
    {"redis.net.instantaneous_ops_per_sec", "gauge", "command"},
    {"redis.net.connections", "gauge", "connection"},
    {"redis.key.length", "gauge", ""},
    {"redis.replication.delay", "gauge", "offset"},
    {"redis.replication.master_link_down_since_seconds", "gauge", "second"},
    {"redis.command.calls", "gauge", ""},
    {"redis.command.usec_per_call", "gauge", "microsecond"},
    {"redis.slowlog.micros", "histogram", "microsecond"},
});

constexpr auto kByField = [] {
  std::array<const InfoMetric*, kInfoMetrics.size()> sorted{};
  for (std::size_t i = 0; i < sorted.size(); ++i) sorted[i] = &kInfoMetrics[i];
  std::sort(sorted.begin(), sorted.end(),
            [](const InfoMetric* a, const InfoMetric* b) { return a->field < b->field; });
  return sorted;
}();

constexpr auto kAllMetrics = [] {
  std::array<MetricInfo, kOtherMetrics.size() + kInfoMetrics.size()> all{};
  auto out = std::copy(kOtherMetrics.begin(), kOtherMetrics.end(), all.begin());
  for (const InfoMetric& row : kInfoMetrics) {
    *out++ = {row.metric, row.kind == SubmitKind::rate ? "rate" : "gauge", row.unit, false};
  }
  return all;
}();

}  // namespace

std::span<const InfoMetric> info_metrics() { return kInfoMetrics; }

const InfoMetric* find_info_metric(std::string_view field) {
  const auto row = std::lower_bound(
      kByField.begin(), kByField.end(), field,
      [](const InfoMetric* candidate, std::string_view name) { return candidate->field < name; });
  return row != kByField.end() && (*row)->field == field ? *row : nullptr;
}

std::span<const MetricInfo> metric_list() { return kAllMetrics; }

}  // namespace remora::checks::redisdb
