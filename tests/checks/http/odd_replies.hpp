// Replies that browsers, curl, Go's, Node's and Python's clients take, or most of them, although a
// strict reader does not. The parser's own test has more of each kind; these are for the checks.
#pragma once

#include <string>
#include <vector>

namespace remora::checks {

struct OddReply {
  const char* what;
  std::string bytes;
};

/// `fields`: whole lines with their ends, such as a content type.
inline std::vector<OddReply> odd_replies(const std::string& body, const std::string& fields = {}) {
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  const std::string ok = "HTTP/1.1 200 OK\r\n" + fields;
  const std::string rest = fields + length + "\r\n" + body;
  std::string seventy, lines = "HTTP/1.0 200 OK\n";
  for (int i = 0; i < 70; ++i) seventy += "X-Trace-" + std::to_string(i) + ": a\r\n";
  for (const char c : fields + length + "\r\n") {
    if (c != '\r') lines += c;
  }
  return {
      {"no reason", "HTTP/1.1 204\r\n\r\n"},
      {"no reason and a body", "HTTP/1.1 200\r\n" + rest},
      {"two blanks", "HTTP/1.1  200 OK\r\n" + rest},
      {"blank before a colon", ok + "Server : own\r\n" + length + "\r\n" + body},
      {"a line without a colon", ok + "powered by hand\r\n" + length + "\r\n" + body},
      {"blank inside a name", ok + "Powered By: hand\r\n" + length + "\r\n" + body},
      {"a folded field", ok + "X-Policy: a;\r\n   b\r\n" + length + "\r\n" + body},
      {"seventy fields", ok + seventy + length + "\r\n" + body},
      {"a long field",
       ok + "X-Policy: " + std::string(60'000, 'p') + "\r\n" + length + "\r\n" + body},
      {"line feeds alone", lines + body},
      {"the length twice", ok + length + length + "\r\n" + body},
      {"no length", "HTTP/1.0 200 OK\r\n" + fields + "\r\n" + body},
      {"early hints", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n" + rest},
      {"more than the length", "HTTP/1.1 200 OK\r\n" + rest + "\r\n"},
      {"chunked with an extension", ok + "Transfer-Encoding: Chunked\r\n\r\n1;x=y\r\n" +
                                        body.substr(0, 1) + "\r\nFFF\r\n" + body.substr(1) +
                                        std::string(0x1000 - body.size(), '\n') + "\r\n0\r\n\r\n"},
      {"a coding that is none", ok + "Content-Encoding: UTF-8\r\n" + length + "\r\n" + body},
  };
}

}  // namespace remora::checks
