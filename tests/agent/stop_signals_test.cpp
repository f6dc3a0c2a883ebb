// Signals, in processes of their own: what they end, what they leave alone, and how a process ends
// that hangs where no code of ours runs any more.
#include "agent/stop_signals.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "fakes/run_coroutine.hpp"

namespace remora::agent {
namespace {

using std::chrono::seconds;

constexpr int kNotHere = 77;

// A child that says when it is ready for signals.
class Child {
 public:
  explicit Child(const std::function<void(const std::function<void()>& ready)>& body,
                 int namespaces = 0) {
    if (::pipe(pipe_) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ != 0) {
      ::close(pipe_[1]);
      return;
    }
    ::close(pipe_[0]);
    const int out = pipe_[1];
    const auto tell = [out] { (void)!::write(out, "r", 1); };
    if (namespaces != 0) {
      if (::unshare(namespaces) != 0) ::_exit(kNotHere);
      const pid_t inner = ::fork();
      if (inner != 0) {
        ::close(out);
        int status = 0;
        ::waitpid(inner, &status, 0);
        ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 100);
      }
      body(tell);
      ::_exit(99);
    }
    body(tell);
    ::_exit(99);
  }
  ~Child() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(pipe_[0]);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  bool wait_until_ready() {
    char byte = 0;
    return ::read(pipe_[0], &byte, 1) == 1;
  }
  void send(int signal) const { ::kill(pid_, signal); }
  // The wait status.
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }
  int exit_code() {
    const int status = wait();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  int pipe_[2] = {-1, -1};
  pid_t pid_ = -1;
};

// Hangs as a dead mount would make the loop hang: nothing of ours runs.
[[noreturn]] void hang() {
  for (;;) ::pause();
}

int next(StopSignals& signals) { return fakes::run(signals.wait()); }

TEST(StopSignals, AreGivenOnceEachWheneverTheyCome) {
  for (const int signal : {SIGTERM, SIGINT, SIGQUIT}) {
    Child child([&](const auto& ready) {
      StopSignals signals(seconds(60));
      ::raise(signal);
      if (next(signals) != signal) ::_exit(1);
      ready();
      if (next(signals) != SIGTERM) ::_exit(2);
      ::_exit(0);
    });
    ASSERT_TRUE(child.wait_until_ready());
    child.send(SIGTERM);
    EXPECT_EQ(child.exit_code(), 0) << signal_name(signal);
  }
}

TEST(StopSignals, AProcessThatHangsEndsByTheAlarmOfTheHandler) {
  Child child([](const auto& ready) {
    const StopSignals signals(seconds(1));
    ready();
    hang();
  });
  ASSERT_TRUE(child.wait_until_ready());
  child.send(SIGTERM);
  EXPECT_EQ(child.exit_code(), 1);
}

TEST(StopSignals, ASecondSignalDoesNotPutTheAlarmOff) {
  Child child([](const auto& ready) {
    const StopSignals signals(seconds(1));
    ::raise(SIGTERM);
    ::alarm(1);  // as if most of the time had passed; a second signal would set it to 1 s again
    ready();
    for (;;) ::raise(SIGTERM);
  });
  ASSERT_TRUE(child.wait_until_ready());
  EXPECT_EQ(child.exit_code(), 1);
}

TEST(StopSignals, EndsAHangingPidOneToo) {
  // PID 1 of a container: the kernel drops signals for it that have no handler, SIGALRM as well.
  Child child(
      [](const auto&) {
        const StopSignals signals(seconds(1));
        ::raise(SIGTERM);
        hang();
      },
      CLONE_NEWUSER | CLONE_NEWPID);
  const int code = child.exit_code();
  if (code == kNotHere) GTEST_SKIP() << "SKIPPED agent: no namespaces here";
  EXPECT_EQ(code, 1);
}

TEST(StopSignals, OthersChangeNothing) {
  Child child([](const auto& ready) {
    StopSignals signals(seconds(60));
    for (const int signal : {SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ, SIGCHLD}) ::raise(signal);
    ready();
    ::_exit(next(signals) == SIGTERM ? 0 : 1);
  });
  ASSERT_TRUE(child.wait_until_ready());
  for (const int signal : {SIGHUP, SIGUSR1, SIGUSR2}) child.send(signal);
  child.send(SIGTERM);
  EXPECT_EQ(child.exit_code(), 0);
}

TEST(StopSignals, ABlockedSignalIsTakenAllTheSame) {
  Child child([](const auto&) {
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    StopSignals signals(seconds(60));
    ::raise(SIGTERM);
    ::_exit(next(signals) == SIGTERM ? 0 : 1);
  });
  EXPECT_EQ(child.exit_code(), 0);
}

}  // namespace
}  // namespace remora::agent
