// The command line of the program `agent`: what operators, health checks and wrappers call.
//
// Every command but `run` and `check` is short: it reads the configuration, asks the daemon of this
// container over the socket of remora/api/ipc_auth.hpp, prints and ends. No Asio, no thread.
// Exit codes: 0 for success; 255 for any error, with "Error: <text>" on stderr; `run` ends with the
// daemon's own code, 1 without a usable API key; `preview` with 1 when what it read has errors.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "remora/api/ipc_auth.hpp"
#include "remora/config/load.hpp"

namespace remora::cli {

/// What `agent check` is asked for.
struct CheckArguments {
  std::string name;
  int times = 1;
  std::chrono::milliseconds pause{0};    ///< between two runs
  std::chrono::milliseconds delay{100};  ///< after the last run, for values that come late
  std::string instance_filter;           ///< empty = all instances
  std::chrono::milliseconds discovery_timeout{5000};
  std::size_t discovery_min_instances = 1;
  enum class Form { text, json, table } form = Form::text;
};

/// What `agent preview` is asked for, and what comes of it.
struct PreviewArguments {
  std::string file;
  bool json = false, verbose = false;
};
struct Previewed {
  std::string text;
  bool faulty = false;
};

struct Context;

/// What lives in module agent; main() brings the two together.
struct Programs {
  std::function<int(const config::Loaded&)> run;  ///< the daemon in the foreground
  std::function<int(const config::Loaded&, const CheckArguments&, const Context&)> check;
  std::function<Result<Previewed>(const PreviewArguments&)> preview;
};

inline constexpr int kSuccess = 0;
inline constexpr int kError = 255;
inline constexpr int kNoApiKey = 1;
inline constexpr int kFaulty = 1;  ///< `preview`: the definition has errors

/// What a command works on, so that tests need neither a process nor its environment.
struct Context {
  config::Environment environment;
  bool colour = false;                             ///< stdout is a terminal
  std::function<void(std::string_view)> out, err;  ///< whole texts, line ends included
  /// For commands: stdout as it is, for a text whose parts were made printable before our own
  /// colour codes were put around them. `dispatch` sets it, and lets only printable text pass to
  /// the others.
  std::function<void(std::string_view)> coloured;
};

/// Runs the command `arguments` (without the program's name). Returns the exit code.
[[nodiscard]] int dispatch(const std::vector<std::string>& arguments, const Context& context,
                           const Programs& programs);

/// For main(): the process's own environment and streams. SIGPIPE is ignored from here on, so
/// `agent status | head` ends quietly.
[[nodiscard]] int run_cli(int argc, char** argv, const Programs& programs);

/// The identity that daemon and command line derive from the same settings.
[[nodiscard]] api::IpcIdentity ipc_identity(const config::Loaded& loaded);

}  // namespace remora::cli
