#include "sandbox/docker_stats.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <nlohmann/json.hpp>
#include <numeric>

namespace remora::sandbox {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxAnswer = 4 * 1024 * 1024;
constexpr std::size_t kMaxContainers = 1000;
// One stats call takes the engine up to two seconds when it has to wait for a second sample.
constexpr std::chrono::seconds kTimeout{5};

std::string label(const Json& entry, const char* key) {
  const auto labels = entry.find("Labels");
  if (labels == entry.end() || !labels->is_object()) return {};
  const auto it = labels->find(key);
  return it != labels->end() && it->is_string() ? it->get<std::string>() : std::string();
}

/// "shop-redis-1" and "shop_redis_1" of compose, "my-redis": the name at the end of another.
bool ends_as(std::string_view text, std::string_view name) {
  const std::size_t last = text.find_last_of("-_");
  if (last != std::string_view::npos && last + 1 < text.size() &&
      text.find_first_not_of("0123456789", last + 1) == std::string_view::npos)
    text = text.substr(0, last);
  if (text == name) return true;
  return text.size() > name.size() && text.ends_with(name) &&
         (text[text.size() - name.size() - 1] == '-' || text[text.size() - name.size() - 1] == '_');
}

asio::awaitable<Result<std::string>> exchange(std::string socket_path, std::string request) {
  asio::local::stream_protocol::socket socket(co_await asio::this_coro::executor);
  const asio::local::stream_protocol::endpoint endpoint(socket_path);
  auto [connect_error] = co_await socket.async_connect(endpoint, no_throw);
  if (connect_error)
    co_return fail(Errc::io, "Docker socket " + socket_path + ": " + connect_error.message());
  auto [write_error, written] = co_await asio::async_write(socket, asio::buffer(request), no_throw);
  if (write_error) co_return fail(Errc::io, "Docker socket: " + write_error.message());
  std::string answer;
  // HTTP/1.0 and no kept connection: the end of the stream is the end of the body, never chunked.
  auto [read_error, size] =
      co_await asio::async_read(socket, asio::dynamic_buffer(answer, kMaxAnswer), no_throw);
  if (read_error && read_error != asio::error::eof)
    co_return fail(Errc::io, "Docker socket: " + read_error.message());
  if (answer.size() >= kMaxAnswer) co_return fail(Errc::too_large, "Docker answer over 4 MiB");
  co_return answer;
}

}  // namespace

Result<std::pair<int, std::string>> split_http_answer(std::string_view bytes) {
  const std::size_t head = bytes.find("\r\n\r\n");
  int status = 0;
  const std::size_t blank = bytes.find(' ');
  if (!bytes.starts_with("HTTP/1.") || head == std::string_view::npos || blank > head ||
      std::from_chars(bytes.data() + blank + 1, bytes.data() + head, status).ec != std::errc{})
    return fail(Errc::malformed_payload, "Docker socket: the answer is not HTTP");
  return std::pair(status, std::string(bytes.substr(head + 4)));
}

Result<std::vector<DockerContainer>> parse_container_list(std::string_view body) {
  const Json document = Json::parse(body, nullptr, false);
  if (!document.is_array())
    return fail(Errc::malformed_payload, "Docker container list is not a JSON list");
  std::vector<DockerContainer> out;
  for (const Json& entry : document) {
    if (out.size() == kMaxContainers) break;
    if (!entry.is_object()) continue;
    const auto id = entry.find("Id");
    if (id == entry.end() || !id->is_string() || id->get_ref<const std::string&>().empty() ||
        id->get_ref<const std::string&>().find_first_not_of("0123456789abcdef") !=
            std::string::npos)
      continue;
    DockerContainer container;
    container.id = id->get<std::string>();
    if (const auto names = entry.find("Names"); names != entry.end() && names->is_array()) {
      for (const Json& name : *names) {
        if (!name.is_string()) continue;
        std::string text = name.get<std::string>();
        if (text.starts_with('/')) text.erase(0, 1);
        container.names.push_back(std::move(text));
      }
    }
    container.ecs_name = label(entry, "com.amazonaws.ecs.container-name");
    container.compose_service = label(entry, "com.docker.compose.service");
    out.push_back(std::move(container));
  }
  return out;
}

