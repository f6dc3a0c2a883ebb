// `agent check NAME` and `agent configcheck`.
//
// Source of flags and texts: DataDog/datadog-agent pkg/cli/subcommands/check and
// cmd/agent/subcommands/configcheck.
#include <algorithm>
#include <charconv>
#include <optional>

#include "cli/commands.hpp"
#include "cli/daemon.hpp"

namespace remora::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kMaxTimes = 1'000, kMaxMilliseconds = 600'000, kMaxSeconds = 600;

// The number of a flag: `otherwise` when it is not given, nothing when it is none or too large.
std::optional<std::int64_t> number_of(const CommandLine& line, std::string_view flag,
                                      std::int64_t otherwise, std::int64_t max) {
  if (!line.has(flag)) return otherwise;
  const std::string text = line.value(flag);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > max) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

int check_command(const CommandLine& line, const Context& context, const Programs& programs) {
  if (line.operands.size() != 1) {
    return report(context, line.operands.empty() ? "which check? \"agent check NAME\""
                                                 : "one check at a time: \"agent check NAME\"");
  }
  CheckArguments arguments;
  arguments.name = line.operands[0];
  struct Row {
    const char* flag;
    std::int64_t otherwise, max;
    std::int64_t value = 0;
  };
  Row times{"check-times", 1, kMaxTimes}, pause{"pause", 0, kMaxMilliseconds},
      delay{"delay", 100, kMaxMilliseconds}, timeout{"discovery-timeout", 5, kMaxSeconds},
      instances{"discovery-min-instances", 1, kMaxTimes};
  for (Row* row : {&times, &pause, &delay, &timeout, &instances}) {
    const auto number = number_of(line, row->flag, row->otherwise, row->max);
    if (!number) {
      return report(context, "--" + std::string(row->flag) + ": \"" + line.value(row->flag) +
                                 "\" is not a number from 0 to " + std::to_string(row->max));
    }
    row->value = *number;
  }
  arguments.times = static_cast<int>(std::max<std::int64_t>(times.value, 1));
  arguments.pause = milliseconds(pause.value);
  if (line.has("check-rate")) {
    arguments.times = std::max(arguments.times, 2);
    if (!line.has("pause")) arguments.pause = seconds(1);
  }
  arguments.delay = milliseconds(delay.value);
  arguments.discovery_timeout = seconds(timeout.value);
  arguments.discovery_min_instances = static_cast<std::size_t>(instances.value);
  arguments.instance_filter = line.value("instance-filter");
  if (line.has("json")) arguments.form = CheckArguments::Form::json;
  if (line.has("table")) arguments.form = CheckArguments::Form::table;
  return programs.check(load(line, context), arguments, context);
}

int configcheck_command(const CommandLine& line, const Context& context) {
  const std::string request = line.has("verbose") ? "configcheck?verbose=1" : "configcheck";
  const auto body = ask(load(line, context), request, kTimeout);
  if (!body) return report_unreachable(context, body.error());
  return put_out(line, context, *body);
}

}  // namespace remora::cli
