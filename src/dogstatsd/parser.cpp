#include "remora/dogstatsd/parser.hpp"

#include "dogstatsd/fields.hpp"

namespace remora::dogstatsd {
namespace {

// Half of the default packet, 8 KiB: "1:1:1…" holds no more values than that.
constexpr std::size_t kValuesReserved = 4096;

bool parse_type(std::string_view text, MetricType& type) {
  if (text.size() == 1) {
    switch (text[0]) {
      case 'c':
        type = MetricType::counter;
        return true;
      case 'g':
        type = MetricType::gauge;
        return true;
      case 'h':
        type = MetricType::histogram;
        return true;
      case 'd':
        type = MetricType::distribution;
        return true;
      case 's':
        type = MetricType::set;
        return true;
      default:
        return false;
    }
  }
  if (text != "ms") return false;
  type = MetricType::timing;
  return true;
}

/// "1:2::3"; empty items are skipped.
Reject parse_values(std::string_view text, std::vector<double>& values) {
  values.clear();
  double value;
  for (;;) {
    const auto end = text.find(':');
    const auto item = text.substr(0, end);
    if (!item.empty()) {
      if (!parse_go_float(item, value)) return Reject::bad_value;
      values.push_back(value);
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return values.empty() ? Reject::no_value : Reject::none;
}

}  // namespace

Parser::Parser(ParserOptions options) : options_(options) { values_.reserve(kValuesReserved); }

Reject Parser::metric(std::string_view line, MetricMessage& out) {
  out = MetricMessage{};
  const auto pipe = line.find('|');
  if (pipe == std::string_view::npos) return Reject::no_pipe;
  const auto name_and_value = line.substr(0, pipe);
  const auto colon = name_and_value.find(':');
  if (colon == std::string_view::npos) return Reject::no_colon;
  if (colon == 0) return Reject::empty_name;
  out.name = name_and_value.substr(0, colon);
  const auto value = name_and_value.substr(colon + 1);
  if (value.empty()) return Reject::empty_value;

  Fields fields(line.substr(pipe + 1));
  std::string_view field;
  if (!fields.next(field) || !parse_type(field, out.type)) return Reject::bad_type;
  if (out.type == MetricType::set) {
    out.set_member = value;
  } else {
    if (const auto reject = parse_values(value, values_); reject != Reject::none) return reject;
    out.values = values_;
  }

  while (fields.next(field)) {
    if (field.empty()) continue;
    switch (field[0]) {
      case '#':
        take_tags(field, out);
        break;
      case '@':
        // Any number passes, 0, negative and NaN too: what it means is for the sampler to say.
        if (!parse_go_float(field.substr(1), out.sample_rate)) return Reject::bad_rate;
        break;
      case 'T':
        if (!options_.timestamps) break;
        if (!parse_go_int(field.substr(1), out.timestamp) || out.timestamp < 1) {
          return Reject::bad_timestamp;
        }
        break;
      default:
        if (options_.client_origin) take_origin(field, out);
    }
  }
  return Reject::none;
}

}  // namespace remora::dogstatsd
