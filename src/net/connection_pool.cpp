#include "net/connection_pool.hpp"

#include <algorithm>

namespace remora::net {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMaxIdle = 100;  // over all keys

}  // namespace

struct ConnectionPool::State {
  State(const asio::any_io_executor& executor) : timer(executor) {}
  std::size_t per_key = 0;
  Clock::duration idle_limit{};
  Clock::duration max_age{};  ///< zero = no limit
  bool down = false;
  std::size_t count = 0;
  std::map<std::string, std::deque<Idle>> idle;  ///< oldest first
  asio::steady_timer timer;
  bool timer_set = false;
};

ConnectionPool::ConnectionPool(const asio::any_io_executor& executor, std::size_t per_key,
                               Clock::duration idle_limit, Clock::duration max_age)
    : state_(std::make_shared<State>(executor)) {
  state_->per_key = per_key;
  state_->idle_limit = idle_limit;
  state_->max_age = max_age;
}

ConnectionPool::~ConnectionPool() { shutdown(); }

bool ConnectionPool::too_old(const Connection& connection) const {
  return state_->max_age > Clock::duration::zero() &&
         Clock::now() - connection.created() > state_->max_age;
}

std::shared_ptr<Connection> ConnectionPool::take(const std::string& key) {
  const auto it = state_->idle.find(key);
  if (it == state_->idle.end()) return nullptr;
  std::shared_ptr<Connection> found;
  auto& list = it->second;
  while (!list.empty() && !found) {
    Idle last = std::move(list.back());
    list.pop_back();
    --state_->count;
    if (Clock::now() - last.since < state_->idle_limit && !too_old(*last.connection) &&
        last.connection->is_idle_and_open()) {
      found = std::move(last.connection);
    } else {
      last.connection->close();
    }
  }
  if (list.empty()) state_->idle.erase(it);
  return found;
}

void ConnectionPool::keep(const std::string& key, std::shared_ptr<Connection> connection) {
  if (state_->down || state_->per_key == 0 || state_->count >= kMaxIdle || too_old(*connection)) {
    connection->close();
    return;
  }
  auto& list = state_->idle[key];
  if (list.size() >= state_->per_key) {
    list.front().connection->close();
    list.pop_front();
    --state_->count;
  }
  list.push_back(Idle{std::move(connection), Clock::now()});
  ++state_->count;
  sweep_later(state_);
}

// Kept connections cost memory here and at the peer, so they are closed on time and not only when
// somebody next asks for one.
void ConnectionPool::sweep_later(const std::shared_ptr<State>& state) {
  if (state->timer_set || state->count == 0) return;
  auto oldest = Clock::time_point::max();
  for (const auto& [key, list] : state->idle) {
    if (!list.empty()) oldest = std::min(oldest, list.front().since);
  }
  state->timer_set = true;
  state->timer.expires_at(oldest + state->idle_limit);
  state->timer.async_wait([weak = std::weak_ptr(state)](const boost::system::error_code& ec) {
    const auto state = weak.lock();
    if (ec || !state) return;
    state->timer_set = false;
    for (auto it = state->idle.begin(); it != state->idle.end();) {
      auto& list = it->second;
      while (!list.empty() && Clock::now() - list.front().since >= state->idle_limit) {
        list.front().connection->close();
        list.pop_front();
        --state->count;
      }
      it = list.empty() ? state->idle.erase(it) : std::next(it);
    }
    sweep_later(state);
  });
}

void ConnectionPool::shutdown() {
  state_->down = true;
  state_->timer.cancel();
  for (auto& [key, list] : state_->idle) {
    for (Idle& idle : list) idle.connection->close();
  }
  state_->idle.clear();
  state_->count = 0;
}

}  // namespace remora::net
