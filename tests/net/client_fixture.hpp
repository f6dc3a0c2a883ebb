// What the tests of the client share: a loop, a client, and requests to a scripted server.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <utility>

#include "fakes/run_coroutine.hpp"
#include "fakes/scripted_server.hpp"
#include "remora/net/beast_client.hpp"

namespace remora::net {

class ClientTest : public testing::Test {
 protected:
  using Answer = Result<HttpResponse>;

  ~ClientTest() override {
    if (client_) client_->shutdown();
    io_.restart();
    io_.run();  // exchanges that wind down end: a hang here is a bug
  }

  void make_client(ClientOptions options = {}) {
    auto made = BeastClient::create(io_.get_executor(), std::move(options));
    ASSERT_TRUE(made) << made.error().message();
    client_ = std::move(*made);
  }

  static HttpRequest get(const std::string& url) {
    HttpRequest request;
    request.url = *parse_url(url);
    request.timeout = std::chrono::seconds(10);
    return request;
  }
  static HttpRequest post(const std::string& url, std::string body) {
    HttpRequest request = get(url);
    request.method = "POST";
    request.body = std::make_shared<const std::string>(std::move(body));
    return request;
  }

  Answer send(HttpRequest request) {
    if (!client_) make_client();
    return fakes::run(io_, client_->send(std::move(request)));
  }

  static void expect_error(const Answer& answer, Errc code, const std::string& word = {}) {
    ASSERT_FALSE(answer) << answer->status << ' ' << answer->body.size();
    EXPECT_EQ(to_string(answer.error().code()), to_string(code)) << answer.error().message();
    EXPECT_NE(answer.error().message().find(word), std::string::npos) << answer.error().message();
  }

  asio::io_context io_;
  std::unique_ptr<BeastClient> client_;
};

}  // namespace remora::net
