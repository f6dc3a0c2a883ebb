#include "sandbox/agent_health.hpp"

#include <boost/asio/this_coro.hpp>

namespace remora::sandbox {
namespace {

constexpr std::chrono::seconds kTimeout{5};
constexpr std::size_t kMaxLines = 50;

}  // namespace

std::string one_line(const std::vector<std::string>& lines) {
  std::string out;
  for (std::string line : lines) {
    const std::size_t begin = line.find_first_not_of(" \t=-");
    if (begin == std::string::npos) continue;
    line = line.substr(begin, line.find_last_not_of(" \t=\r") - begin + 1);
    out += (out.empty() ? "" : " ") + line;
  }
  return out;
}

asio::awaitable<HealthAnswer> ask_health(core::Clock& clock, std::string agent,
                                         Variables environment) {
  const auto executor = co_await asio::this_coro::executor;
  std::vector<std::string> lines;
  std::vector<std::string> arguments;
  arguments.push_back(agent);
  arguments.emplace_back("health");
  auto child = ChildProcess::start(executor, clock, std::move(arguments), environment,
                                   [&lines](std::string_view line) {
                                     if (lines.size() < kMaxLines) lines.emplace_back(line);
                                   });
  HealthAnswer out;
  if (!child) {
    out.text = child.error().message();
    co_return out;
  }
  const core::SteadyTime deadline = clock.now() + kTimeout;
  const std::optional<Exit> exit = co_await (*child)->wait(deadline);
  out.healthy = exit && exit->clean();
  out.text = one_line(lines);
  if (!exit) out.text = "no answer in 5 s";
  if (out.text.empty()) out.text = exit->text();
  co_return out;
}

}  // namespace remora::sandbox
