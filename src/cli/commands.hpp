// The commands, one function each. They return exit codes and print through the context.
#pragma once

#include "cli/command_line.hpp"
#include "remora/cli/cli.hpp"

namespace remora::cli {

/// Prints "Error: <text>" on stderr. Returns kError.
int report(const Context& context, std::string_view text);

[[nodiscard]] int run_command(const CommandLine& line, const Context& context,
                              const Programs& programs);
[[nodiscard]] int check_command(const CommandLine& line, const Context& context,
                                const Programs& programs);
[[nodiscard]] int configcheck_command(const CommandLine& line, const Context& context);
[[nodiscard]] int preview_command(const CommandLine& line, const Context& context,
                                  const Programs& programs);
[[nodiscard]] int health_command(const CommandLine& line, const Context& context);
[[nodiscard]] int status_command(const CommandLine& line, const Context& context);
[[nodiscard]] int config_command(const CommandLine& line, const Context& context);
[[nodiscard]] int hostname_command(const CommandLine& line, const Context& context);
[[nodiscard]] int version_command(const CommandLine& line, const Context& context);
[[nodiscard]] int dogstatsd_command(const CommandLine& line, const Context& context);
[[nodiscard]] int dogstatsd_stats_command(const CommandLine& line, const Context& context);
[[nodiscard]] int dogstatsd_capture_command(const CommandLine& line, const Context& context);
[[nodiscard]] int dogstatsd_replay_command(const CommandLine& line, const Context& context);

}  // namespace remora::cli
