// Peers that send without end, on real sockets: client and server give them up after what a head
// or a body may have, and the memory of the process stays where it was. The bytes that a peer gets
// rid of include what the kernel's buffers take.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "fakes/peak_memory.hpp"
#include "net/client_fixture.hpp"
#include "remora/net/http_server.hpp"

namespace remora::net {
namespace {

using namespace fakes::script;

constexpr std::size_t kPeak = 8u << 20;
constexpr std::size_t kKernel = 16u << 20;
constexpr std::size_t kEnough = 64u << 20;  // all that a peer ever tries to send

struct Endless {
  int line;
  std::string head, more;
};

// What is repeated, in writes of some size.
std::string block_of(const std::string& more) {
  std::string out = more;
  while (out.size() < 64 * 1024) out += more;
  return out;
}

class EndlessPeer : public ClientTest {};

TEST_F(EndlessPeer, TakesNoMemoryOfTheClient) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  const Endless rows[] = {
      {__LINE__, "HTTP/1.1 200 ", "x"},
      {__LINE__, ok, "X: v\r\n"},
      {__LINE__, ok, "x"},
      {__LINE__, "", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"},
      {__LINE__, chunked + "2;", "x"},
      {__LINE__, chunked, "0"},
      {__LINE__, chunked + "0\r\n", "X: v\r\n"},
      {__LINE__, chunked + "0\r\n", "x"},
      {__LINE__, ok + "\r\n", "x"},
      {__LINE__, chunked, "2;x=y\r\nok\r\n"},
  };
  for (const Endless& row : rows) {
    SCOPED_TRACE(row.line);
    std::atomic<std::size_t> sent = 0;
    const std::string block = block_of(row.more);
    fakes::ScriptedServer server(
        {{read_request(), fakes::script::send(row.head), [&](fakes::Peer& p) {
            while (sent < kEnough && p.send(block)) sent += block.size();
            return false;
          }}});
    const fakes::PeakMemory peak;
    const auto answer = send(get(server.url()));
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error().code() == Errc::too_large ||
                answer.error().code() == Errc::malformed_payload)
        << answer.error().message();
    EXPECT_LT(peak.growth(), kPeak);
    EXPECT_LT(sent, kKernel);
  }
}

int connected_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  return fd;
}

TEST_F(EndlessPeer, TakesNoMemoryOfTheServer) {
  const std::string post = "POST / HTTP/1.1\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const Endless rows[] = {
      {__LINE__, "", "x"},
      {__LINE__, "GET /", "x"},
      {__LINE__, post, "X: v\r\n"},
      {__LINE__, post, "x"},
      {__LINE__, chunked + "2;", "x"},
      {__LINE__, chunked, "0"},
      {__LINE__, chunked + "0\r\n", "X: v\r\n"},
      {__LINE__, chunked + "0\r\nX: ", "x"},
      {__LINE__, chunked + "1;" + std::string(1000, 'x') + "\r\na\r\n0\r\n", "X: v\r\n"},
      {__LINE__, chunked, "2;x=y\r\nok\r\n"},
  };
  ServerOptions options;
  options.max_body_bytes = 4096;
  auto server = HttpServer::listen(io_.get_executor(), options,
                                   [](ServerRequest) -> asio::awaitable<ServerResponse> {
                                     co_return ServerResponse(200, "text/plain", "reached");
                                   });
  ASSERT_TRUE(server);
  asio::co_spawn(io_, (*server)->run(), [](std::exception_ptr e) { EXPECT_FALSE(e); });
  std::thread peers([&] {
    for (const Endless& row : rows) {
      SCOPED_TRACE(row.line);
      const std::string block = block_of(row.more);
      const fakes::PeakMemory peak;
      const int fd = connected_to((*server)->port());
      std::size_t sent = 0;
      const auto put = [fd](const std::string& bytes) {
        return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
      };
      put(row.head);
      while (sent < kEnough && put(block)) sent += block.size();
      ::close(fd);
      EXPECT_LT(peak.growth(), kPeak);
      EXPECT_LT(sent, kKernel);
    }
    asio::post(io_, [&] { (*server)->stop(); });
  });
  io_.run();
  peers.join();
}

}  // namespace
}  // namespace remora::net
