#include "checks/openmetrics/sample_reader.hpp"

#include <array>
#include <cstdint>

#include "checks/openmetrics/number_text.hpp"

namespace remora::checks::openmetrics {
namespace {

enum : std::uint8_t { kNameFirst = 1, kNameNext = 2, kValueStop = 4, kDigit = 8 };

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> table{};
  for (int c = 0; c < 256; ++c) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
    auto& classes = table[static_cast<std::size_t>(c)];
    if (letter) classes |= kNameFirst;
    if (letter || digit) classes |= kNameNext;
    if (digit) classes |= kDigit;
    if (c == '"' || c == '\\') classes |= kValueStop;
  }
  return table;
}();

inline bool is(char c, std::uint8_t classes) {
  return (kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}

inline std::string_view between(const char* from, const char* to) {
  return {from, static_cast<std::size_t>(to - from)};
}

inline const char* name_end(const char* at, const char* end) {
  if (at == end || !is(*at, kNameFirst)) return at;
  do {
    ++at;
  } while (at != end && is(*at, kNameNext));
  return at;
}

bool is_timestamp(std::string_view text) {
  std::size_t i = text.starts_with('-') ? 1 : 0;
  const std::size_t first = i;
  while (i < text.size() && is(text[i], kDigit)) ++i;
  if (i == text.size() && i > first) return true;
  double ignored = 0;
  return parse_number(text, ignored);
}

}  // namespace

bool is_plain_name(std::string_view name) noexcept {
  const char* end = name.data() + name.size();
  return !name.empty() && name_end(name.data(), end) == end;
}

void append_unescaped(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      const char next = text[i + 1];
      if (next == '\\' || next == '"' || next == 'n') {
        out += next == 'n' ? '\n' : next;
        ++i;
        continue;
      }
    }
    out += text[i];
  }
}

std::string_view SampleReader::begin(std::string_view line, std::string_view& name) {
  begin_ = line.data();
  end_ = begin_ + line.size();
  at_ = name_end(begin_, end_);
  scratch_used_ = false;
  if (at_ != end_ && *at_ != '{' && *at_ != ' ' && *at_ != '\t') {
    // Names with dots and the like are not legal but read, where braces tell their end.
    while (at_ != end_ && *at_ != '{' && *at_ != ' ' && *at_ != '\t' && *at_ != '"') ++at_;
    const char* name_end = at_;
    skip_space();
    if (at_ == end_ || *at_ != '{') return "not a metric name";
    at_ = name_end;
  }
  name = name_ = between(begin_, at_);
  return {};
}

std::string_view SampleReader::rest(Sample& out) {
  labels_.clear();
  skip_space();
  if (at_ != end_ && *at_ == '{') {
    ++at_;
    if (const auto why = labels(); !why.empty()) return why;
  }
  if (name_.empty()) return "no metric name";
  out.name = name_;
  out.labels = labels_;
  return value_and_tail(out.value);
}

void SampleReader::unescape(const char* from, const char* to, std::string_view& out) {
  if (!scratch_used_) {
    // All values of a line fit: the views into the scratch stay where they are.
    scratch_used_ = true;
    scratch_.clear();
    scratch_.reserve(static_cast<std::size_t>(end_ - begin_));
  }
  const std::size_t start = scratch_.size();
  append_unescaped(between(from, to), scratch_);
  out = std::string_view(scratch_).substr(start);
}

/// `at_` is at the opening quote; afterwards behind the closing one.
bool SampleReader::quoted(std::string_view& out) {
  const char* from = ++at_;
  const char* at = from;
  bool escapes = false;
  for (;;) {
    while (at != end_ && !is(*at, kValueStop)) ++at;
    if (at == end_) return false;
    if (*at == '"') break;
    escapes = true;
    ++at;
    if (at == end_) return false;
    ++at;
  }
  if (escapes) {
    unescape(from, at, out);
  } else {
    out = between(from, at);
  }
  at_ = at + 1;
  return true;
}

std::string_view SampleReader::labels() {
  constexpr std::string_view kOpen = "labels without closing brace";
  std::size_t bytes = 0;
  skip_space();
  if (at_ != end_ && *at_ == ',') ++at_;
  for (;;) {
    skip_space();
    if (at_ == end_) return kOpen;
    if (*at_ == '}') break;
    Label label;
    if (*at_ == '"') {
      if (!quoted(label.name)) return "quote without end";
    } else {
      const char* from = at_;
      at_ = name_end(at_, end_);
      label.name = between(from, at_);
      if (label.name.empty()) return "not a label name";
    }
    skip_space();
    if (at_ == end_) return kOpen;
    if (*at_ == '=') {
      ++at_;
      skip_space();
      if (at_ == end_ || *at_ != '"') return "label value without quotes";
      if (!quoted(label.value)) return "quote without end";
      bytes += label.name.size() + label.value.size();
      if (bytes > max_label_bytes_) return "too many bytes in labels";
      if (labels_.size() == max_labels_) return "too many labels";
      for (const Label& other : labels_) {
        if (other.name == label.name) return "the same label twice";
      }
      labels_.push_back(label);
      skip_space();
      if (at_ == end_) return kOpen;
    } else {
      // A name that needs quotes stands alone among the labels.
      if (!name_.empty() || label.name.empty()) return "label without value";
      name_ = label.name;
    }
    if (*at_ == '}') break;
    if (*at_ != ',') return "unexpected text in labels";
    ++at_;
  }
  ++at_;
  return {};
}

std::string_view SampleReader::value_and_tail(double& value) {
  const auto token = [&] {
    skip_space();
    const char* from = at_;
    while (at_ != end_ && *at_ != ' ' && *at_ != '\t') ++at_;
    return between(from, at_);
  };
  const char* behind_name = at_;
  if (!parse_number(token(), value)) {
    // Braces to come: the space was one in the name.
    const bool name = between(behind_name, end_).find('{') != std::string_view::npos;
    return name ? "not a metric name" : "not a number";
  }
  const std::string_view timestamp = token();
  if (timestamp.empty() || timestamp == "#") return {};
  if (!is_timestamp(timestamp)) return "not a timestamp";
  const std::string_view exemplar = token();
  return exemplar.empty() || exemplar == "#" ? std::string_view() : "unexpected text at the end";
}

}  // namespace remora::checks::openmetrics
