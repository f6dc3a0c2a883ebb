// The program `remora-sandbox`: a task definition, tried on this machine.
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <climits>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/printable.hpp"
#include "sandbox/options.hpp"
#include "sandbox/session.hpp"
#include "sandbox/task_definition.hpp"
#include "sandbox/terminal.hpp"

namespace {

using namespace remora;

constexpr int kBadInput = 2;

int bad_input(const std::string& message) {
  std::fprintf(stderr, "remora-sandbox: %s\n", core::printable(message).c_str());
  return kBadInput;
}

/// The directory of this program, with the last '/'; empty when /proc is not there.
std::string own_directory() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  if (size <= 0) return {};
  const std::string_view text(path, static_cast<std::size_t>(size));
  return std::string(text.substr(0, text.rfind('/') + 1));
}

/// Repeats for a second Ctrl-C.
asio::awaitable<void> watch_signals(asio::signal_set& signals, sandbox::Session& session) {
  for (;;) {
    auto [error, number] = co_await signals.async_wait(no_throw);
    if (error) co_return;
    session.stop();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + 1, argv + std::max(argc, 1));
  auto options = sandbox::parse_options(arguments);
  if (!options) return bad_input(options.error().message());
  if (options->help) {
    std::fputs(std::string(sandbox::usage()).c_str(), stdout);
    return 0;
  }
  if (options->agent.empty()) options->agent = own_directory() + "agent";
  if (options->start_agent && access(options->agent.c_str(), X_OK) != 0)
    return bad_input("no agent program at " + options->agent +
                     " (--agent PATH names it, --no-agent runs without)");
  if (options->task_definition.empty()) {
    options->task_definition = "task-definitions/example.json";
    // Started from a build directory: the example is two levels up from build/<preset>/.
    const std::string beside = own_directory() + "../../task-definitions/example.json";
    if (access(options->task_definition.c_str(), F_OK) != 0 && access(beside.c_str(), F_OK) == 0)
      options->task_definition = beside;
  }
  auto definition = sandbox::read_task_definition(options->task_definition);
  if (!definition) return bad_input(definition.error().message());

  std::signal(SIGPIPE, SIG_IGN);
  core::SystemClock clock;
  asio::io_context io(1);
  sandbox::Terminal terminal;
  auto session = sandbox::Session::create(io.get_executor(), clock, terminal, std::move(*options),
                                          std::move(*definition));
  if (!session) return bad_input(session.error().message());

  asio::signal_set signals(io, SIGINT, SIGTERM, SIGHUP);
  int code = 1;
  asio::co_spawn(io, watch_signals(signals, **session), [](std::exception_ptr) {});
  asio::co_spawn(io, (*session)->run(), [&](std::exception_ptr error, int result) {
    signals.cancel();
    if (error) {
      terminal.leave_live_view();
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& e) {
        std::fprintf(stderr, "remora-sandbox: a fault of ours: %s\n",
                     core::printable(e.what()).c_str());
      }
      io.stop();
      return;
    }
    code = result;
  });
  io.run();
  return code;
}