std::vector<std::string> match_containers(const TaskDefinition& definition,
                                          const std::vector<DockerContainer>& running) {
  std::vector<std::string> out(definition.containers.size());
  std::vector<bool> taken(running.size(), false);
  // The surest sign first, and the longest name first: "shop-web-app-1" is web-app, not app.
  std::vector<std::size_t> order(out.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return definition.containers[a].name.size() > definition.containers[b].name.size();
  });
  for (int rule = 0; rule < 4; ++rule) {
    for (const std::size_t i : order) {
      const std::string& name = definition.containers[i].name;
      for (std::size_t j = 0; out[i].empty() && j < running.size(); ++j) {
        if (taken[j]) continue;
        const DockerContainer& c = running[j];
        const auto any_name = [&](auto matches) {
          return std::any_of(c.names.begin(), c.names.end(), matches);
        };
        const bool match = rule == 0   ? c.ecs_name == name
                           : rule == 1 ? c.compose_service == name
                           : rule == 2
                               ? any_name([&](const std::string& n) { return n == name; })
                               : any_name([&](const std::string& n) { return ends_as(n, name); });
        if (!match) continue;
        out[i] = c.id;
        taken[j] = true;
      }
    }
  }
  return out;
}

DockerStats::DockerStats(const TaskDefinition& definition, core::Clock& clock,
                         std::string socket_path)
    : definition_(definition),
      clock_(clock),
      socket_path_(std::move(socket_path)),
      matched_(definition.containers.size()),
      stats_(definition.containers.size()) {}

asio::awaitable<Result<std::string>> DockerStats::get(std::string target) {
  using namespace asio::experimental::awaitable_operators;
  std::string request = "GET " + target + " HTTP/1.0\r\nHost: docker\r\n\r\n";
  asio::steady_timer timer(co_await asio::this_coro::executor, kTimeout);
  auto first = co_await (exchange(socket_path_, std::move(request)) ||
                         timer.async_wait(asio::use_awaitable));
  if (first.index() != 0) co_return fail(Errc::timeout, "Docker socket: no answer in 5 s");
  const Result<std::string>& bytes = std::get<0>(first);
  if (!bytes) co_return bytes.error();
  auto answer = split_http_answer(*bytes);
  if (!answer) co_return answer.error();
  if (answer->first != 200)
    co_return fail(Errc::http_status, "Docker answered " + std::to_string(answer->first));
  co_return std::move(answer->second);
}

asio::awaitable<void> DockerStats::poll() {
  auto body = co_await get("/containers/json");
  if (!body) {
    problem_ = body.error().message();
    matched_.assign(matched_.size(), {});
    stats_.assign(stats_.size(), {});
    co_return;
  }
  auto running = parse_container_list(*body);
  problem_ = running ? std::string() : running.error().message();
  if (!running) co_return;
  const std::vector<std::string> matched = match_containers(definition_, *running);
  for (std::size_t i = 0; i < matched.size(); ++i) {
    if (matched_[i] != matched[i]) {
      matched_[i] = matched[i];
      stats_[i].clear();
    }
    if (matched[i].empty()) continue;
    // Without one-shot: the engine fills precpu_stats as well, as ECS does.
    auto stats = co_await get("/containers/" + matched[i] + "/stats?stream=false");
    if (!stats) {
      problem_ = stats.error().message();
      continue;
    }
    while (!stats->empty() && (stats->back() == '\n' || stats->back() == '\r')) stats->pop_back();
    if (Json::parse(*stats, nullptr, false).is_object()) stats_[i] = std::move(*stats);
  }
}

asio::awaitable<void> DockerStats::run(std::chrono::milliseconds interval) {
  for (;;) {
    co_await poll();
    const core::SteadyTime next = clock_.now() + interval;
    if (!co_await clock_.sleep_until(next)) co_return;
  }
}

std::string DockerStats::stats(std::size_t index) const {
  return index < stats_.size() ? stats_[index] : std::string();
}

std::string DockerStats::origin(std::size_t index) const {
  if (index >= matched_.size() || matched_[index].empty()) return {};
  return "Docker container " + matched_[index].substr(0, 12);
}

}  // namespace remora::sandbox
