#include "checks/redisdb/answer_metrics.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "checks/redisdb/metric_table.hpp"
#include "remora/core/utf8.hpp"

namespace remora::checks::redisdb {
namespace {

using model::CheckStatus;

constexpr std::size_t kMaxTagBytes = 200;
constexpr std::size_t kMaxClientNames = 1'000;

std::optional<double> number_of(const InfoText& info, std::string_view field) {
  const auto text = info.find(field);
  return text ? info_number(*text) : std::nullopt;
}

bool submit_database(InstanceSender& sender, std::string_view name, std::string_view value,
                     const TagTexts& tags) {
  const auto keys = info_field_number(value, "keys");
  const auto expires = info_field_number(value, "expires");
  if (!keys || !expires) return false;
  const TagTexts all = joined({tag("redis_db", name)}, tags);
  sender.gauge("keys", *keys, all);
  sender.gauge("expires", *expires, all);
  sender.gauge("persist", *keys - *expires, all);
  if (*keys > 0) {
    sender.gauge("persist.percent", 100 * (*keys - *expires) / *keys, all);
    sender.gauge("expires.percent", 100 * *expires / *keys, all);
  }
  return true;
}

std::string_view client_name(std::string_view row) {
  constexpr std::string_view kNobody = "unknown";
  const auto at = row.find(" name=");
  if (at == std::string_view::npos) return kNobody;
  std::string_view name = row.substr(at + 6);
  name = name.substr(0, name.find_first_of(" \r"));
  return name.empty() ? kNobody : name;
}

}  // namespace

std::string tag(std::string_view name, std::string_view value) {
  std::string scratch;
  std::string text(name);
  text += ':';
  text += core::utf8_prefix(core::valid_utf8(core::utf8_prefix(value, kMaxTagBytes), scratch),
                            kMaxTagBytes);
  return text;
}

TagTexts joined(TagTexts more, const TagTexts& tags) {
  more.insert(more.end(), tags.begin(), tags.end());
  return more;
}

std::vector<std::uint32_t> submit_info(InstanceSender& sender, const InfoText& info,
                                       const TagTexts& tags) {
  std::vector<std::uint32_t> databases;
  for (const auto& [field, value] : info.lines()) {
    if (const auto database = info_index(field, "db")) {
      if (submit_database(sender, field, value, tags)) databases.push_back(*database);
      continue;
    }
    const auto number = info_number(value);
    if (!number) continue;
    if (const InfoMetric* metric = find_info_metric(field)) {
      Submission submission;
      submission.kind = metric->kind;
      submission.name = without_namespace(metric->metric);
      submission.value = *number;
      submission.tags = tags;
      sender.submit(submission);
    } else if (field == "total_commands_processed") {
      sender.rate("net.commands", *number, tags);
    } else if (field == "instantaneous_ops_per_sec") {
      sender.gauge("net.instantaneous_ops_per_sec", *number, tags);
    }
  }
  return databases;
}

void submit_replication(InstanceSender& sender, const InfoText& info, const TagTexts& tags) {
  const double master_offset = number_of(info, "master_repl_offset").value_or(0);
  for (const auto& [field, value] : info.lines()) {
    const auto number = info_index(field, "slave");
    if (!number || value.find('=') == std::string_view::npos) continue;
    const double delay = master_offset - info_field_number(value, "offset").value_or(0);
    if (delay < 0) continue;
    TagTexts own{"slave_id:" + std::to_string(*number)};
    if (const auto ip = info_field(value, "ip")) own.push_back(tag("slave_ip", *ip));
    if (const auto port = info_field(value, "port")) own.push_back(tag("slave_port", *port));
    sender.gauge("replication.delay", delay, joined(std::move(own), tags));
  }
  const auto link = info.find("master_link_status");
  if (!link) return;
  const bool up = *link == "up";
  sender.service_check("replication.master_link_status",
                       up ? CheckStatus::ok : CheckStatus::critical, tags, "");
  const auto down = up ? 0 : number_of(info, "master_link_down_since_seconds");
  if (down) sender.gauge("replication.master_link_down_since_seconds", *down, tags);
}

void submit_command_counts(InstanceSender& sender, const InfoText& stats, const TagTexts& tags) {
  constexpr std::string_view kPrefix = "cmdstat_";
  for (const auto& [field, value] : stats.lines()) {
    if (!field.starts_with(kPrefix)) continue;
    const TagTexts all = joined({tag("command", field.substr(kPrefix.size()))}, tags);
    if (const auto calls = info_field_number(value, "calls")) {
      sender.gauge("command.calls", *calls, all);
    }
    if (const auto micros = info_field_number(value, "usec_per_call")) {
      sender.gauge("command.usec_per_call", *micros, all);
    }
  }
}

void submit_client_names(InstanceSender& sender, std::string_view rows, const TagTexts& tags) {
  std::map<std::string_view, std::size_t> by_name;
  std::size_t left_out = 0;
  while (!rows.empty()) {
    const std::string_view row = rows.substr(0, rows.find('\n'));
    rows.remove_prefix(std::min(rows.size(), row.size() + 1));
    if (row.empty()) continue;
    const std::string_view name = client_name(row);
    if (by_name.size() == kMaxClientNames && !by_name.contains(name)) {
      ++left_out;
    } else {
      ++by_name[name];
    }
  }
  for (const auto& [name, count] : by_name) {
    sender.gauge("net.connections", static_cast<double>(count),
                 joined({tag("source", name)}, tags));
  }
  if (left_out > 0) {
    sender.warning("`collect_client_metrics`: more than " + std::to_string(kMaxClientNames) +
                   " client names, " + std::to_string(left_out) + " connections are left out");
  }
}

}  // namespace remora::checks::redisdb
