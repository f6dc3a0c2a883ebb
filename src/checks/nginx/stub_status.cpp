#include "checks/nginx/stub_status.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace remora::checks::nginx {
namespace {

void skip_blanks(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

std::optional<double> take_number(std::string_view& text) {
  skip_blanks(text);
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return static_cast<double>(value);
}

std::optional<double> number_after(std::string_view page, std::string_view label) {
  const std::size_t at = page.find(label);
  if (at == std::string_view::npos) return std::nullopt;
  page.remove_prefix(at + label.size());
  return take_number(page);
}

std::string_view take_word(std::string_view& text) {
  constexpr std::string_view kBlanks = " \t\r";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  const std::size_t end = std::min(text.find_first_of(kBlanks), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

constexpr std::size_t kMaxColumns = 16;

/// Where in the line of numbers the three stand that every page has; Tengine has more behind them.
struct Columns {
  std::size_t accepts = 0, handled = 1, requests = 2;
};

/// "server accepts handled requests", and whatever columns more.
bool names_columns(std::string_view line, Columns& out) {
  if (take_word(line) != "server") return false;
  Columns found{kMaxColumns, kMaxColumns, kMaxColumns};
  for (std::size_t i = 0; i < kMaxColumns; ++i) {
    const std::string_view word = take_word(line);
    if (word == "accepts") found.accepts = i;
    if (word == "handled") found.handled = i;
    if (word == "requests") found.requests = i;
  }
  if (std::max({found.accepts, found.handled, found.requests}) == kMaxColumns) return false;
  out = found;
  return true;
}

bool is_whole(std::string_view word, double& value) {
  const auto number = take_number(word);
  value = number.value_or(0);
  return number && word.empty();
}

/// A line of numbers alone, three or more.
bool numbers(std::string_view line, const Columns& columns, StubStatus& status) {
  std::array<std::optional<double>, kMaxColumns> found;
  std::size_t count = 0;
  for (;; ++count) {
    const std::string_view word = take_word(line);
    if (word.empty()) break;
    double value = 0;
    const bool whole = is_whole(word, value);
    // A column that is not known may have a fraction.
    if (!whole && word.find_first_not_of("0123456789.") != std::string_view::npos) return false;
    if (whole && count < kMaxColumns) found[count] = value;
  }
  if (count < 3) return false;
  if (!found[columns.accepts] || !found[columns.handled] || !found[columns.requests]) return false;
  status.accepts = found[columns.accepts];
  status.handled = found[columns.handled];
  status.requests = found[columns.requests];
  return true;
}

}  // namespace

Result<StubStatus> parse_stub_status(std::string_view page) {
  StubStatus status;
  status.active = number_after(page, "Active connections:");
  status.reading = number_after(page, "Reading:");
  status.writing = number_after(page, "Writing:");
  status.waiting = number_after(page, "Waiting:");
  Columns columns;
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t end = std::min(page.find('\n', at), page.size());
    const std::string_view line = page.substr(at, end - at);
    if (!names_columns(line, columns) && numbers(line, columns, status)) break;
    at = end + 1;
  }
  if (!status.active && !status.requests && !status.reading) {
    return fail(Errc::malformed_payload, "the answer is not a stub_status page");
  }
  return status;
}

std::string missing_parts(const StubStatus& status) {
  std::string out;
  const auto name = [&](bool there, std::string_view part) {
    if (!there) out.append(out.empty() ? "" : ", ").append(part);
  };
  name(status.active.has_value(), "`Active connections:`");
  name(status.requests.has_value(), "the numbers of `server accepts handled requests`");
  name(status.reading.has_value(), "`Reading:`");
  name(status.writing.has_value(), "`Writing:`");
  name(status.waiting.has_value(), "`Waiting:`");
  return out;
}

}  // namespace remora::checks::nginx
