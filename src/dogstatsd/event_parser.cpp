// Source: DataDog/datadog-agent comp/dogstatsd/server/impl/parse_events.go.
#include "dogstatsd/fields.hpp"
#include "remora/dogstatsd/parser.hpp"

namespace remora::dogstatsd {
namespace {

struct Lengths {
  std::uint64_t title = 0, text = 0;  ///< bytes
};

constexpr std::size_t kShortestHeader = 7;  // _e{1,1}

/// "_e{<title>,<text>}". Nobody looks at the last byte, so neither do we.
bool parse_header(std::string_view header, Lengths& lengths) {
  if (header.size() < kShortestHeader) return false;
  const auto inside = header.substr(3, header.size() - 4);
  const auto comma = inside.find(',');
  if (comma == std::string_view::npos) return false;
  std::int64_t title = 0, text = 0;
  if (!parse_go_int(inside.substr(0, comma), title) || title < 0) return false;
  if (!parse_go_int(inside.substr(comma + 1), text) || text < 0) return false;
  lengths = {static_cast<std::uint64_t>(title), static_cast<std::uint64_t>(text)};
  return true;
}

bool parse_priority(std::string_view word, model::EventPriority& priority) {
  if (word == "normal") {
    priority = model::EventPriority::normal;
  } else if (word == "low") {
    priority = model::EventPriority::low;
  } else {
    return false;
  }
  return true;
}

bool parse_alert_type(std::string_view word, model::AlertType& type) {
  if (word == "info") {
    type = model::AlertType::info;
  } else if (word == "warning") {
    type = model::AlertType::warning;
  } else if (word == "error") {
    type = model::AlertType::error;
  } else if (word == "success") {
    type = model::AlertType::success;
  } else {
    return false;
  }
  return true;
}

/// The letters that only events have.
bool take_own(char letter, std::string_view value, EventMessage& out) {
  switch (letter) {
    case 'k':
      out.aggregation_key = value;
      return true;
    case 'p':
      return parse_priority(value, out.priority);
    case 's':
      out.source_type_name = value;
      return true;
    case 't':
      return parse_alert_type(value, out.alert_type);
    default:
      return true;
  }
}

}  // namespace

Reject Parser::event(std::string_view line, EventMessage& out) const {
  out = EventMessage{};
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return Reject::event_header;
  Lengths lengths;
  if (!parse_header(line.substr(0, colon), lengths)) return Reject::event_header;
  if (lengths.title == 0) return Reject::event_no_title;
  const auto body = line.substr(colon + 1);
  // Two lengths below 2^63 and 1 do not overflow 64 bits.
  if (body.size() < lengths.title + 1 + lengths.text) return Reject::event_length;
  out.title = body.substr(0, lengths.title);
  out.text = body.substr(lengths.title + 1, lengths.text);

  Fields fields(body.substr(lengths.title + 1 + lengths.text));
  std::string_view field;
  while (fields.next(field)) {
    const bool good = take_field(
        field, options_.client_origin, out,
        [&](char letter, std::string_view value) { return take_own(letter, value, out); });
    if (!good) out.bad_field = true;
  }
  return Reject::none;
}

}  // namespace remora::dogstatsd
