#include "sandbox/docker_engine.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <charconv>

namespace remora::sandbox {
namespace {

constexpr std::size_t kMaxAnswer = 4 * 1024 * 1024;
// One stats call takes the engine up to two seconds when it has to wait for a second sample.
constexpr std::chrono::seconds kTimeout{5};

asio::awaitable<Result<std::string>> exchange(std::string socket_path, std::string request) {
  asio::local::stream_protocol::socket socket(co_await asio::this_coro::executor);
  const asio::local::stream_protocol::endpoint endpoint(socket_path);
  auto [connect_error] = co_await socket.async_connect(endpoint, no_throw);
  if (connect_error)
    co_return fail(Errc::io, "Docker socket " + socket_path + ": " + connect_error.message());
  auto [write_error, written] = co_await asio::async_write(socket, asio::buffer(request), no_throw);
  if (write_error) co_return fail(Errc::io, "Docker socket: " + write_error.message());
  std::string answer;
  // HTTP/1.0 and no kept connection: the end of the stream is the end of the body, never chunked.
  auto [read_error, size] =
      co_await asio::async_read(socket, asio::dynamic_buffer(answer, kMaxAnswer), no_throw);
  if (read_error && read_error != asio::error::eof)
    co_return fail(Errc::io, "Docker socket: " + read_error.message());
  if (answer.size() >= kMaxAnswer) co_return fail(Errc::too_large, "Docker answer over 4 MiB");
  co_return answer;
}

}  // namespace

Result<std::pair<int, std::string>> split_http_answer(std::string_view bytes) {
  const std::size_t head = bytes.find("\r\n\r\n");
  int status = 0;
  const std::size_t blank = bytes.find(' ');
  if (!bytes.starts_with("HTTP/1.") || head == std::string_view::npos || blank > head ||
      std::from_chars(bytes.data() + blank + 1, bytes.data() + head, status).ec != std::errc{})
    return fail(Errc::malformed_payload, "Docker socket: the answer is not HTTP");
  return std::pair(status, std::string(bytes.substr(head + 4)));
}

asio::awaitable<Result<std::pair<int, std::string>>> DockerEngine::request(std::string method,
                                                                           std::string target,
                                                                           std::string body) {
  using namespace asio::experimental::awaitable_operators;
  std::string text = method + " " + target + " HTTP/1.0\r\nHost: docker\r\n";
  if (method != "GET")
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  text += "\r\n" + body;
  asio::steady_timer timer(co_await asio::this_coro::executor, kTimeout);
  auto first =
      co_await (exchange(socket_path_, std::move(text)) || timer.async_wait(asio::use_awaitable));
  if (first.index() != 0) co_return fail(Errc::timeout, "Docker socket: no answer in 5 s");
  const Result<std::string>& bytes = std::get<0>(first);
  if (!bytes) co_return bytes.error();
  co_return split_http_answer(*bytes);
}

asio::awaitable<Result<std::string>> DockerEngine::get(std::string target) {
  auto answer = co_await request("GET", std::move(target), {});
  if (!answer) co_return answer.error();
  if (answer->first != 200)
    co_return fail(Errc::http_status, "Docker answered " + std::to_string(answer->first));
  co_return std::move(answer->second);
}

}  // namespace remora::sandbox
