// Reads one HTTP/1 answer as it arrives: no I/O, and no more memory than its limits. It is lenient,
// as Python's requests, curl, Go, Node and browsers are: what they take for an answer is one here.
// A client that reads one answer at a time and never passes it on has nothing to fear from two
// readers that disagree about its end.
//
//   answer      = *( status-line fields )        ; interim ones, 1xx but 101; at most 64
//                 status-line fields body
//   status-line = *( BLANK / EOL ) "HTTP/" DIGIT [ "." 1*DIGIT ]     ; any case, not version 0
//                 1*BLANK 3DIGIT [ BLANK reason ] EOL                ; status 100 to 999
//   fields      = *( field / fold / other ) EOL
//   field       = name *BLANK ":" value EOL      ; name: all before the first colon
//   fold        = 1*BLANK value EOL              ; goes on with the field above it
//   other       = *OCTET EOL                     ; without a colon, or a name: left out
//   body        = nothing                        ; to HEAD and CONNECT; of 101, 204, 304
//               / chunks                         ; the last transfer coding is "chunked"
//               / Content-Length octets          ; equal lengths may be repeated; "+5" is 5
//               / octets up to the end of the connection
//   chunks      = *( chunk-line octets EOL ) last-chunk-line *( *OCTET EOL ) EOL
//   chunk-line  = *BLANK 1*HEXDIG [ ( BLANK / ";" ) *OCTET ] EOL     ; at most 4 KiB
//   EOL         = [ CR ] LF
//   BLANK       = SP / HTAB
//
// The connection may end right behind the last chunk's line. Lengths that differ, or that are no
// number, are a fault: nobody knows how much belongs to the answer.
//
// Sources: RFC 9112; beyond it, what those clients were seen to take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "remora/core/error.hpp"
#include "remora/net/http_client.hpp"

namespace remora::net {

class ResponseReader {
 public:
  /// Status lines and fields, those of interim answers and trailers included.
  static constexpr std::size_t kMaxHeadBytes = 128 * 1024;
  static constexpr std::size_t kMaxFields = 256;

  /// `head_only`: the answer has no body whatever its headers say (to HEAD, to CONNECT).
  ResponseReader(bool head_only, std::size_t max_body_bytes);
  /// The same, which hands out head and body as they arrive. Either function may be empty.
  ResponseReader(bool head_only, std::size_t max_body_bytes,
                 std::function<void(const HttpResponse&)> on_head,
                 std::function<bool(std::string_view)> on_body);

  /// True when the answer is complete. Errors, after which nothing more may be put: too_large,
  /// malformed_payload.
  [[nodiscard]] Result<bool> put(std::string_view bytes);
  /// The peer closed. True when that completes the answer, which a body without a length does.
  /// Errors: network.
  [[nodiscard]] Result<bool> put_eof();

  [[nodiscard]] bool ends_with_connection() const { return state_ == State::until_close; }
  [[nodiscard]] bool started() const { return started_; }  ///< a byte has arrived
  /// The connection can carry another request.
  [[nodiscard]] bool keep_alive() const { return keep_alive_ && !surplus_; }
  [[nodiscard]] bool surplus() const { return surplus_; }  ///< bytes came behind the answer
  [[nodiscard]] HttpResponse take();                       ///< of a complete answer, once

 private:
  enum class State {
    status_line,
    field,
    counted,      ///< `left_` octets of the body are missing
    until_close,  ///< so is all that comes
    chunk_size,
    chunk_rest,  ///< of the chunk's line, behind its size
    chunk_data,
    chunk_end,
    trailer,
    done
  };

  Result<void> step(std::string_view& bytes);
  Result<bool> take_line(std::string_view& bytes);
  Result<void> status_line();
  Result<void> field_line();
  Result<void> end_of_head();
  Result<void> begin_body();
  Result<void> body_piece(std::string_view& bytes);
  Result<void> chunk_size(std::string_view& bytes);
  Result<void> chunk_rest(std::string_view& bytes);
  Result<void> chunk_end(std::string_view& bytes);

  const bool head_only_;
  const std::size_t max_body_bytes_;
  std::function<void(const HttpResponse&)> on_head_;
  std::function<bool(std::string_view)> on_body_;

  State state_ = State::status_line;
  bool started_ = false, surplus_ = false, keep_alive_ = false;
  std::string line_;  ///< what has arrived of a line of the head
  std::size_t head_bytes_ = 0;
  int interim_ = 0;
  bool persistent_version_ = false;  ///< HTTP/1.1 and up: kept open unless it says otherwise
  bool folds_ = false;               ///< the last line was a field that a fold can go on with
  HttpResponse response_;
  std::uint64_t left_ = 0;  ///< octets of a counted body or of a chunk
  std::size_t body_bytes_ = 0;
  std::size_t chunk_line_ = 0;  ///< octets of the current chunk's line
  bool chunk_digit_ = false;    ///< its size has begun
};

}  // namespace remora::net
