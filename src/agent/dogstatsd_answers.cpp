// Source of the forms: DataDog/datadog-agent cmd/agent/subcommands/dogstatsd and
// pkg/aggregator/context_resolver_dump.go (ContextDebugRepr).
#include "agent/dogstatsd_answers.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "agent/query.hpp"
#include "agent/tag_usage.hpp"
#include "remora/core/printable.hpp"

namespace remora::agent {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxReply = 4 * 1024 * 1024;  ///< of the connection, see api::IpcServer
constexpr std::size_t kMaxTop = 1024 * 1024;        ///< bytes that `top` shows
constexpr std::size_t kMaxListed = 1000;            ///< metrics, or tags of one, that `top` shows
/// So many contexts are looked at in full; of more, only the largest tag is told, so that the loop
/// is not held up.
constexpr std::size_t kMaxFullTags = 100'000;
/// Contexts and tags looked at before the loop gets its turn: less than a millisecond of work.
constexpr std::size_t kPerSlice = 2'000;

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
  if (format.empty() || format == "text") return {200, inspected.stats->text()};
  return {200, inspected.stats->json(format == "pretty-json"), true};
}

// Counts the tags of the metrics `usage`, in slices.
asio::awaitable<TagUsage> count_tags(const metrics::TimeSampler* sampler,
                                     std::vector<metrics::MetricUsage> usage) {
  std::map<std::string_view, std::size_t> numbers;
  for (std::size_t i = 0; i < usage.size(); ++i) numbers.emplace(usage[i].name, i);
  TagUsage counted(usage.size());
  metrics::ContextId next = 0;
  for (bool more = true; more;) {
    std::size_t work = 0;
    more = sampler->for_some(next, [&](const metrics::TimeSampler::ContextView& context) {
      ++work;
      if (const auto metric = numbers.find(context.name); metric != numbers.end()) {
        model::PackedTags tags = context.tags;
        for (std::string_view tag; tags.next(tag); ++work) counted.add(metric->second, tag);
      }
      return work < kPerSlice;
    });
    if (more) co_await asio::post(no_throw);  // the sockets get their turn
  }
  co_return counted;
}

std::string tags_text(const TagUsage& usage, std::size_t metric, std::size_t limit) {
  const std::string or_more = usage.partial(metric) ? " or more" : "";
  std::vector<std::pair<std::size_t, std::string_view>> order;
  for (const auto& [key, values] : usage.keys(metric)) order.emplace_back(values, key);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  // One more is shown rather than told as "1 other".
  const std::size_t shown = order.size() > limit + 1 ? limit : order.size();
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(order[i].first) + or_more + " " + std::string(order[i].second);
  }
  if (shown < order.size()) {
    std::size_t sum = 0;
    for (std::size_t i = shown; i < order.size(); ++i) sum += order[i].first;
    if (shown > 0) text += ", ";
    text += std::to_string(sum) + or_more + " values in " + std::to_string(order.size() - shown) +
            " other tags";
  }
  return text;
}

std::string right_aligned(std::string_view text) {
  constexpr std::size_t kWidth = 10;
  return std::string(text.size() < kWidth ? kWidth - text.size() : 0, ' ') + std::string(text);
}

