#include "remora/net/resolver.hpp"

#include <netdb.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <system_error>
#include <thread>

namespace remora::net {
namespace {

constexpr std::size_t kMaxRunning = 8;  // threads that hang in getaddrinfo at the same time

}  // namespace

Result<Addresses> system_look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  int rc = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (rc == EAI_NONAME || rc == EAI_ADDRFAMILY) {
    // A machine with nothing but loopback has no "configured" address family.
    hints.ai_flags = 0;
    rc = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  }
  if (rc != 0) {
    return fail(Errc::network, "name look-up of " + host + ": " + gai_strerror(rc));
  }
  Addresses out;
  for (const addrinfo* a = list; a != nullptr; a = a->ai_next) {
    if (a->ai_family == AF_INET) {
      const auto* in = reinterpret_cast<const sockaddr_in*>(a->ai_addr);
      out.emplace_back(asio::ip::address_v4(ntohl(in->sin_addr.s_addr)));
    } else if (a->ai_family == AF_INET6) {
      const auto* in = reinterpret_cast<const sockaddr_in6*>(a->ai_addr);
      asio::ip::address_v6::bytes_type bytes;
      std::copy_n(in->sin6_addr.s6_addr, bytes.size(), bytes.begin());
      out.emplace_back(asio::ip::address_v6(bytes, in->sin6_scope_id));
    }
  }
  freeaddrinfo(list);
  if (out.empty()) return fail(Errc::network, "name look-up of " + host + ": no address");
  return out;
}

// Shared with the thread. It holds no Asio object but the executor, and that only while somebody
// waits: a thread that comes back after the io_context has gone finds nothing to touch.
struct Resolver::Pending {
  std::mutex mutex;
  asio::any_io_executor executor;  ///< empty when nobody waits; guarded
  bool finished = false;           ///< guarded
  Result<Addresses> result = fail(Errc::network, "not looked up");  ///< set before `finished`
  std::vector<asio::steady_timer*> waiting;                         ///< the loop's thread only

  static void run(const std::shared_ptr<Pending>& self, const LookUp& look_up,
                  const std::string& host) {
    Result<Addresses> found = look_up(host);
    const std::scoped_lock lock(self->mutex);
    self->result = std::move(found);
    self->finished = true;
    // Posted under the lock: a waiter that leaves takes it first, so the io_context is alive here.
    if (self->executor) {
      asio::post(self->executor, [self] {
        for (asio::steady_timer* timer : self->waiting) timer->cancel();
      });
    }
  }
};

class Resolver::Waiter {
 public:
  Waiter(std::shared_ptr<Pending> pending, const asio::any_io_executor& executor)
      : pending_(std::move(pending)), timer_(executor) {
    timer_.expires_at(std::chrono::steady_clock::time_point::max());
    pending_->waiting.push_back(&timer_);
    const std::scoped_lock lock(pending_->mutex);
    pending_->executor = executor;
  }
  ~Waiter() {
    std::erase(pending_->waiting, &timer_);
    if (!pending_->waiting.empty()) return;
    const std::scoped_lock lock(pending_->mutex);
    pending_->executor = asio::any_io_executor();
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  asio::steady_timer& timer() { return timer_; }
  [[nodiscard]] bool finished() const {
    const std::scoped_lock lock(pending_->mutex);
    return pending_->finished;
  }

 private:
  std::shared_ptr<Pending> pending_;
  asio::steady_timer timer_;
};

Resolver::Resolver(asio::any_io_executor executor, LookUp look_up)
    : executor_(std::move(executor)), look_up_(std::move(look_up)) {}
Resolver::~Resolver() = default;

Result<std::shared_ptr<Resolver::Pending>> Resolver::start(const std::string& host) {
  std::erase_if(pending_, [](const auto& entry) {
    const std::scoped_lock lock(entry.second->mutex);
    return entry.second->finished;
  });
  if (const auto it = pending_.find(host); it != pending_.end()) return it->second;
  if (pending_.size() >= kMaxRunning) {
    return fail(Errc::network,
                "name look-up of " + host + ": too many look-ups hang, check the DNS servers");
  }
  auto pending = std::make_shared<Pending>();
  try {
    std::thread([pending, host, look_up = look_up_] {
      Pending::run(pending, look_up, host);
    }).detach();
  } catch (const std::system_error& e) {
    return fail(Errc::network, "name look-up of " + host + ": no thread: " + e.what());
  }
  pending_[host] = pending;
  return pending;
}

asio::awaitable<Result<Addresses>> Resolver::resolve(std::string host) {
  boost::system::error_code ec;
  const auto literal = asio::ip::make_address(host, ec);
  if (!ec) {
    Addresses only;
    only.push_back(literal);
    co_return only;
  }
  const auto pending = start(host);
  if (!pending) co_return pending.error();
  Waiter waiter(*pending, executor_);
  if (!waiter.finished()) co_await waiter.timer().async_wait(no_throw);
  if (!waiter.finished()) co_return fail(Errc::cancelled, "name look-up of " + host);
  co_return (*pending)->result;
}

}  // namespace remora::net
