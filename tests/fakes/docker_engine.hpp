// A Docker Engine that answers as a test says, on a socket of its own.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fakes/temporary_directory.hpp"
#include "remora/core/async.hpp"

namespace remora::fakes {

class DockerEngine {
 public:
  /// Status and body for "GET /containers/json", with the body of a POST behind another blank.
  using Handler = std::function<std::pair<int, std::string>(const std::string& request)>;

  /// Ends after `exchanges`.
  DockerEngine(asio::io_context& io, int exchanges, Handler handler)
      : acceptor_(io, asio::local::stream_protocol::endpoint(socket())),
        handler_(std::move(handler)) {
    asio::co_spawn(io, serve(exchanges), [](std::exception_ptr) {});
  }
  [[nodiscard]] std::string socket() const { return directory_.path("docker.sock"); }
  [[nodiscard]] const std::vector<std::string>& requests() const { return requests_; }

 private:
  asio::awaitable<void> serve(int exchanges) {
    while (exchanges-- > 0) {
      auto [error, socket] = co_await acceptor_.async_accept(no_throw);
      if (error) co_return;
      std::string text;
      co_await asio::async_read_until(socket, asio::dynamic_buffer(text), "\r\n\r\n", no_throw);
      const std::size_t head = text.find("\r\n\r\n") + 4;
      constexpr std::string_view kLength = "Content-Length: ";
      if (const std::size_t at = text.find(kLength); at < head) {
        const std::size_t size = head + std::stoul(text.substr(at + kLength.size()));
        if (text.size() < size)
          co_await asio::async_read(socket, asio::dynamic_buffer(text),
                                    asio::transfer_exactly(size - text.size()), no_throw);
      }
      std::string request = text.substr(0, text.find(" HTTP/"));
      if (text.size() > head) request += " " + text.substr(head);
      requests_.push_back(request);
      const auto [status, body] = handler_(request);
      std::string answer = "HTTP/1.0 " + std::to_string(status) + " x\r\n\r\n" + body;
      co_await asio::async_write(socket, asio::buffer(answer), no_throw);
    }
  }

  TemporaryDirectory directory_;
  asio::local::stream_protocol::acceptor acceptor_;
  Handler handler_;
  std::vector<std::string> requests_;
};

}  // namespace remora::fakes
