#include "remora/ecs/metadata_client.hpp"

#include <algorithm>

#include "remora/core/json_walk.hpp"
#include "remora/core/printable.hpp"
#include "remora/core/scrub.hpp"
#include "remora/core/utf8.hpp"

namespace remora::ecs {
namespace {

constexpr std::chrono::milliseconds kFirstThrottleDelay{1000};
constexpr std::chrono::milliseconds kMaxThrottleDelay{30000};
constexpr std::size_t kMaxQuotedBytes = 200;
constexpr std::size_t kMaxJsonErrorBytes = 4096;

struct RootText final : core::JsonHandler {
  std::optional<Error> on_value(const core::JsonPath&, const core::JsonValue& value) override {
    text = value.text;
    return std::nullopt;
  }
  std::optional<Error> on_open(const core::JsonPath&, bool) override { return std::nullopt; }
  std::optional<Error> on_close(const core::JsonPath&, bool) override { return std::nullopt; }
  std::string text;
};

/// What an error answer says: the ECS agent sends a JSON string, its limiter plain text.
std::string quoted_body(const std::string& body) {
  std::string text = body;
  if (body.starts_with('"') && body.size() <= kMaxJsonErrorBytes) {
    RootText root;
    if (!core::walk_json(body, {}, root)) text = root.text;
  }
  text = core::printable(core::excerpt(text, kMaxQuotedBytes));
  return text.empty() ? "no text" : "\"" + text + "\"";
}

Error status_error(const std::string& path, const net::HttpResponse& response) {
  return fail(Errc::http_status, "task metadata endpoint answered " + path + " with status " +
                                     std::to_string(response.status) + ": " +
                                     quoted_body(response.body));
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// Where a redirect leads; empty when it leaves the endpoint: metadata is only ever asked of ECS.
std::optional<net::Url> redirect_target(const net::Url& from, std::string_view location) {
  if (location.starts_with('/') && !location.starts_with("//")) {
    net::Url url = from;
    url.target = location;
    return url;
  }
  const auto url = net::parse_url(location);
  if (!url || url->origin() != from.origin()) return std::nullopt;
  return *url;
}

}  // namespace

MetadataClient::MetadataClient(net::HttpClient& http, core::Clock& clock,
                               telemetry::EcsCounters& counters, MetadataClientOptions options)
    : http_(http),
      clock_(clock),
      counters_(counters),
      options_(std::move(options)),
      started_(clock.now()) {}

asio::awaitable<Result<TaskMetadata>> MetadataClient::task() {
  return fetch_task("task", options_.retry_max_elapsed);
}

asio::awaitable<Result<TaskMetadata>> MetadataClient::task_with_tags() {
  return fetch_task("taskWithTags", std::chrono::milliseconds{0});
}

asio::awaitable<Result<TaskMetadata>> MetadataClient::fetch_task(
    std::string path, std::chrono::milliseconds retry_for) {
  const auto body = co_await get(std::move(path), retry_for);
  if (!body) co_return body.error();
  auto task = parse_task(*body);
  if (!task) {
    counters_.errors.add(task.error().code());
    co_return fail(task.error(), "task metadata");
  }
  counters_.task_fetches.add();
  counters_.malformed_containers.add(task->malformed_containers);
  co_return task;
}

asio::awaitable<Result<TaskStats>> MetadataClient::stats() {
  const auto body = co_await get("task/stats", options_.retry_max_elapsed);
  if (!body) co_return body.error();
  auto stats = parse_task_stats(*body);
  if (!stats) {
    counters_.errors.add(stats.error().code());
    co_return fail(stats.error(), "task stats");
  }
  counters_.stats_fetches.add();
  co_return stats;
}

asio::awaitable<Result<std::string>> MetadataClient::own_docker_id() {
  const auto body = co_await get("", options_.retry_max_elapsed);
  if (!body) co_return body.error();
  auto id = parse_own_docker_id(*body);
  if (!id) {
    counters_.errors.add(id.error().code());
    co_return fail(id.error(), "metadata of our own container");
  }
  co_return id;
}

std::string_view MetadataClient::endpoint_id() const {
  std::string_view path = options_.base.target;
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);  // without a slash: all of it
}

/// One request, and a second when the first was redirected.
asio::awaitable<Result<net::HttpResponse>> MetadataClient::exchange(std::string path) {
  net::HttpRequest request;
  request.url = path.empty() ? options_.base : options_.base.join(path);
  request.timeout = options_.timeout;
  request.max_response_bytes = options_.max_body_bytes;
  request.use_proxy = false;
  net::HttpRequest again = request;
  auto response = co_await http_.send(std::move(request));
  if (!response || !is_redirect(response->status)) co_return response;
  // The ECS agent answers doubled slashes with the address of the cleaned path.
  auto target = redirect_target(again.url, response->header("location"));
  if (!target) co_return response;
  again.url = std::move(*target);
  co_return co_await http_.send(std::move(again));
}

void MetadataClient::note_throttled() {
  counters_.throttled.add();
  throttle_delay_ = throttle_delay_.count() == 0 ? kFirstThrottleDelay
                                                 : std::min(throttle_delay_ * 2, kMaxThrottleDelay);
  blocked_until_ = clock_.now() + throttle_delay_;
}

asio::awaitable<Result<std::string>> MetadataClient::get(std::string path,
                                                         std::chrono::milliseconds retry_for) {
  const core::SteadyTime give_up = clock_.now() + retry_for;
  std::chrono::milliseconds delay = options_.retry_initial;
  Error error;
  for (;;) {
    if (clock_.now() < blocked_until_) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(blocked_until_ - clock_.now());
      error = fail(Errc::http_status, "task metadata endpoint throttles us (status 429): /" + path +
                                          " not asked for another " + std::to_string(left.count()) +
                                          " ms");
      break;
    }
    auto response = co_await exchange(path);
    bool retry = false;
    if (!response) {
      const Errc code = response.error().code();
      if (code == Errc::cancelled) co_return response.error();
      retry = code == Errc::network || code == Errc::timeout;
      error = fail(response.error(), "task metadata endpoint /" + path);
    } else if (response->status == 200) {
      throttle_delay_ = std::chrono::milliseconds{0};
      co_return std::move(response->body);
    } else {
      const int status = response->status;
      error = status_error("/" + path, *response);
      if (status == 429) {
        note_throttled();
        break;
      }
      // The ECS agent may learn of the task after the container has started.
      const bool early = clock_.now() - started_ < options_.startup_404;
      retry = (status == 404 && early) || (status >= 500 && status <= 599);
    }
    if (!retry || clock_.now() + delay > give_up) break;
    if (!co_await clock_.sleep_until(clock_.now() + delay)) {
      co_return fail(Errc::cancelled, "task metadata endpoint /" + path + ": cancelled");
    }
    counters_.retries.add();
    delay *= 2;
  }
  counters_.errors.add(error.code());
  co_return error;
}

}  // namespace remora::ecs
