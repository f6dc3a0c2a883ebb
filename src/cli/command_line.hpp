// Splits arguments into command, flags and operands, as the Datadog Agent's command line does:
// flags anywhere, "--name value" and "--name=value", short flags in bundles.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/error.hpp"

namespace remora::cli {

struct CommandLine {
  std::string command;                ///< canonical name; empty when none was given
  std::vector<std::string> operands;  ///< after the command
  std::map<std::string, std::string, std::less<>> flags;  ///< by long name; "true" for switches

  [[nodiscard]] bool has(std::string_view flag) const { return flags.contains(flag); }
  /// Value of `flag`, or empty.
  [[nodiscard]] std::string value(std::string_view flag) const {
    const auto found = flags.find(flag);
    return found == flags.end() ? std::string() : found->second;
  }
};

/// Errors: invalid_config: an unknown command (naming the nearest one), an unknown flag, a flag
/// without its value; unsupported: a command of the Datadog Agent that remora does not have.
[[nodiscard]] Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments);

}  // namespace remora::cli
