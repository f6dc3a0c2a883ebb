// RESP, the protocol of Redis, as a client without HELLO sees it (version 2).
//
// Pure: bytes in, values out. Source: https://redis.io/docs/reference/protocol-spec/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "remora/core/error.hpp"

namespace remora::checks::redisdb {

/// What the answers to one request may cost, whoever sends them.
struct RespLimits {
  std::size_t bytes = 8u << 20;     ///< CLIENT LIST of 20,000 clients; the other answers are small
  std::size_t elements = 131'072;   ///< values of any type
  std::size_t depth = 8;            ///< arrays inside arrays; SLOWLOG has three levels
  std::size_t line_bytes = 65'536;  ///< a simple text or an error
};

enum class RespType : std::uint8_t { text, error, integer, null, array };

/// One value; an array is followed by its items.
struct RespNode {
  RespType type = RespType::null;
  std::uint32_t begin = 0;  ///< of the text, from the start of the answer
  std::uint32_t next = 0;   ///< the node behind this one and everything in it
  std::int64_t number = 0;  ///< the integer, the bytes of the text, the items of the array
};

/// A value of an answer. Lifetime: that of the RespReply, unmoved.
class RespValue {
 public:
  RespValue(const char* bytes, const RespNode* nodes, std::size_t index)
      : bytes_(bytes), nodes_(nodes), index_(index) {}

  [[nodiscard]] RespType type() const { return node().type; }
  [[nodiscard]] bool is_error() const { return type() == RespType::error; }
  /// Of a text or an error; empty for the other types.
  [[nodiscard]] std::string_view text() const;
  /// 0 for the other types.
  [[nodiscard]] std::int64_t integer() const;
  /// The items of an array; empty for the other types.
  [[nodiscard]] std::vector<RespValue> items() const;

 private:
  [[nodiscard]] const RespNode& node() const { return nodes_[index_]; }
  const char* bytes_;
  const RespNode* nodes_;
  std::size_t index_;
};

/// One complete answer with its bytes.
class RespReply {
 public:
  RespReply(std::string bytes, std::vector<RespNode> nodes)
      : bytes_(std::move(bytes)), nodes_(std::move(nodes)) {}
  [[nodiscard]] RespValue root() const { return {bytes_.data(), nodes_.data(), 0}; }
  [[nodiscard]] const std::vector<RespNode>& nodes() const { return nodes_; }

 private:
  std::string bytes_;
  std::vector<RespNode> nodes_;  ///< at least one
};

/// Reads the answers to one request, one after the other; the limits hold for all of them together.
class RespParser {
 public:
  explicit RespParser(RespLimits limits = {})
      : limits_(limits), bytes_left_(limits.bytes), elements_left_(limits.elements) {}

  /// `buffer`: everything that has arrived since the start of the current answer. True when the
  /// answer is complete; false when more bytes are needed: call again with a longer buffer.
  /// Errors: malformed_payload (not this protocol), too_large.
  [[nodiscard]] Result<bool> parse(std::string_view buffer);

  /// The complete answer, cut off the front of `buffer`; the parser is ready for the next one.
  [[nodiscard]] RespReply take(std::string& buffer);

 private:
  struct Open {
    std::uint32_t node;
    std::int64_t missing;
  };
  [[nodiscard]] Result<bool> value(std::string_view buffer);
  [[nodiscard]] Result<bool> bulk(std::string_view buffer, std::size_t body, std::int64_t length);
  [[nodiscard]] Result<bool> array(std::int64_t count);
  void add(RespType type, std::size_t begin, std::int64_t number);
  void close_arrays();
  [[nodiscard]] Error too_many_bytes() const;

  RespLimits limits_;
  std::size_t bytes_left_;
  std::size_t elements_left_;
  std::size_t at_ = 0;       ///< start of the first value that is not complete
  std::size_t scanned_ = 0;  ///< no end of line before
  std::vector<RespNode> nodes_;
  std::vector<Open> open_;
};

/// Appends one command with its arguments.
void append_command(std::string& out, std::span<const std::string_view> words);
inline void append_command(std::string& out, std::initializer_list<std::string_view> words) {
  append_command(out, std::span(words.begin(), words.size()));
}

/// What a server wrote, fit for a message: one line, printable, at most 200 bytes.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace remora::checks::redisdb
