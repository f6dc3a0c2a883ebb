#include "sandbox/child_process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>

namespace remora::sandbox {
namespace {

constexpr std::size_t kMaxLine = 4096;
constexpr std::chrono::milliseconds kPollInterval{20};
constexpr std::chrono::milliseconds kDrainLimit{200};

/// Shared with the reading coroutine, which may outlive the ChildProcess by one step.
struct Output {
  Output(asio::any_io_executor executor, int fd, ChildProcess::LineHandler handler)
      : stream(std::move(executor), fd), on_line(std::move(handler)) {}
  asio::posix::stream_descriptor stream;
  ChildProcess::LineHandler on_line;
  bool open = true;
};

asio::awaitable<void> read_lines(std::shared_ptr<Output> output) {
  std::array<char, 4096> block{};
  std::string line;
  for (;;) {
    auto buffer = asio::buffer(block);
    auto [error, size] = co_await output->stream.async_read_some(buffer, no_throw);
    for (const char c : std::string_view(block.data(), size)) {
      if (c != '\n') {
        if (line.size() < kMaxLine) line += c;
        continue;
      }
      if (output->on_line) output->on_line(line);
      line.clear();
    }
    if (error) break;
  }
  if (!line.empty() && output->on_line) output->on_line(line);
  output->open = false;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

struct ChildProcess::Impl {
  Impl(core::Clock& c, int p, std::shared_ptr<Output> o) : clock(c), pid(p), output(std::move(o)) {}
  core::Clock& clock;
  int pid;
  std::optional<Exit> ended;
  std::shared_ptr<Output> output;
};

std::string Exit::text() const {
  return signal != 0 ? "killed by signal " + std::to_string(signal)
                     : "exit " + std::to_string(code);
}

ChildProcess::ChildProcess(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(asio::any_io_executor executor,
                                                          core::Clock& clock,
                                                          std::vector<std::string> arguments,
                                                          const Variables& environment,
                                                          LineHandler on_line) {
  std::vector<std::string> variables;
  variables.reserve(environment.size());
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  // Between fork and exec only async-signal-safe calls: everything is made ready before.
  std::vector<char*> argv = pointers(arguments), envp = pointers(variables);
  std::array<int, 2> lines{}, failure{};
  if (pipe2(lines.data(), O_CLOEXEC) != 0)
    return fail(Errc::io, std::string("pipe: ") + std::strerror(errno));
  if (pipe2(failure.data(), O_CLOEXEC) != 0) {
    const int cause = errno;
    close(lines[0]);
    close(lines[1]);
    return fail(Errc::io, std::string("pipe: ") + std::strerror(cause));
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    // A group of its own, so that Ctrl-C reaches the sandbox alone, which then stops the agent.
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    dup2(lines[1], STDOUT_FILENO);
    dup2(lines[1], STDERR_FILENO);
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);  // Asio opens its sockets inheritable
    execve(argv[0], argv.data(), envp.data());
    const int cause = errno;
    [[maybe_unused]] const auto told = write(failure[1], &cause, sizeof cause);
    _exit(127);
  }
  const int fork_error = errno;
  close(lines[1]);
  close(failure[1]);
  int cause = pid < 0 ? fork_error : 0;
  if (pid > 0 && read(failure[0], &cause, sizeof cause) > 0) waitpid(pid, nullptr, 0);
  close(failure[0]);
  if (cause != 0) {
    close(lines[0]);
    return fail(Errc::io, arguments[0] + ": " + std::strerror(cause));
  }
  auto output = std::make_shared<Output>(executor, lines[0], std::move(on_line));
  // Ends with the pipe, which ends with the child or with this object.
  asio::co_spawn(executor, read_lines(output), asio::detached);
  return std::unique_ptr<ChildProcess>(
      new ChildProcess(std::make_unique<Impl>(clock, pid, std::move(output))));
}

ChildProcess::~ChildProcess() {
  if (!poll()) {
    ::kill(impl_->pid, SIGKILL);
    waitpid(impl_->pid, nullptr, 0);
  }
  impl_->output->on_line = nullptr;
  boost::system::error_code ignored;
  impl_->output->stream.close(ignored);
}

int ChildProcess::pid() const noexcept { return impl_->pid; }

std::optional<Exit> ChildProcess::poll() {
  if (impl_->ended) return impl_->ended;
  int status = 0;
  if (waitpid(impl_->pid, &status, WNOHANG) != impl_->pid) return std::nullopt;
  Exit out;
  if (WIFSIGNALED(status))
    out.signal = WTERMSIG(status);
  else
    out.code = WEXITSTATUS(status);
  impl_->ended = out;
  return impl_->ended;
}

asio::awaitable<std::optional<Exit>> ChildProcess::wait(core::SteadyTime deadline) {
  bool draining = false;
  for (;;) {
    const auto ended = poll();
    if (ended && !impl_->output->open) co_return ended;
    const core::SteadyTime now = impl_->clock.now();
    if (ended && !draining) {
      // Its last lines may still be in the pipe; a grandchild that keeps it open does not hold us.
      draining = true;
      deadline = std::min(deadline, now + kDrainLimit);
    }
    if (now >= deadline) co_return ended;
    const core::SteadyTime next = std::min(now + kPollInterval, deadline);
    if (!co_await impl_->clock.sleep_until(next)) co_return poll();
  }
}

void ChildProcess::signal(int number) {
  if (!poll()) ::kill(impl_->pid, number);
}

}  // namespace remora::sandbox
