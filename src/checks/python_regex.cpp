#include "checks/python_regex.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

namespace remora::checks {
namespace {

constexpr std::size_t kMaxPattern = 4096;     // bytes
constexpr std::int64_t kMaxMemory = 1 << 20;  // bytes; what a program may need to be compiled

// What re.escape puts a backslash before, since Python 3.7.
constexpr std::string_view kMetacharacters = "\\.^$*+?{}[]|()-&#~ \t\n\r\v\f";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_octal(char c) { return c >= '0' && c <= '7'; }

std::unique_ptr<re2::RE2> build(const std::string& pattern, std::int64_t max_memory = kMaxMemory) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(max_memory);
  return std::make_unique<re2::RE2>(pattern, options);
}

Error refused(std::string_view pattern, std::string_view why) {
  return fail(Errc::invalid_config,
              "`" + std::string(pattern.substr(0, 200)) + "`: " + std::string(why));
}

Error without(std::string_view pattern, std::string_view feature) {
  return refused(pattern, std::string(feature) +
                              " cannot be used: expressions run on RE2, which has none; see "
                              "docs/checks.md");
}

/// Walks over a Python pattern and writes RE2's.
class Translator {
 public:
  explicit Translator(std::string_view pattern) : pattern_(pattern) {}

  Result<std::string> run() {
    while (at_ < pattern_.size()) {
      const char c = pattern_[at_];
      if (c == '\\') {
        if (const auto bad = escape(); !bad.empty()) return without(pattern_, bad);
      } else if (in_class_) {
        if (c == ']' && at_ > class_begin_) in_class_ = false;
        take(1);
      } else if (c == '[') {
        in_class_ = true;
        take(rest().starts_with("[^") ? 2 : 1);
        class_begin_ = at_;
      } else if (rest().starts_with("(?")) {
        if (const auto bad = group(); !bad.empty()) return without(pattern_, bad);
      } else if (rest().starts_with("{,") && at_ + 2 < pattern_.size() &&
                 is_digit(pattern_[at_ + 2])) {
        out_ += "{0,";
        at_ += 2;
      } else {
        take(1);
      }
    }
    return std::move(out_);
  }

 private:
  std::string_view rest() const { return pattern_.substr(at_); }
  void take(std::size_t count) {
    out_ += pattern_.substr(at_, count);
    at_ += count;
  }

  std::string_view escape() {
    const char c = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
    if (!in_class_ && c >= '1' && c <= '9') {
      const std::string_view digits = pattern_.substr(at_ + 1, 3);
      if (digits.size() < 3 || !std::all_of(digits.begin(), digits.end(), is_octal)) {
        return "a back reference";
      }
    }
    if (!in_class_ && c == 'Z') {
      out_ += "\\z";
      at_ += 2;
    } else if ((c == 'u' || c == 'U') && at_ + 2 < pattern_.size()) {
      const std::size_t digits = c == 'u' ? 4 : 8;
      out_.append("\\x{").append(pattern_.substr(at_ + 2, digits)).append("}");
      at_ = std::min(pattern_.size(), at_ + 2 + digits);
    } else {
      take(2);
    }
    return {};
  }

  std::string_view group() {
    const std::string_view text = rest();
    if (text.starts_with("(?=") || text.starts_with("(?!")) return "look-ahead";
    if (text.starts_with("(?<=") || text.starts_with("(?<!")) return "look-behind";
    if (text.starts_with("(?P=")) return "a back reference";
    if (text.starts_with("(?(")) return "a condition";
    if (text.starts_with("(?>")) return "an atomic group";
    if (text.starts_with("(?#")) {
      at_ += std::min(text.size(), text.find(')') == text.npos ? text.size() : text.find(')') + 1);
      return {};
    }
    if (text.starts_with("(?P<") || text.starts_with("(?:")) {
      take(3);
      return {};
    }
    // Flags. Python's a, u and L choose what a letter is: no choice here.
    std::size_t end = 2;
    std::string flags;
    while (end < text.size() && text[end] != ')' && text[end] != ':') {
      if (text[end] == 'x') return "the flag x (verbose)";
      if (text[end] != 'a' && text[end] != 'u' && text[end] != 'L') flags += text[end];
      ++end;
    }
    if (end < text.size() && text[end] == ':') {
      out_ += "(?" + flags + ":";
    } else if (!flags.empty()) {
      out_ += "(?" + flags + ")";
    }
    at_ += std::min(text.size(), end + 1);
    return {};
  }

