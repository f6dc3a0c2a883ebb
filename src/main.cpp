// The program `agent`: a command line around the daemon.
#include "remora/agent/runtime.hpp"
#include "remora/cli/cli.hpp"

int main(int argc, char** argv) {
  return remora::cli::run_cli(argc, argv, remora::agent::run_agent);
}
