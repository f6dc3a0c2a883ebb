#include "remora/core/apart.hpp"

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <condition_variable>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

namespace remora::core::detail {
namespace {

std::atomic<int> g_hanging{0};

// Shared with the thread. It holds no Asio object but the executor, and that only while somebody
// waits: a thread that comes back after the io_context has gone finds nothing to touch.
struct Job {
  std::mutex mutex;
  std::condition_variable ended;
  asio::any_io_executor executor;       ///< empty when no coroutine waits; guarded
  asio::steady_timer* timer = nullptr;  ///< the loop's thread only
  bool finished = false;                ///< guarded
  bool given_up = false;                ///< guarded

  static void run(const std::shared_ptr<Job>& self, const std::function<void()>& work) {
    work();
    const std::scoped_lock lock(self->mutex);
    self->finished = true;
    if (self->given_up) --g_hanging;
    self->ended.notify_all();
    // Posted under the lock: who leaves takes it first, so the io_context is alive here.
    if (self->executor) {
      asio::post(self->executor, [self] {
        if (self->timer != nullptr) self->timer->cancel();
      });
    }
  }

  /// False when it still runs; from then on it counts as hanging.
  bool leave() {
    const std::scoped_lock lock(mutex);
    executor = asio::any_io_executor();
    if (!finished && !std::exchange(given_up, true)) ++g_hanging;
    return finished;
  }
};

Result<std::shared_ptr<Job>> start(const asio::any_io_executor& executor,
                                   const std::function<void()>& work) {
  if (g_hanging >= kMaxHanging) {
    return fail(Errc::io, "not tried: " + std::to_string(kMaxHanging) +
                              " files hang already; is a mount dead?");
  }
  auto job = std::make_shared<Job>();
  job->executor = executor;
  try {
    std::thread([job, work] { Job::run(job, work); }).detach();
  } catch (const std::system_error&) {
    Job::run(job, work);
  }
  return job;
}

Error too_slow(std::chrono::milliseconds limit) {
  return fail(Errc::timeout, "not read within " + std::to_string(limit.count()) + " ms");
}

// Takes the timer out of the job's hands, also when the coroutine is destroyed while it waits.
class Wait {
 public:
  Wait(std::shared_ptr<Job> job, const asio::any_io_executor& executor,
       std::chrono::milliseconds limit)
      : job_(std::move(job)), timer_(executor, limit) {
    job_->timer = &timer_;
  }
  ~Wait() {
    job_->timer = nullptr;
    job_->leave();
  }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  asio::steady_timer& timer() { return timer_; }
  [[nodiscard]] bool finished() const {
    const std::scoped_lock lock(job_->mutex);
    return job_->finished;
  }

 private:
  std::shared_ptr<Job> job_;
  asio::steady_timer timer_;
};

}  // namespace

asio::awaitable<Result<void>> run_apart(std::function<void()> work,
                                        std::chrono::milliseconds limit) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto job = start(executor, work);
  if (!job) co_return job.error();
  Wait wait(*job, executor, limit);
  if (wait.finished()) co_return Result<void>();
  const auto [ec] = co_await wait.timer().async_wait(no_throw);
  if (wait.finished()) co_return Result<void>();
  if (!ec) co_return too_slow(limit);
  co_return fail(Errc::cancelled, "cancelled");
}

Result<void> wait_apart(std::function<void()> work, std::chrono::milliseconds limit) {
  auto job = start({}, work);
  if (!job) return job.error();
  {
    std::unique_lock lock((*job)->mutex);
    (*job)->ended.wait_for(lock, limit, [&] { return (*job)->finished; });
  }
  if (!(*job)->leave()) return too_slow(limit);
  return {};
}

}  // namespace remora::core::detail
