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
  check      run one check now and print what it gives
  preview    what the agent would do with a task definition, and what is wrong with it
  configcheck   every check configuration the running agent found, and what is wrong with others
  config     the configuration of the running agent, secrets hidden
  hostname   the configured host name
  version    the version of this program
  help       help about a command

  dogstatsd-stats     how often each DogStatsD metric came
  dogstatsd top       the metrics with most contexts, and the tags that make them
  dogstatsd dump-contexts   all contexts as JSON
  dogstatsd-capture   write DogStatsD traffic into a file
  dogstatsd-replay    send the packets of such a file again

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
    {"check",
     R"(Runs one check in this process and prints its metrics. Labels and files are looked up as the
running agent does; a running agent is not disturbed.

Usage:
  agent check NAME [flags]

Flags:
  -r, --check-rate              two runs, a second apart, so that rates and counts have values
  -t, --check-times N           so many runs (default 1)
      --pause MS                milliseconds between two runs (default 0)
  -d, --delay MS                milliseconds after the last run (default 100)
      --instance-filter EXPR    of several instances those for which EXPR holds, in jq's form:
                                '.port == 6379 and .host != "a"', '.tags | contains(["a:b"])'
      --json                    as JSON
      --table                   in columns
      --discovery-timeout S     longest wait for the check to be found (default 5)
      --discovery-min-instances N   instances to wait for (default 1)

Exit code: 0 when every instance could run, 255 when none was found or one failed.
)"},
    {"preview",
     R"(Prints the checks, metrics and tags that the agent would give for a task definition, container
by container, and every mistake in it with the text to write. Starts nothing, needs no network, no
running agent and no API key: fit for CI.

Usage:
  agent preview FILE [flags]

FILE is a task definition in JSON or YAML, as `aws ecs register-task-definition` takes it or
`describe-task-definition` prints it, or a CloudFormation template; every AWS::ECS::TaskDefinition in
it is shown. Settings are those of the agent's container in it.

Flags:
  -j, --json        as JSON, with all names of metrics
  -o, --file FILE   into FILE
  -v, --verbose     all names of metrics, and each check of a label as a file of conf.d

Exit code: 0 without errors (warnings alone count as none), 1 with errors, 255 when FILE cannot be
read.
)"},
    {"configcheck",
     R"(Prints every check configuration of the running agent as it was resolved, secrets hidden,
and what is wrong with labels and files.

Usage:
  agent configcheck [flags]

Flags:
  -v, --verbose     also files that wait for a container, and log configurations
  -o, --file FILE   into FILE
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
    {"dogstatsd", R"(Looks at the metrics (contexts) that the running agent adds up.

Usage:
  agent dogstatsd top [flags]
  agent dogstatsd dump-contexts [flags]

`top` lists the metrics with most contexts: combinations of name, host, tags and type. In brackets
are the tags with most values, which are what makes them many. `dump-contexts` writes every context
as a line of JSON, as far as 4 MiB go.

Flags:
  -m, --num-metrics N   metrics that `top` shows (default 10)
  -t, --num-tags N      tags that it shows of each (default 5)
  -o, --file FILE       into FILE
)"},
    {"dogstatsd-stats", R"(Prints how often each DogStatsD metric came, and when it came last.

Usage:
  agent dogstatsd-stats [flags]

The agent counts only with DD_DOGSTATSD_METRICS_STATS_ENABLE=true.

Flags:
  -j, --json          as JSON
  -p, --pretty-json   as JSON with line breaks
  -o, --file FILE     into FILE
)"},
    {"dogstatsd-capture", R"(Makes the running agent write its DogStatsD traffic into a file.

Usage:
  agent dogstatsd-capture [flags]

The command prints the name of the file and returns at once. The Datadog Agent can read the file,
and the other way round. It ends early at 256 MiB (8 MiB on a tmpfs) or half of the free space.

Flags:
  -d, --duration TIME     how long, at most 1h (default 1m)
  -p, --path DIRECTORY    where (default DD_DOGSTATSD_CAPTURE_PATH, else /tmp)
  -z, --compressed=false  without zstd
)"},
    {"dogstatsd-replay",
     R"(Sends the packets of a capture to the running agent, as fast as they came.

Usage:
  agent dogstatsd-replay -f FILE [flags]

They go to the Unix socket DD_DOGSTATSD_SOCKET, without it to the UDP port.

Flags:
  -f, --file FILE   a file of dogstatsd-capture, compressed or not
  -l, --loops N     how often (default 1); 0 = until interrupted; also -i, --iterations
  -v, --verbose     a line for each packet
  -m, --mmap        accepted; the file is read piece by piece in any case
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
