#include "net/response_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace remora::net {
namespace {

std::string fields(int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += "X-" + std::to_string(i) + ": v\r\n";
  return out;
}

std::string again(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

// Puts `bytes` in pieces, then the end of the connection.
Result<HttpResponse> read(std::string_view bytes, std::size_t piece, bool head_only = false,
                          std::size_t max_body = 1000) {
  ResponseReader reader(head_only, max_body);
  Result<bool> complete = false;
  while (complete && !*complete && !bytes.empty()) {
    complete = reader.put(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  if (complete && !*complete) complete = reader.put_eof();
  if (!complete) return complete.error();
  return reader.take();
}

constexpr std::size_t kPieces[] = {1, 2, 7, 1u << 20};

// Every one of these is an answer to Python's requests, and to most or all of curl, Go's and Node's
// clients and browsers.
TEST(ResponseReader, TakesWhatOtherClientsTake) {
  struct Row {
    int line;
    std::string bytes;
    int status;
    std::string body;
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string two = "Content-Length: 2\r\n\r\nok";
  const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  const Row rows[] = {
      // Status lines.
      {__LINE__, "HTTP/1.1 200\r\n" + two, 200, "ok"},
      {__LINE__, "HTTP/1.1 200 \r\n" + two, 200, "ok"},
      {__LINE__, "HTTP/1.1  200  OK\r\n" + two, 200, "ok"},
      {__LINE__, "HTTP/1.1\t200\tOK\r\n" + two, 200, "ok"},
      {__LINE__, " HTTP/1.1 200 OK\r\n" + two, 200, "ok"},
      {__LINE__, "\r\n\r\n" + ok + two, 200, "ok"},
      {__LINE__, "http/1.1 404 not found\r\n" + two, 404, "ok"},
      {__LINE__, "HTTP/1.10 200 OK\r\n" + two, 200, "ok"},
      {__LINE__, "HTTP/2.0 200 OK\r\n" + two, 200, "ok"},
      {__LINE__, "HTTP/1.1 200 O\x01\xc3\xa9K\r\n" + two, 200, "ok"},
      {__LINE__, "HTTP/1.1 200 " + std::string(9000, 'x') + "\r\n" + two, 200, "ok"},
      {__LINE__, "HTTP/1.1 999 Denied\r\n" + two, 999, "ok"},
      {__LINE__, "HTTP/1.0 503 Busy\r\n\r\nok", 503, "ok"},
      // Fields.
      {__LINE__, "HTTP/1.1 200 OK\nA: b\nContent-Length: 2\n\nok", 200, "ok"},
      {__LINE__, "HTTP/1.1 200 OK\r\nA: b\nContent-Length: 2\r\n\nok", 200, "ok"},
      {__LINE__, ok + "Server : x\r\nContent-Length \t: 2\r\n\r\nok", 200, "ok"},
      {__LINE__, ok + "no colon at all\r\n" + two, 200, "ok"},
      {__LINE__, ok + ": no name\r\n" + two, 200, "ok"},
      {__LINE__, ok + "My Header: x\r\n\xc3\xa9: x\r\nA/b(c)@: x\r\n" + two, 200, "ok"},
      {__LINE__, ok + "X: a\x01\x7f\xe9\rb\r\n" + two, 200, "ok"},
      {__LINE__, ok + std::string("X: a\0b\r\n", 8) + two, 200, "ok"},
      {__LINE__, ok + "X: a\r\n b\r\n\tc\r\n" + two, 200, "ok"},
      {__LINE__, ok + " X: a\r\n" + two, 200, "ok"},
      {__LINE__, ok + "Content-Length:\r\n 2\r\n\r\nok", 200, "ok"},
      {__LINE__, ok + fields(255) + two, 200, "ok"},
      {__LINE__, ok + "X: " + std::string(100'000, 'v') + "\r\n" + two, 200, "ok"},
      // Lengths.
      {__LINE__, ok + "Content-Length: 2\r\n" + two, 200, "ok"},
      {__LINE__, ok + "Content-Length: 2, 2\r\n\r\nok", 200, "ok"},
      {__LINE__, ok + "Content-Length: +2\r\n\r\nok", 200, "ok"},
      {__LINE__, ok + "Content-Length:   00000000000000000000000000002 \t\r\n\r\nok", 200, "ok"},
      {__LINE__, ok + "Content-Length: \r\n\r\nok", 200, "ok"},
      {__LINE__, ok + two + "and more", 200, "ok"},
      {__LINE__, ok + "\r\nok", 200, "ok"},
      // Transfer codings.
      {__LINE__, ok + "tRANSFER-eNCODING:  Chunked \r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, "ok"},
      {__LINE__, ok + "Transfer-Encoding: chunked,\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, "ok"},
      {__LINE__, ok + "Transfer-Encoding: identity, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200,
       "ok"},
      {__LINE__,
       ok + "Transfer-Encoding: chunked\r\n" + chunked.substr(ok.size()) + "2\r\nok\r\n0\r\n\r\n",
       200, "ok"},
      {__LINE__, ok + "Content-Length: 9\r\n" + chunked.substr(ok.size()) + "2\r\nok\r\n0\r\n\r\n",
       200, "ok"},
      {__LINE__, "HTTP/1.0 200 OK\r\n" + chunked.substr(ok.size()) + "2\r\nok\r\n0\r\n\r\n", 200,
       "ok"},
      {__LINE__, ok + "Transfer-Encoding: identity\r\n" + two, 200, "ok"},
      {__LINE__, ok + "Transfer-Encoding: identity\r\n\r\nok", 200, "ok"},
      {__LINE__, ok + "Transfer-Encoding: zebra\r\nContent-Length: x\r\n\r\nok", 200, "ok"},
      {__LINE__, chunked + "2;a=b;c=\"d\"\r\nok\r\n0;x\r\n\r\n", 200, "ok"},
      {__LINE__, chunked + " 2  \r\nok\r\n0 \r\n\r\n", 200, "ok"},
      {__LINE__, chunked + "00000000000000000000002\r\nok\r\n0000\r\n\r\n", 200, "ok"},
      {__LINE__, chunked + "A\r\n0123456789\r\nb\r\n01234567890\r\n0\r\n\r\n", 200,
       "012345678901234567890"},
      {__LINE__, chunked + "2\nok\n0\n\n", 200, "ok"},
      {__LINE__, chunked + "2\r\nok\r\n0\r\nA: b\r\nC\r\n\r\n", 200, "ok"},
      {__LINE__, chunked + "2\r\nok\r\n0\r\n", 200, "ok"},
      // Interim answers, and those without a body.
      {__LINE__, again("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 12) + ok + two, 200, "ok"},
      {__LINE__, "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n" + ok + two, 200, "ok"},
      {__LINE__, "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n\x81", 101, ""},
      {__LINE__, "HTTP/1.1 204 No Content\r\n" + two, 204, ""},
      {__LINE__, "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", 204, ""},
      {__LINE__, "HTTP/1.1 304 Not Modified\r\nContent-Length: 20\r\n\r\n", 304, ""},
      {__LINE__, "HTTP/1.1 205 Reset\r\n" + two, 205, "ok"},
  };
  for (const Row& row : rows) {
    for (const std::size_t piece : kPieces) {
      SCOPED_TRACE(std::to_string(row.line) + " in pieces of " + std::to_string(piece));
      const auto answer = read(row.bytes, piece);
      ASSERT_TRUE(answer) << answer.error().message();
      EXPECT_EQ(answer->status, row.status);
      EXPECT_EQ(answer->body, row.body);
    }
  }
}

TEST(ResponseReader, KeepsTheFieldsAsTheyAreMeant) {
  const auto answer = read(
      "HTTP/1.1 200 OK\r\n lost\r\nServer : a  \r\nX-Fold: a\r\n  b\r\n\t\r\n\tc\r\n: none\r\n"
      " of none\r\nA b: c:d\r\nEmpty:\r\n\r\n",
      3);
  ASSERT_TRUE(answer);
  const Headers expected = {{"server", "a"}, {"x-fold", "a b c"}, {"a b", "c:d"}, {"empty", ""}};
  EXPECT_EQ(answer->headers, expected);
}

TEST(ResponseReader, RefusesWhatHasNoCertainEndOrIsNotHttp) {
  struct Row {
    int line;
    std::string bytes;
    Errc code;
    const char* word;
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  const Row rows[] = {
      {__LINE__, "", Errc::network, "without an answer"},
      {__LINE__, "SSH-2.0", Errc::malformed_payload, "HTTP/"},  // before its line ends
      {__LINE__, "ICY 200 OK\r\n\r\n", Errc::malformed_payload, "HTTP/"},
      {__LINE__, "HTTP/0.9 200 OK\r\n\r\n", Errc::malformed_payload, "status line"},
      {__LINE__, "HTTP/1. 200 OK\r\n\r\n", Errc::malformed_payload, "status line"},
      {__LINE__, "HTTP/1.1\r\n\r\n", Errc::malformed_payload, "status line"},
      {__LINE__, "HTTP/1.1 099 X\r\n\r\n", Errc::malformed_payload, "status line"},
      {__LINE__, "HTTP/1.1 20 X\r\n\r\n", Errc::malformed_payload, "status line"},
      {__LINE__, "HTTP/1.1 2000 X\r\n\r\n", Errc::malformed_payload, "status line"},
      {__LINE__, "HTTP/1.1 200", Errc::network, "middle"},
      {__LINE__, ok + "A: b\r\n", Errc::network, "middle"},
      {__LINE__, ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nok", Errc::malformed_payload,
       "Content-Length"},
      {__LINE__, ok + "Content-Length: 2.0\r\n\r\nok", Errc::malformed_payload, "Content-Length"},
      {__LINE__, ok + "Content-Length: -1\r\n\r\nok", Errc::malformed_payload, "Content-Length"},
      {__LINE__, ok + "Content-Length: 99999999999999999999999\r\n\r\nok", Errc::too_large, "body"},
      {__LINE__, ok + "Content-Length: 1001\r\n\r\n", Errc::too_large, "body"},
      {__LINE__, ok + "Content-Length: 3\r\n\r\nok", Errc::network, "middle"},
      {__LINE__, ok + "\r\n" + std::string(1001, 'x'), Errc::too_large, "body"},
      {__LINE__, chunked + "x\r\n", Errc::malformed_payload, "chunk size"},
      {__LINE__, chunked + "\r\n", Errc::malformed_payload, "chunk size"},
      {__LINE__, chunked + "2\r\nokay\r\n", Errc::malformed_payload, "behind a chunk"},
      {__LINE__, chunked + "3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\n", Errc::too_large,
       "body"},
      {__LINE__, chunked + "fffffffffffffffff\r\n", Errc::too_large, "body"},
      {__LINE__, chunked + "2\r\nok\r\n", Errc::network, "middle"},
      {__LINE__, chunked, Errc::network, "middle"},
      {__LINE__, ok + fields(257) + "\r\n", Errc::too_large, "256"},
      {__LINE__, ok + "X: " + std::string(131'072, 'v'), Errc::too_large, "128 KiB"},
      {__LINE__, again("HTTP/1.1 100 Continue\r\n\r\n", 65), Errc::malformed_payload, "interim"},
  };
  for (const Row& row : rows) {
    for (const std::size_t piece : kPieces) {
      SCOPED_TRACE(std::to_string(row.line) + " in pieces of " + std::to_string(piece));
      const auto answer = read(row.bytes, piece);
      ASSERT_FALSE(answer) << answer->status;
      EXPECT_EQ(to_string(answer.error().code()), to_string(row.code)) << answer.error().message();
      EXPECT_NE(answer.error().message().find(row.word), std::string::npos)
          << answer.error().message();
    }
  }
}

// Each of these goes on for ever and is refused after what the limits allow.
TEST(ResponseReader, EndsWhatHasNoEnd) {
  struct Row {
    int line;
    std::string head, more;
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  const Row rows[] = {
      {__LINE__, "", "\r\n"},
      {__LINE__, "", " "},
      {__LINE__, "HTTP/1.1 200 ", "x"},
      {__LINE__, "HTTP/", "1"},
      {__LINE__, ok, "X: v\r\n"},
      {__LINE__, ok, "x"},
      {__LINE__, ok, "no colon\n"},
      {__LINE__, ok + "X: v\r\n", " fold\r\n"},
      {__LINE__, "", "HTTP/1.1 100 Continue\r\n\r\n"},
      {__LINE__, "", "HTTP/1.1 103 Hints\r\nLink: " + std::string(4000, 'x') + "\r\n\r\n"},
      {__LINE__, chunked, "0"},
      {__LINE__, chunked, " "},
      {__LINE__, chunked + "2;", "x"},
      {__LINE__, chunked + "2", "\r"},
      {__LINE__, chunked + "2\r\nok", "\r"},
      {__LINE__, chunked + "0\r\n", "A: b\r\n"},
      {__LINE__, chunked + "0\r\n", "x"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    std::string more = row.more;
    while (more.size() < 16'000) more += row.more;
    ResponseReader reader(false, 1u << 30);
    auto complete = reader.put(row.head);
    std::size_t sent = 0;
    for (; complete && !*complete && sent < (4u << 20); sent += more.size()) {
      complete = reader.put(more);
    }
    EXPECT_FALSE(complete);
    EXPECT_LE(sent, ResponseReader::kMaxHeadBytes + 2 * more.size());
  }
}

TEST(ResponseReader, KnowsWhetherTheConnectionCanBeKept) {
  struct Row {
    int line;
    const char* bytes;
    bool keep;
  };
  const Row rows[] = {
      {__LINE__, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
      {__LINE__, "HTTP/1.1 204 OK\r\n\r\n", true},
      {__LINE__, "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n", false},
      {__LINE__, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false},
      {__LINE__, "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", true},
      {__LINE__, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore", false},
      {__LINE__, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true},
      {__LINE__,
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       false},
      {__LINE__, "HTTP/1.1 101 Switching\r\n\r\n", false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    ResponseReader reader(false, 10);
    const auto complete = reader.put(row.bytes);
    ASSERT_TRUE(complete && *complete);
    EXPECT_EQ(reader.keep_alive(), row.keep);
  }
}

TEST(ResponseReader, GivesNoBodyToHead) {
  const auto answer = read("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", 4, true);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->header("content-length"), "5000");
}

}  // namespace
}  // namespace remora::net
