// Source of the two forms: DataDog/datadog-agent comp/dogstatsd/serverDebug (metricStat,
// FormatDebugStats) and cmd/agent/subcommands/dogstatsdstats.
#include "remora/dogstatsd/metric_stats.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <vector>

#include "remora/core/hash.hpp"
#include "remora/core/printable.hpp"

namespace remora::dogstatsd {
namespace {

/// Of names and tags together; an answer of 4 MiB holds them with what JSON adds.
constexpr std::size_t kMaxTextBytes = 1024 * 1024;
constexpr std::size_t kMaxAnswerBytes = 4 * 1024 * 1024;  ///< of the connection of the CLI
constexpr std::size_t kLastEntry = 256;                   ///< what counts the rest
/// The same tags in another order are another line; so many lines are known at once.
constexpr std::size_t kAliasesPerEntry = 4;

struct Entry {
  std::uint64_t key = 0;
  std::string name;
  std::string tags;  ///< sorted, no duplicates, separated by blanks
  std::uint64_t count = 0;
  std::int64_t last_seen = 0;
};

std::string sorted_tags(std::string_view raw) {
  std::vector<std::string_view> tags;
  while (!raw.empty()) {
    const auto comma = raw.find(',');
    if (comma != 0) tags.push_back(raw.substr(0, comma));
    raw.remove_prefix(comma == std::string_view::npos ? raw.size() : comma + 1);
  }
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  std::string joined;
  for (const std::string_view tag : tags) {
    if (!joined.empty()) joined += ' ';
    joined += tag;
  }
  return joined;
}

std::string time_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm tm{};
  gmtime_r(&time, &tm);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
  return text;
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  if (out.size() < width) out.append(width - out.size(), ' ');
  return out;
}

}  // namespace

struct MetricStats::Impl {
  explicit Impl(std::size_t max) : max_entries(std::max<std::size_t>(max, 1)) {}

  Entry* find_or_add(std::string_view name, std::string_view raw_tags) {
    const std::uint64_t alias = core::hash_bytes(raw_tags, core::hash_bytes(name, seed));
    if (const auto known = aliases.find(alias); known != aliases.end()) {
      return &entries[known->second];
    }
    std::string tags = sorted_tags(raw_tags);
    const std::uint64_t key = core::hash_bytes(tags, core::hash_bytes(name, seed + 1));
    auto place = by_key.find(key);
    if (place == by_key.end()) {
      const std::size_t bytes = name.size() + tags.size();
      if (entries.size() == max_entries || text_bytes + bytes > kMaxTextBytes) return nullptr;
      text_bytes += bytes;
      entries.push_back({key, std::string(name), std::move(tags)});
      place = by_key.emplace(key, entries.size() - 1).first;
    }
    if (aliases.size() < max_entries * kAliasesPerEntry) aliases.emplace(alias, place->second);
    return &entries[place->second];
  }

  [[nodiscard]] std::vector<const Entry*> most_frequent_first() const {
    std::vector<const Entry*> order;
    order.reserve(entries.size());
    for (const Entry& entry : entries) order.push_back(&entry);
    std::sort(order.begin(), order.end(), [](const Entry* a, const Entry* b) {
      if (a->count != b->count) return a->count > b->count;
      return a->name != b->name ? a->name < b->name : a->tags < b->tags;
    });
    return order;
  }

  const std::size_t max_entries;
  const std::uint64_t seed = core::hash_seed();
  std::vector<Entry> entries;
  std::unordered_map<std::uint64_t, std::size_t> by_key, aliases;
  std::size_t text_bytes = 0;
  std::uint64_t not_listed = 0;  ///< lines of metrics over a limit
  std::int64_t not_listed_seen = 0;
};

MetricStats::MetricStats(std::size_t max_entries) : impl_(std::make_unique<Impl>(max_entries)) {}
MetricStats::~MetricStats() = default;

void MetricStats::seen(std::string_view name, std::string_view tags, std::int64_t now) {
  if (Entry* entry = impl_->find_or_add(name, tags)) {
    ++entry->count;
    entry->last_seen = now;
  } else {
    ++impl_->not_listed;
    impl_->not_listed_seen = now;
  }
}

std::string MetricStats::json(bool pretty) const {
  std::string out = "{";
  const std::string_view line = pretty ? "\n  " : "", space = pretty ? " " : "";
  // One entry at a time: a tree of all would take ten times the text.
  const auto add = [&](std::uint64_t key, std::string_view name, std::string_view tags,
                       std::uint64_t count, std::int64_t seen) {
    std::string entry(out.size() > 1 ? "," : "");
    entry.append(line).append("\"").append(std::to_string(key)).append("\":").append(space);
    const nlohmann::json value = {
        {"name", name}, {"count", count}, {"last_seen", time_text(seen)}, {"tags", tags}};
    for (const char c :
         value.dump(pretty ? 2 : -1, ' ', false, nlohmann::json::error_handler_t::replace)) {
      entry += c;
      if (c == '\n') entry += "  ";
    }
    if (out.size() + entry.size() + kLastEntry > kMaxAnswerBytes && key != 0) return false;
    out += entry;
    return true;
  };
  std::uint64_t not_listed = impl_->not_listed;
  std::int64_t not_listed_seen = impl_->not_listed_seen;
  for (const Entry& entry : impl_->entries) {
    if (add(entry.key, entry.name, entry.tags, entry.count, entry.last_seen)) continue;
    not_listed += entry.count;
    not_listed_seen = std::max(not_listed_seen, entry.last_seen);
  }
  // In the form of a metric, because readers expect nothing else.
  if (not_listed > 0) {
    add(0, "(metrics over the limit of the statistics)", "", not_listed, not_listed_seen);
  }
  if (pretty && out.size() > 1) out += '\n';
  return out + "}";
}

std::string MetricStats::text() const {
  if (impl_->entries.empty()) return "No metrics processed yet.";
  const auto row = [](std::string_view name, std::string_view tags, std::string_view count,
                      std::string_view seen) {
    return padded(name, 40) + " | " + padded(tags, 20) + " | " + padded(count, 10) + " | " +
           std::string(seen) + "\n";
  };
  std::string out = row("Metric", "Tags", "Count", "Last Seen");
  out += std::string(40, '-') + "-|-" + std::string(20, '-') + "-|-" + std::string(10, '-') +
         "-|-" + std::string(20, '-') + "\n";
  for (const Entry* entry : impl_->most_frequent_first()) {
    std::string name_space, tags_space;
    out += row(core::printable(entry->name, name_space), core::printable(entry->tags, tags_space),
               std::to_string(entry->count), time_text(entry->last_seen));
  }
  if (impl_->not_listed > 0) {
    out += row("(metrics over the limit)", "", std::to_string(impl_->not_listed),
               time_text(impl_->not_listed_seen));
  }
  return out;
}

}  // namespace remora::dogstatsd