  std::string_view pattern_;
  std::size_t at_ = 0;
  std::size_t class_begin_ = 0;
  bool in_class_ = false;
  std::string out_;
};

Result<std::string> translated(std::string_view pattern) {
  if (pattern.size() > kMaxPattern) return refused(pattern, "longer than 4096 bytes");
  auto text = Translator(pattern).run();
  if (!text) return text.error();
  // Inside a group a flag ends where the expression ends.
  const auto regex = build(*text);
  if (!regex->ok()) return refused(pattern, regex->error());
  return text;
}

}  // namespace

PythonRegex::PythonRegex(std::unique_ptr<re2::RE2> regex, RegexShare share)
    : share_(std::move(share)), regex_(std::move(regex)) {}
PythonRegex::PythonRegex(PythonRegex&&) noexcept = default;
PythonRegex& PythonRegex::operator=(PythonRegex&&) noexcept = default;
PythonRegex::~PythonRegex() = default;

Result<PythonRegex> PythonRegex::within_share(const std::string& text) {
  auto judged = build(text);
  if (!judged->ok()) return refused(text, "together too large: " + judged->error());
  const auto instructions = static_cast<std::size_t>(judged->ProgramSize());
  judged.reset();
  for (const bool spacious : {false, true}) {
    auto share = RegexShare::take(instructions, text.size(), spacious);
    if (!share) break;
    auto regex = build(text, static_cast<std::int64_t>(share->max_memory()));
    if (regex->ok()) return PythonRegex(std::move(regex), *std::move(share));
  }
  return refused(
      text, "the regular expressions of all checks may take 16 MiB together, which are used up");
}

Result<PythonRegex> PythonRegex::compile(std::string_view pattern) {
  auto text = translated(pattern);
  if (!text) return text.error();
  return within_share(*text);
}

Result<PythonRegex> PythonRegex::compile_any(std::span<const std::string> patterns) {
  std::string all;
  for (const std::string& pattern : patterns) {
    auto text = translated(pattern);
    if (!text) return text.error();
    if (!all.empty()) all += '|';
    all += "(?:" + *text + ")";
  }
  return within_share(all);
}

bool PythonRegex::found_in(std::string_view text) const {
  return regex_->Match(re2::StringPiece(text.data(), text.size()), 0, text.size(),
                       re2::RE2::UNANCHORED, nullptr, 0);
}

int PythonRegex::size() const { return regex_->ProgramSize(); }

int PythonRegex::groups() const { return regex_->NumberOfCapturingGroups(); }

std::optional<std::string_view> PythonRegex::first_group(std::string_view text) const {
  if (groups() == 0) return std::nullopt;
  re2::StringPiece found[2];
  if (!regex_->Match(re2::StringPiece(text.data(), text.size()), 0, text.size(),
                     re2::RE2::UNANCHORED, found, 2)) {
    return std::nullopt;
  }
  return std::string_view(found[1].data() == nullptr ? "" : found[1].data(), found[1].size());
}

bool has_metacharacters(std::string_view text) noexcept {
  return text.find_first_of(kMetacharacters) != std::string_view::npos;
}

std::string glob_expression(std::string_view glob) {
  std::string out = "(?s:";
  for (std::size_t i = 0; i < glob.size(); ++i) {
    const char c = glob[i];
    if (c == '*') {
      out += ".*";
    } else if (c == '?') {
      out += '.';
    } else if (c == '[') {
      // A bracket right behind the first one, or behind its negation, stands for itself.
      const std::size_t first = i + 1 + (i + 1 < glob.size() && glob[i + 1] == '!' ? 1 : 0);
      const std::size_t end = glob.find(']', first + 1);
      if (end == std::string_view::npos) {
        out += "\\[";
        continue;
      }
      out += first > i + 1 ? "[^" : "[";
      for (const char inside : glob.substr(first, end - first)) {
        if (inside == '\\' || inside == '[' || inside == ']' || inside == '^') out += '\\';
        out += inside;
      }
      out += ']';
      i = end;
    } else {
      if (kMetacharacters.find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out + ")\\Z";
}

}  // namespace remora::checks
