// Instances as they may be shown: in configcheck, preview, status, logs and flare.
#pragma once

#include <string_view>

#include "remora/model/value.hpp"

namespace remora::autodiscovery {

/// True for keys whose value nobody may see: password, token, secret, api_key, private keys,
/// headers and the like, in any case.
[[nodiscard]] bool is_secret_key(std::string_view key);

/// A copy where the values of secret keys are "********" and every other text went through the
/// scrubber (passwords in URLs, keys pasted anywhere).
[[nodiscard]] model::Value masked(const model::Value& value);

/// A copy to be pasted: as masked(), but with a placeholder that is visibly one where a secret
/// stood ("<PASSWORD>", in a longer text "<SECRET>"). Texts that are nothing but a variable
/// (`%%env_NAME%%`) stay: they hold no secret, they name one.
[[nodiscard]] model::Value with_placeholders(const model::Value& value);

/// Makes the values of secret keys known to the scrubber and the log, so that no error message of a
/// server repeats one. Of `headers` only those that carry credentials.
void remember_secrets(const model::Value& value);

}  // namespace remora::autodiscovery
