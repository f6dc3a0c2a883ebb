// Cuts the bytes of a stream connection into frames: a length in 4 bytes, little-endian, then as
// many bytes.
//
// Source: DataDog/datadog-agent comp/dogstatsd/listeners (uds_common.go); unlike there a frame that
// arrives in pieces is put together whole.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace remora::dogstatsd {

/// Frames inside one read are given as views of it. Only the beginning of a frame whose end has not
/// come yet is kept, and takes no more memory than what came of it, twice.
///
///     assembler.put(bytes);
///     while (assembler.next(frame) == FrameAssembler::Step::frame) use(frame);
///     assembler.keep_rest();
class FrameAssembler {
 public:
  enum class Step : std::uint8_t {
    frame,
    more,      ///< nothing complete is left
    too_long,  ///< `length()` is over the limit: what follows cannot be told apart
    empty,     ///< a length of 0: the sender's way of ending the connection
  };
  enum class Inside : std::uint8_t { nothing, header, payload };

  explicit FrameAssembler(std::size_t longest) : longest_(longest) {}

  /// `bytes` follow what came before. They must stay where they are until `keep_rest`.
  void put(std::string_view bytes) noexcept { input_ = bytes; }
  /// `frame` is valid until `keep_rest`. After too_long and empty the stream is of no more use.
  [[nodiscard]] Step next(std::string_view& frame);
  /// Copies the incomplete end of the input.
  void keep_rest();
  /// Drops what is kept. The stream is of no more use.
  void forget();
  /// Bytes of memory taken for the frame begun.
  [[nodiscard]] std::size_t held() const noexcept { return begun_.empty() ? 0 : begun_.capacity(); }

  [[nodiscard]] Inside inside() const noexcept;
  [[nodiscard]] std::uint32_t length() const noexcept { return length_; }

 private:
  static constexpr std::size_t kHeader = 4;
  [[nodiscard]] Step check(const char* header);

  std::size_t longest_;
  std::string_view input_;
  std::string begun_;         ///< header and payload of the frame that came in pieces
  bool begun_given_ = false;  ///< `begun_` was given out whole
  std::uint32_t length_ = 0;  ///< of the frame looked at last
};

}  // namespace remora::dogstatsd
