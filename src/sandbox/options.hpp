// The command line of remora-sandbox.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "remora/core/error.hpp"

namespace remora::sandbox {

struct Options {
  std::string task_definition;  ///< empty: task-definitions/example.json
  std::string agent;            ///< empty: `agent` beside this program
  std::string docker_socket = "/var/run/docker.sock";
  std::string json_file, port_file;
  std::optional<std::chrono::milliseconds> run_for;  ///< empty: until Ctrl-C
  bool docker = true;
  bool start_servers = true;
  bool start_agent = true;
  bool help = false;
};

/// `arguments` without the program's name. Errors: invalid_config, naming the argument.
[[nodiscard]] Result<Options> parse_options(std::span<const std::string_view> arguments);

/// "30s", "2m", "1m30s", "500ms", "1h". Errors: invalid_config.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);

[[nodiscard]] std::string_view usage();

}  // namespace remora::sandbox
