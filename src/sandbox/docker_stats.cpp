#include "sandbox/docker_stats.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

namespace remora::sandbox {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxContainers = 1000;

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

}  // namespace

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
      engine_(std::move(socket_path)),
      matched_(definition.containers.size()),
      stats_(definition.containers.size()) {}

asio::awaitable<void> DockerStats::poll() {
  auto body = co_await engine_.get("/containers/json");
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
    auto stats = co_await engine_.get("/containers/" + matched[i] + "/stats?stream=false");
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
