#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "net/http1.hpp"

namespace remora::net {
namespace {

// Regression (found by its fuzz target): a last chunk that is the first one, its line in a piece of
// its own and the rest behind it byte by byte, ended in an assertion of the parser.
TEST(RequestReader, TakesAChunkedBodyInPiecesOfAnySize) {
  const std::string head = "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const auto& [chunks, body] :
       {std::pair("3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n", "abcd"), std::pair("0\r\n\r\n", "")}) {
    const std::string request = head + chunks;
    for (std::size_t piece = 1; piece <= request.size(); ++piece) {
      RequestReader reader(1024);
      for (std::size_t at = 0; at < request.size(); at += piece) {
        const auto complete = reader.put(std::string_view(request).substr(at, piece));
        ASSERT_TRUE(complete) << "pieces of " << piece;
        ASSERT_EQ(*complete, at + piece >= request.size()) << "pieces of " << piece;
      }
      EXPECT_EQ(reader.take().body, body) << "pieces of " << piece;
    }
  }
}

}  // namespace
}  // namespace remora::net
