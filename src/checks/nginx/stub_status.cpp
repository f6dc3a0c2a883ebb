#include "checks/nginx/stub_status.hpp"

#include <algorithm>
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

// A line of exactly three numbers.
bool three_numbers(std::string_view line, StubStatus& status) {
  const auto first = take_number(line), second = take_number(line), third = take_number(line);
  skip_blanks(line);
  if (!first || !second || !third || !(line.empty() || line == "\r")) return false;
  status.accepts = first;
  status.handled = second;
  status.requests = third;
  return true;
}

}  // namespace

Result<StubStatus> parse_stub_status(std::string_view page) {
  StubStatus status;
  status.active = number_after(page, "Active connections:");
  status.reading = number_after(page, "Reading:");
  status.writing = number_after(page, "Writing:");
  status.waiting = number_after(page, "Waiting:");
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t end = std::min(page.find('\n', at), page.size());
    if (three_numbers(page.substr(at, end - at), status)) break;
    at = end + 1;
  }
  if (!status.active && !status.requests && !status.reading) {
    return fail(Errc::malformed_payload, "the answer is no stub_status page");
  }
  return status;
}

}  // namespace remora::checks::nginx
