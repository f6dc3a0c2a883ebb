#include "cli/help.hpp"

#include <array>
#include <utility>

namespace remora::cli {
namespace {

constexpr std::string_view kOverview =
    R"(remora: a Datadog-compatible agent that runs as an ECS sidecar.

Usage:
  agent [command] [flags]

Commands:
  run        run the agent in the foreground (alias: start)
  health     whether every component of the running agent is well; exit code 0 or 255
  status     what the running agent does, block by block
  config     the configuration of the running agent, secrets hidden
  hostname   the configured host name
  version    the version of this program
  help       help about a command

Flags:
  -c, --cfgpath PATH   directory of datadog.yaml, or the file itself (default /etc/datadog-agent)
  -n, --no-color       no colours
  -h, --help           help about a command
)";

constexpr auto kTexts = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"run", R"(Runs the agent in the foreground until SIGTERM or SIGINT.

Usage:
  agent run [flags]

Flags:
  -p, --pidfile FILE   write the process id to FILE

Exit code: 0 after a clean stop, 1 when it cannot start (no usable DD_API_KEY).
)"},
    {"health", R"(Asks the running agent of this container whether its components are well.

Usage:
  agent health [flags]

Flags:
  -t, --timeout SECONDS   longest wait for the answer (default 20)

Exit code: 0 when healthy (degraded components included), 255 when unhealthy or unreachable.
)"},
    {"status", R"(Prints what the running agent of this container does.

Usage:
  agent status [section] [flags]

Flags:
  -j, --json          as JSON
  -p, --pretty-json   as JSON with line breaks
  -o, --file FILE     into FILE
  -v, --verbose       accepted; there is nothing more to show
)"},
    {"config",
     R"(Prints the configuration of the running agent as YAML, secrets hidden. When no agent
runs: the one this environment would give.

Usage:
  agent config
)"},
    {"version", R"(Prints the version of this program.

Usage:
  agent version [flags]

Flags:
  -f, --full   also the libraries it is built from, with their versions
)"},
    {"hostname", R"(Prints the configured host name (DD_HOSTNAME). A sidecar in ECS has none.

Usage:
  agent hostname
)"},
});

}  // namespace

std::string_view help_text(std::string_view command) {
  for (const auto& [name, text] : kTexts) {
    if (name == command) return text;
  }
  return kOverview;
}

}  // namespace remora::cli
