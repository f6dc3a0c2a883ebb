// Regular expressions of check options: written for Python's `re`, run by RE2, so that no pattern
// and no text can make a search take exponential time.
//
// What Python has and RE2 has not (look-around, back references, atomic groups, conditions, verbose
// patterns) is refused by name. What differs quietly: \d, \w, \s and \b know ASCII alone, and `$`
// does not match before a last line break.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "checks/regex_share.hpp"
#include "remora/core/error.hpp"

namespace re2 {
class RE2;
}

namespace remora::checks {

class PythonRegex {
 public:
  /// Fails with one sentence for the operator: the pattern, and what is wrong with it, or that the
  /// memory of all expressions is used up (see RegexShare).
  [[nodiscard]] static Result<PythonRegex> compile(std::string_view pattern);
  /// One expression that is found where any of `patterns` is; each is judged by itself.
  [[nodiscard]] static Result<PythonRegex> compile_any(std::span<const std::string> patterns);

  PythonRegex(PythonRegex&&) noexcept;
  PythonRegex& operator=(PythonRegex&&) noexcept;
  ~PythonRegex();

  /// As `search`: anywhere in `text`.
  [[nodiscard]] bool found_in(std::string_view text) const;
  /// Instructions of its program, 16 bytes each: of lists of expressions the sum is limited.
  [[nodiscard]] int size() const;
  /// How many groups capture something.
  [[nodiscard]] int groups() const;
  /// What the first group took where the expression is found first; a view of `text`. Empty when it
  /// is not found, or has no group.
  [[nodiscard]] std::optional<std::string_view> first_group(std::string_view text) const;

 private:
  PythonRegex(std::unique_ptr<re2::RE2> regex, RegexShare share);
  [[nodiscard]] static Result<PythonRegex> within_share(const std::string& text);
  RegexShare share_;
  std::unique_ptr<re2::RE2> regex_;
};

/// What the expressions of one list may come to (`PythonRegex::size`); usual ones have fifty.
inline constexpr int kMaxProgramsTogether = 100'000;

/// True when `re.escape` would change `text`: options take such a text for an expression.
[[nodiscard]] bool has_metacharacters(std::string_view text) noexcept;

/// The expression of a shell pattern (`*`, `?`, `[a-z]`), as Python's fnmatch.translate gives it:
/// its end is the end of the text, its beginning may be anywhere when it is searched.
[[nodiscard]] std::string glob_expression(std::string_view glob);

}  // namespace remora::checks
