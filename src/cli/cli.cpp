#include "remora/cli/cli.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/help.hpp"
#include "remora/core/printable.hpp"

namespace remora::cli {
namespace {

/// Writes everything; a reader that went away (`agent status | head`) is no error.
void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (written == 0 || errno != EINTR) {
      return;
    }
  }
}

/// What `write` gets when `text` comes from anywhere: see remora/core/printable.hpp.
std::function<void(std::string_view)> printing(const std::function<void(std::string_view)>& write) {
  return [write](std::string_view text) {
    std::string scratch;
    write(core::printable(text, scratch, core::Breaks::kept));
  };
}

}  // namespace

int dispatch(const std::vector<std::string>& arguments, const Context& outside,
             const Programs& programs) {
  // Every command writes through these two: answers of the daemon, files and checks hold text that
  // somebody else wrote.
  Context context = outside;
  context.out = printing(outside.out);
  context.err = printing(outside.err);
  context.coloured = outside.out;
  const auto line = parse_command_line(arguments);
  if (!line) return report(context, line.error().message());
  if (line->command.empty() || line->command == "help" || line->has("help")) {
    const bool other = line->command == "help" && !line->operands.empty();
    context.out(help_text(other ? line->operands[0] : line->command));
    return kSuccess;
  }
  if (line->command == "run") return run_command(*line, context, programs);
  if (line->command == "check") return check_command(*line, context, programs);
  if (line->command == "configcheck") return configcheck_command(*line, context);
  if (line->command == "preview") return preview_command(*line, context, programs);
  if (line->command == "health") return health_command(*line, context);
  if (line->command == "status") return status_command(*line, context);
  if (line->command == "config") return config_command(*line, context);
  if (line->command == "hostname") return hostname_command(*line, context);
  if (line->command == "dogstatsd") return dogstatsd_command(*line, context);
  if (line->command == "dogstatsd-stats") return dogstatsd_stats_command(*line, context);
  if (line->command == "dogstatsd-capture") return dogstatsd_capture_command(*line, context);
  if (line->command == "dogstatsd-replay") return dogstatsd_replay_command(*line, context);
  return version_command(*line, context);
}

int run_cli(int argc, char** argv, const Programs& programs) {
  std::signal(SIGPIPE, SIG_IGN);
  Context context;
  context.environment = config::environment();
  context.colour = isatty(STDOUT_FILENO) == 1;
  context.out = [](std::string_view text) { write_all(STDOUT_FILENO, text); };
  context.err = [](std::string_view text) { write_all(STDERR_FILENO, text); };
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return dispatch(arguments, context, programs);
}

}  // namespace remora::cli
