// Source of the forms: DataDog/datadog-agent cmd/agent/subcommands/dogstatsd and
// pkg/aggregator/context_resolver_dump.go (ContextDebugRepr).
#include "agent/dogstatsd_answers.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>
#include <vector>

#include "agent/query.hpp"
#include "remora/core/hash.hpp"
#include "remora/core/printable.hpp"

namespace remora::agent {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxReply = 4 * 1024 * 1024;  ///< of the connection, see api::IpcServer
constexpr std::size_t kMaxListed = 1000;            ///< metrics, or tags of one, that `top` shows
/// So many contexts are looked at in full; of more, only the largest tag is told, so that the loop
/// is not held up.
constexpr std::size_t kMaxFullTags = 100'000;

template <class T>
std::optional<T> number(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::size_t count_of(std::string_view query, std::string_view name, std::size_t otherwise) {
  const auto count = number<std::size_t>(query_parameter(query, name));
  return std::min(count.value_or(otherwise), kMaxListed);
}

std::string dumped(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

api::IpcReply stats_reply(const DogstatsdInspected& inspected, std::string_view query) {
  if (inspected.stats == nullptr) {
    return {400,
            "Dogstatsd metrics stats not enabled in the Agent configuration: set "
            "DD_DOGSTATSD_METRICS_STATS_ENABLE=true"};
  }
  const std::string format = query_parameter(query, "format");
  std::string body =
      format.empty() || format == "text" ? inspected.stats->text() : inspected.stats->json();
  if (format == "pretty-json") body = dumped(Json::parse(body, nullptr, false), 2);
  if (body.size() > kMaxReply) return {500, "the statistics are too long for this form"};
  return {200, std::move(body)};
}

using TagValues = std::map<std::string, std::unordered_set<std::uint64_t>, std::less<>>;

// Tag keys of the metrics `names`, with a hash of each value.
std::map<std::string, TagValues, std::less<>> values_by_tag(
    const metrics::TimeSampler& sampler, const std::vector<metrics::MetricUsage>& usage) {
  std::map<std::string, TagValues, std::less<>> by_metric;
  for (const metrics::MetricUsage& metric : usage) by_metric[metric.name];
  sampler.for_each([&](const metrics::TimeSampler::ContextView& context) {
    const auto metric = by_metric.find(context.name);
    if (metric == by_metric.end()) return;
    model::PackedTags tags = context.tags;
    for (std::string_view tag; tags.next(tag);) {
      const std::string_view key = tag.substr(0, tag.find(':'));
      auto values = metric->second.find(key);
      if (values == metric->second.end()) {
        values = metric->second.emplace(std::string(key), TagValues::mapped_type()).first;
      }
      values->second.insert(core::hash_bytes(tag, 0));
    }
  });
  return by_metric;
}

std::string tags_text(const TagValues& tags, std::size_t limit) {
  std::vector<std::pair<std::size_t, std::string_view>> order;
  for (const auto& [key, values] : tags) order.emplace_back(values.size(), key);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  // One more is shown rather than told as "1 other".
  const std::size_t shown = order.size() > limit + 1 ? limit : order.size();
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(order[i].first) + " " + std::string(order[i].second);
  }
  if (shown < order.size()) {
    std::size_t sum = 0;
    for (std::size_t i = shown; i < order.size(); ++i) sum += order[i].first;
    if (shown > 0) text += ", ";
    text +=
        std::to_string(sum) + " values in " + std::to_string(order.size() - shown) + " other tags";
  }
  return text;
}

std::string right_aligned(std::string_view text) {
  constexpr std::size_t kWidth = 10;
  return std::string(text.size() < kWidth ? kWidth - text.size() : 0, ' ') + std::string(text);
}

api::IpcReply top_reply(const DogstatsdInspected& inspected, std::string_view query) {
  const std::size_t metrics = count_of(query, "n", 10);
  const std::size_t tags = count_of(query, "t", 5);
  const metrics::TimeSampler& sampler = inspected.sampler;
  const auto usage = sampler.top(metrics);
  const bool full = sampler.contexts() <= kMaxFullTags;
  const auto by_metric =
      full ? values_by_tag(sampler, usage) : std::map<std::string, TagValues, std::less<>>();

  std::string text =
      " " + right_aligned("Contexts") + "\tMetric name\t(number of unique values for each tag)\n";
  std::size_t rest = sampler.contexts();
  for (const metrics::MetricUsage& metric : usage) {
    rest -= std::min(rest, metric.contexts);
    std::string shown_tags;
    if (const auto found = by_metric.find(metric.name); found != by_metric.end()) {
      shown_tags = tags_text(found->second, tags);
    } else if (!metric.top_tag_key.empty()) {
      shown_tags = std::to_string(metric.top_tag_values) + " or more " + metric.top_tag_key;
    }
    text += " " + right_aligned(std::to_string(metric.contexts)) + "\t" +
            core::printable(metric.name) + "\t(" + core::printable(shown_tags) + ")";
    if (metric.refused > 0) {
      text += "\t" + std::to_string(metric.refused) + " more refused: over the limit";
    }
    text += "\n";
  }
  if (rest > 0) text += " " + right_aligned(std::to_string(rest)) + "\t(other metrics)\n";
  return {200, std::move(text)};
}

// Names of the Agent's pkg/metrics/metric_sample.go.
std::string_view agent_type(metrics::SampleType type) {
  switch (type) {
    case metrics::SampleType::counter:
      return "Counter";
    case metrics::SampleType::gauge:
      return "Gauge";
    case metrics::SampleType::set:
      return "Set";
    case metrics::SampleType::histogram:
    case metrics::SampleType::timing:
      return "Histogram";
    case metrics::SampleType::distribution:
      return "Distribution";
    case metrics::SampleType::timestamped_gauge:
      return "GaugeWithTimestamp";
    case metrics::SampleType::timestamped_count:
      return "CountWithTimestamp";
  }
  return "";
}

api::IpcReply contexts_reply(const DogstatsdInspected& inspected) {
  constexpr std::size_t kLastLine = 64;
  std::string lines;
  std::size_t left_out = 0;
  inspected.sampler.for_each([&](const metrics::TimeSampler::ContextView& context) {
    if (left_out > 0) {
      ++left_out;
      return;
    }
    Json metric_tags = Json::array();
    model::PackedTags tags = context.tags;
    for (std::string_view tag; tags.next(tag);) metric_tags.push_back(std::string(tag));
    const std::string line =
        dumped({{"Name", std::string(context.name)},
                {"Host", std::string(context.host)},
                {"Type", std::string(agent_type(context.type))},
                {"TaggerTags", inspected.origins.tags(context.origin)},
                {"MetricTags", std::move(metric_tags)},
                {"NoIndex", false},
                {"Source", 1},  // DogStatsD, of the Agent's pkg/metrics/metric_source.go
                {"LastSeen", context.last_seen}});
    if (lines.size() + line.size() + 1 + kLastLine > kMaxReply) {
      left_out = 1;
      return;
    }
    lines += line;
    lines += '\n';
  });
  if (left_out > 0) lines += "{\"LeftOut\":" + std::to_string(left_out) + "}\n";
  return {200, std::move(lines)};
}

api::IpcReply capture_reply(DogstatsdInspected& inspected, std::string_view query) {
  dogstatsd::CaptureRequest request;
  if (const std::string text = query_parameter(query, "duration"); !text.empty()) {
    const auto seconds = number<double>(text);
    if (!seconds || !(*seconds > 0) || *seconds > 1e6) {
      return {400, "the duration is no number of seconds"};
    }
    request.duration =
        std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(*seconds));
  }
  request.directory = query_parameter(query, "path");
  request.compressed = query_parameter(query, "compressed") != "0";
  tick_dogstatsd(inspected);
  auto path = inspected.capture.start(request);
  if (!path) return {400, path.error().message()};
  inspected.server.add_tap(&inspected.capture);
  return {200, std::move(*path)};
}

}  // namespace

bool is_dogstatsd_request(std::string_view request) { return request.starts_with("dogstatsd-"); }

api::IpcReply answer_dogstatsd(DogstatsdInspected* inspected, std::string_view request) {
  const auto question = request.find('?');
  const std::string_view what = request.substr(0, question);
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : request.substr(question + 1);
  if (inspected == nullptr) {
    return {400, "Dogstatsd not enabled in the Agent configuration: DD_USE_DOGSTATSD is false"};
  }
  if (what == "dogstatsd-stats") return stats_reply(*inspected, query);
  if (what == "dogstatsd-top") return top_reply(*inspected, query);
  if (what == "dogstatsd-contexts") return contexts_reply(*inspected);
  if (what == "dogstatsd-capture") return capture_reply(*inspected, query);
  return {404, "unknown request"};
}

void tick_dogstatsd(DogstatsdInspected& inspected) {
  inspected.capture.tick();
  if (!inspected.capture.running()) inspected.server.remove_tap(&inspected.capture);
}

}  // namespace remora::agent
