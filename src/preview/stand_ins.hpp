// Values that only the running task knows, and what stands in their place until then.
#pragma once

#include "remora/model/value.hpp"

namespace remora::preview {

/// What `%%env_NAME%%` gives for an entry of `secrets`.
inline constexpr const char* kSecret = "********";

/// True where a text holds kSecret, or a reference (`${Port}`, `{{resolve:…}}`) that is open until
/// the deployment.
[[nodiscard]] bool holds_stand_in(const model::Value& value);
/// A copy with a number for each of them.
[[nodiscard]] model::Value with_numbers(const model::Value& value);

}  // namespace remora::preview
