// Answers HTTP requests from a script or a function, and remembers what was asked.
//
// `reply(...)` queues one answer per request, in order; when the queue is empty `otherwise` answers
// (default: a `network` failure). With `hold(true)` requests wait until `release()`.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <deque>
#include <functional>
#include <vector>

#include "remora/net/http_client.hpp"

namespace remora::fakes {

class FakeHttpClient final : public net::HttpClient {
 public:
  using Answer = Result<net::HttpResponse>;
  std::function<Answer(const net::HttpRequest&)> otherwise = [](const net::HttpRequest&) -> Answer {
    return fail(Errc::network, "connection refused");
  };

  void reply(int status, std::string body = {}) {
    script_.push_back(net::HttpResponse(status, std::move(body)));
  }
  void reply(Error error) { script_.push_back(std::move(error)); }
  void hold(bool on) { held_ = on; }
  void release() {
    held_ = false;
    for (auto* t : waiting_) t->cancel();
  }

  asio::awaitable<Answer> send(net::HttpRequest request) override {
    requests.push_back(request);
    if (held_) {
      asio::steady_timer timer(co_await asio::this_coro::executor);
      timer.expires_at(std::chrono::steady_clock::time_point::max());
      waiting_.push_back(&timer);
      co_await timer.async_wait(no_throw);
      std::erase(waiting_, &timer);
    }
    if (script_.empty()) co_return otherwise(request);
    Answer answer = std::move(script_.front());
    script_.pop_front();
    co_return answer;
  }

  std::vector<net::HttpRequest> requests;
  [[nodiscard]] std::vector<std::string> urls() const {
    std::vector<std::string> all;
    for (const auto& r : requests) all.push_back(r.url.origin() + r.url.target);
    return all;
  }

 private:
  std::deque<Answer> script_;
  std::vector<asio::steady_timer*> waiting_;
  bool held_ = false;
};

}  // namespace remora::fakes
