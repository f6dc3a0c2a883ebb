#include "sandbox/options.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace remora::sandbox {
namespace {

constexpr std::chrono::hours kLongestRun{24 * 7};

}  // namespace

std::string_view usage() {
  return R"(Usage: remora-sandbox [options]

Runs the agent beside a task definition on this machine: serves the task
metadata endpoint and an intake, starts a real server for each container that is
redis or nginx, starts the agent against it all and shows what arrives. Nothing
leaves the machine.

  --task-definition FILE  default: task-definitions/example.json
  --agent PATH            the agent program (default: beside this program)
  --for DURATION          end by itself after 30s, 2m, …; exit 0 only when
                          metrics of every container arrived, those of the
                          checks of every server started, and the agent was
                          healthy and stopped cleanly
  --json FILE             write everything received, and the verdict
  --docker-socket PATH    default: /var/run/docker.sock
  --no-docker             stats from this machine's processes only
  --no-servers            start no redis-server or nginx for the containers that
                          are one
  --no-agent              serve only, and print what to export for `agent run`
  --port-file FILE        write the two URLs and the API key as JSON
  --help                  this text

Exit codes: 0 all well, 1 something is missing or unhealthy, 2 bad input.
)";
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  using std::chrono::milliseconds;
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kUnits{
      {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
  const auto wrong = [&] {
    return fail(Errc::invalid_config, "'" + std::string(text.substr(0, 40)) +
                                          "' is not a duration like 30s, 2m or 1m30s");
  };
  std::string_view rest = text;
  milliseconds sum{0};
  while (!rest.empty()) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc{} || number < 0 || number > 1'000'000'000) return wrong();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const std::string_view unit = rest.substr(0, rest.find_first_of("0123456789"));
    bool known = false;
    for (const auto& [name, factor] : kUnits) {
      if (unit != name) continue;
      sum += milliseconds(number * factor);
      known = true;
    }
    if (!known) return wrong();
    rest.remove_prefix(unit.size());
  }
  if (sum <= milliseconds(0) || sum > kLongestRun) return wrong();
  return sum;
}

Result<Options> parse_options(std::span<const std::string_view> arguments) {
  Options out;
  const std::array<std::pair<std::string_view, std::string*>, 5> values{
      {{"--task-definition", &out.task_definition},
       {"--agent", &out.agent},
       {"--docker-socket", &out.docker_socket},
       {"--json", &out.json_file},
       {"--port-file", &out.port_file}}};
  const std::array<std::pair<std::string_view, std::pair<bool*, bool>>, 5> flags{
      {{"--no-docker", {&out.docker, false}},
       {"--no-servers", {&out.start_servers, false}},
       {"--no-agent", {&out.start_agent, false}},
       {"--help", {&out.help, true}},
       {"-h", {&out.help, true}}}};

  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view written = arguments[i];
    bool done = false;
    for (const auto& [name, target] : flags) {
      if (written != name) continue;
      *target.first = target.second;
      done = true;
    }
    if (done) continue;
    const std::size_t equals = written.find('=');
    const std::string_view name = written.substr(0, equals);
    std::string duration;
    std::string* target = name == "--for" ? &duration : nullptr;
    for (const auto& [known, field] : values)
      if (name == known) target = field;
    if (target == nullptr)
      return fail(Errc::invalid_config,
                  "unknown option '" + std::string(written.substr(0, 60)) + "' (see --help)");
    if (equals != std::string_view::npos)
      *target = written.substr(equals + 1);
    else if (i + 1 < arguments.size())
      *target = arguments[++i];
    if (target->empty())
      return fail(Errc::invalid_config, std::string(name) + " needs a value (see --help)");
    if (name == "--for") {
      const auto parsed = parse_duration(duration);
      if (!parsed) return fail(parsed.error(), "--for");
      out.run_for = *parsed;
    }
  }
  return out;
}

}  // namespace remora::sandbox
