// What the documents of the metadata endpoint may hold.
#pragma once

#include "remora/core/json_numbers.hpp"
#include "remora/core/json_walk.hpp"
#include "remora/core/utf8.hpp"

namespace remora::ecs {

using core::JsonHandler;
using core::JsonPath;
using core::JsonValue;

/// Real documents have seven levels; the longest text of one is a label.
inline constexpr core::JsonRules kDocumentRules{
    .depth = 32, .token_bytes = 2u << 20, .what = "a JSON object", .object = true};

/// Walks `body`, whose root must be an object.
/// Errors: malformed_payload (a limit as well: no document of ECS comes near one), and those of the
/// handler.
[[nodiscard]] inline std::optional<Error> walk_json(std::string_view body, JsonHandler& handler) {
  if (auto within = core::check_json_limits(body, kDocumentRules); !within) {
    return fail(Errc::malformed_payload, "JSON object " + within.error().message());
  }
  std::string repaired, finite;
  body = core::finite_numbers(core::valid_utf8(body, repaired), finite);
  return core::walk_json(body, kDocumentRules, handler);
}

}  // namespace remora::ecs
