// The text of a page: in UTF-8, whatever its server wrote it in, and without byte order mark.
//
// Sources: RFC 9110 8.3 (charset of Content-Type), https://encoding.spec.whatwg.org (byte order
// mark before charset, names of encodings), Unicode's mapping tables of ISO-8859-15 and
// windows-1252.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace remora::checks {

/// Takes the body of an answer in pieces, cut anywhere, and gives its text. ISO-8859-1, ISO-8859-15
/// and windows-1252 are converted; UTF-8, and what is not known here, passes as it is.
///
/// Threading: one thread. No allocation for UTF-8.
class PageText {
 public:
  /// `content_type`: value of the header, may be empty. Without a charset the text is UTF-8.
  explicit PageText(std::string_view content_type);

  /// The text of the next piece. Views the piece or this object; lives until the next call.
  [[nodiscard]] std::string_view next(std::string_view piece);
  /// What was held back because a byte order mark might have come of it.
  [[nodiscard]] std::string_view rest();

  /// What to say when the charset is none of those above: "the page's charset `x` is not known…".
  /// Empty: nothing.
  [[nodiscard]] const std::string& remark() const noexcept { return remark_; }

 private:
  enum class Charset : std::uint8_t { utf_8, latin_1, latin_9, windows_1252 };

  std::string_view converted(std::string_view bytes);

  Charset charset_ = Charset::utf_8;
  std::string remark_;
  bool begun_ = false;      ///< behind the place of a byte order mark
  std::size_t marked_ = 0;  ///< bytes of it that came so far
  std::string out_;
};

/// A whole body at once. `remark` as above.
[[nodiscard]] std::string page_text(std::string body, std::string_view content_type,
                                    std::string& remark);

}  // namespace remora::checks
