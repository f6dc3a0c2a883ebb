// Source: DataDog/datadog-agent comp/dogstatsd/server/impl/parse_service_checks.go.
#include "dogstatsd/fields.hpp"
#include "remora/dogstatsd/parser.hpp"

namespace remora::dogstatsd {
namespace {

constexpr std::size_t kPrefix = 4;  // "_sc|"; the fourth byte may be any

bool parse_status(std::string_view text, model::CheckStatus& status) {
  if (text.size() != 1 || text[0] < '0' || text[0] > '3') return false;
  status = static_cast<model::CheckStatus>(text[0] - '0');
  return true;
}

}  // namespace

Reject Parser::service_check(std::string_view line, ServiceCheckMessage& out) const {
  out = ServiceCheckMessage{};
  const auto pipe = line.find('|');
  if (pipe == std::string_view::npos || line.find('|', pipe + 1) == std::string_view::npos ||
      line.size() < kPrefix) {
    return Reject::check_fields;
  }
  Fields fields(line.substr(kPrefix));
  std::string_view field;
  if (!fields.next(field) || field.empty()) return Reject::check_name;
  out.name = field;
  if (!fields.next(field) || !parse_status(field, out.status)) return Reject::check_status;
  while (fields.next(field)) {
    const bool good =
        take_field(field, options_.client_origin, out, [&](char letter, std::string_view value) {
          if (letter == 'm') out.message = value;
          return true;
        });
    if (!good) out.bad_field = true;
  }
  return Reject::none;
}

}  // namespace remora::dogstatsd
