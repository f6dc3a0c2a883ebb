// A packet as any program of the task may send it: each line is read by all three parsers, whatever
// its kind, with every combination of options. What they hand out lies inside the line.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string_view>

#include "remora/dogstatsd/parser.hpp"

namespace {

using namespace remora::dogstatsd;

void require(bool ok) {
  if (!ok) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
  if (part.empty()) return true;
  const std::less_equal<const char*> le;
  return le(whole.data(), part.data()) &&
         le(part.data() + part.size(), whole.data() + whole.size());
}

template <class Message>
void require_tags_and_origin(const Message& message, std::string_view line, bool client_origin) {
  require(inside(message.tags, line) && message.has_tags == !message.tags.empty());
  require(inside(message.local_data, line) && inside(message.external_data, line) &&
          inside(message.cardinality, line));
  require(client_origin || (message.local_data.empty() && message.external_data.empty() &&
                            message.cardinality.empty()));
}

void read_metric(Parser& parser, ParserOptions options, std::string_view line) {
  MetricMessage metric;
  const auto reject = parser.metric(line, metric);
  require(reject < Reject::event_header);
  if (reject != Reject::none) return;
  require(!metric.name.empty() && inside(metric.name, line));
  require(metric.name.find_first_of(":|") == std::string_view::npos);
  require_tags_and_origin(metric, line, options.client_origin);
  require(metric.timestamp >= 0 && (options.timestamps || metric.timestamp == 0));
  if (metric.type == MetricType::set) {
    require(metric.values.empty() && !metric.set_member.empty() && inside(metric.set_member, line));
    return;
  }
  require(metric.set_member.empty() && !metric.values.empty());
  require(metric.values.size() <= line.size() / 2);
  // The same numbers as one by one.
  std::string_view items = line.substr(metric.name.size() + 1);
  items = items.substr(0, items.find('|'));
  for (const double value : metric.values) {
    items.remove_prefix(items.find_first_not_of(':'));
    const auto item = items.substr(0, items.find(':'));
    double alone = 0;
    require(parse_go_float(item, alone));
    require(alone == value || (std::isnan(alone) && std::isnan(value)));
    items.remove_prefix(item.size());
  }
  require(items.find_first_not_of(':') == std::string_view::npos);
}

void read_event(const Parser& parser, ParserOptions options, std::string_view line) {
  EventMessage event;
  const auto reject = parser.event(line, event);
  require(reject == Reject::none ||
          (reject >= Reject::event_header && reject <= Reject::event_no_title));
  if (reject != Reject::none) return;
  require(!event.title.empty() && inside(event.title, line) && inside(event.text, line));
  require(event.title.size() + event.text.size() < line.size());
  require(inside(event.host, line) && inside(event.aggregation_key, line) &&
          inside(event.source_type_name, line));
  require_tags_and_origin(event, line, options.client_origin);
}

void read_service_check(const Parser& parser, ParserOptions options, std::string_view line) {
  ServiceCheckMessage check;
  const auto reject = parser.service_check(line, check);
  require(reject == Reject::none || reject >= Reject::check_fields);
  if (reject != Reject::none) return;
  require(!check.name.empty() && inside(check.name, line));
  require(inside(check.host, line) && inside(check.message, line));
  require_tags_and_origin(check, line, options.client_origin);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view packet(reinterpret_cast<const char*>(data), size);
  for (const unsigned bits : {0u, 1u, 2u, 3u}) {
    const ParserOptions options{.client_origin = (bits & 1) != 0, .timestamps = (bits & 2) != 0};
    Parser parser(options);
    for (const bool eol_required : {false, true}) {
      Lines lines(packet, eol_required);
      std::size_t taken = 0;
      for (std::string_view line; lines.next(line);) {
        taken += line.size();
        require(!line.empty() && inside(line, packet));
        require(line.find('\n') == std::string_view::npos);
        require((kind_of(line) == MessageKind::metric) !=
                (line.starts_with("_e{") || line.starts_with("_sc")));
        read_metric(parser, options, line);
        read_event(parser, options, line);
        read_service_check(parser, options, line);
      }
      require(taken <= size);
      require(!lines.unterminated() || (eol_required && packet.back() != '\n'));
    }
  }
  // The number readers alone: both see any text.
  double number = 0;
  if (parse_go_float(packet, number) && std::isfinite(number)) {
    require(packet.find_first_of("0123456789") != std::string_view::npos);
  }
  std::int64_t whole = 0;
  if (parse_go_int(packet, whole)) require(parse_go_float(packet, number));
  return 0;
}