asio::awaitable<api::IpcReply> top_reply(const DogstatsdInspected* inspected, std::string query) {
  const std::size_t tags = count_of(query, "t", 5);
  const metrics::TimeSampler& sampler = inspected->sampler;
  const auto usage = sampler.top(count_of(query, "n", 10));
  const bool full = sampler.contexts() <= kMaxFullTags;
  std::optional<TagUsage> counted;
  if (full) counted = co_await count_tags(&sampler, usage);

  std::string text =
      " " + right_aligned("Contexts") + "\tMetric name\t(number of unique values for each tag)\n";
  std::size_t rest = sampler.contexts();
  for (std::size_t i = 0; i < usage.size(); ++i) {
    const metrics::MetricUsage& metric = usage[i];
    std::string shown_tags;
    if (counted) {
      shown_tags = tags_text(*counted, i, tags);
    } else if (!metric.top_tag_key.empty()) {
      shown_tags = std::to_string(metric.top_tag_values) + " or more " + metric.top_tag_key;
    }
    std::string line = " " + right_aligned(std::to_string(metric.contexts)) + "\t" +
                       core::printable(metric.name) + "\t(" + core::printable(shown_tags) + ")";
    if (metric.refused > 0) {
      line += "\t" + std::to_string(metric.refused) + " more refused: over the limit";
    }
    line += "\n";
    if (text.size() + line.size() > kMaxTop) break;  // the rest is told as other metrics
    text += line;
    rest -= std::min(rest, metric.contexts);
  }
  if (rest > 0) text += " " + right_aligned(std::to_string(rest)) + "\t(other metrics)\n";
  co_return api::IpcReply{200, std::move(text)};
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

std::string context_line(const metrics::TimeSampler::ContextView& context,
                         const metrics::OriginTags& origins) {
  Json metric_tags = Json::array();
  model::PackedTags tags = context.tags;
  for (std::string_view tag; tags.next(tag);) metric_tags.push_back(std::string(tag));
  return dumped({{"Name", std::string(context.name)},
                 {"Host", std::string(context.host)},
                 {"Type", std::string(agent_type(context.type))},
                 {"TaggerTags", origins.tags(context.origin)},
                 {"MetricTags", std::move(metric_tags)},
                 {"NoIndex", false},
                 {"Source", 1},  // DogStatsD, of the Agent's pkg/metrics/metric_source.go
                 {"LastSeen", context.last_seen}});
}

asio::awaitable<api::IpcReply> contexts_reply(const DogstatsdInspected* inspected) {
  constexpr std::size_t kLastLine = 64;
  std::string lines;
  // At once: growing by doubling it would take three times as much in the end.
  lines.reserve(std::min(kMaxReply, inspected->sampler.contexts() * 512));
  std::size_t left_out = 0;
  metrics::ContextId next = 0;
  for (bool more = true; more;) {
    std::size_t work = 0;
    more = inspected->sampler.for_some(next, [&](const metrics::TimeSampler::ContextView& context) {
      if (left_out > 0) {
        ++left_out;
        return ++work < kPerSlice;
      }
      const std::string line = context_line(context, inspected->origins);
      work += line.size() / 16;  // making and escaping text takes most of the time
      if (lines.size() + line.size() + 1 + kLastLine > kMaxReply) {
        left_out = 1;
      } else {
        lines += line;
        lines += '\n';
      }
      return work < kPerSlice;
    });
    if (more) co_await asio::post(no_throw);
  }
  if (left_out > 0) lines += "{\"LeftOut\":" + std::to_string(left_out) + "}\n";
  co_return api::IpcReply{200, std::move(lines), true};
}

api::IpcReply capture_reply(DogstatsdInspected& inspected, std::string_view query) {
  dogstatsd::CaptureRequest request;
  if (const std::string text = query_parameter(query, "duration"); !text.empty()) {
    const auto seconds = number<double>(text);
    if (!seconds || !(*seconds > 0) || *seconds > 1e6) {
      return {400, "the duration is not a number of seconds"};
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

asio::awaitable<api::IpcReply> answer_dogstatsd(DogstatsdInspected* inspected,
                                                std::string request) {
  const auto question = request.find('?');
  const std::string what = request.substr(0, question);
  const std::string query =
      question == std::string::npos ? std::string() : request.substr(question + 1);
  if (inspected == nullptr) {
    co_return api::IpcReply{
        400, "Dogstatsd not enabled in the Agent configuration: DD_USE_DOGSTATSD is false"};
  }
  if (what == "dogstatsd-stats") co_return stats_reply(*inspected, query);
  if (what == "dogstatsd-capture") co_return capture_reply(*inspected, query);
  if (what != "dogstatsd-top" && what != "dogstatsd-contexts") {
    co_return api::IpcReply{404, "unknown request"};
  }
  if (inspected->walking) {
    co_return api::IpcReply{500, "an answer about contexts is being made already; try again"};
  }
  inspected->walking = true;
  struct Done {
    bool& walking;
    ~Done() { walking = false; }
  } done{inspected->walking};
  if (what == "dogstatsd-top") co_return co_await top_reply(inspected, query);
  co_return co_await contexts_reply(inspected);
}

void tick_dogstatsd(DogstatsdInspected& inspected) {
  inspected.capture.tick();
  if (!inspected.capture.running()) inspected.server.remove_tap(&inspected.capture);
}

}  // namespace remora::agent
