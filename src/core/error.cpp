#include "remora/core/error.hpp"

namespace remora {

std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::unknown:
      return "unknown";
    case Errc::timeout:
      return "timeout";
    case Errc::network:
      return "network";
    case Errc::tls:
      return "tls";
    case Errc::http_status:
      return "http_status";
    case Errc::too_large:
      return "too_large";
    case Errc::malformed_payload:
      return "malformed_payload";
    case Errc::invalid_config:
      return "invalid_config";
    case Errc::not_found:
      return "not_found";
    case Errc::cancelled:
      return "cancelled";
    case Errc::unauthorized:
      return "unauthorized";
    case Errc::io:
      return "io";
    case Errc::unsupported:
      return "unsupported";
  }
  return "unknown";
}

}  // namespace remora
