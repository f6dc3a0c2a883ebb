#include "forwarder/endpoint_health.hpp"

#include <ctime>

namespace remora::forwarder {

void EndpointHealth::failed(std::string_view path, std::size_t key, Problem problem) {
  const auto [found, added] = problems_.try_emplace({path, key}, problem);
  if (added) return;
  found->second.text = std::move(problem.text);
  found->second.network = problem.network;
}

void EndpointHealth::succeeded(std::string_view path, std::size_t key) {
  std::erase_if(problems_, [&](const auto& entry) {
    return entry.second.network || entry.first == std::pair{path, key};
  });
}

const Problem* EndpointHealth::worst() const {
  const Problem* worst = nullptr;
  for (const auto& [route, problem] : problems_) {
    if (worst == nullptr || problem.since < worst->since) worst = &problem;
  }
  return worst;
}

std::string utc(core::WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text;
}

}  // namespace remora::forwarder
