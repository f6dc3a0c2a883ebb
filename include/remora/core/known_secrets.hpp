// Texts that are secret because of where they were written: the API key, the password of a proxy or
// of a check instance, the variable REDIS_PASSWORD. A server's answer may repeat one; the scrubber
// and the log hide them wherever they stand: as they are, percent-encoded, escaped as in JSON, and
// anywhere inside a base64 text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace remora::core {

/// Shorter texts are words that stand everywhere ("redis"); they are hidden only by the name of
/// their option.
inline constexpr std::size_t kShortestSecret = 6;
/// Further ones are not kept.
inline constexpr std::size_t kMostSecrets = 1'000;
inline constexpr std::size_t kLongestSecret = 4'096;

/// Call it where a secret is read. Threading: any.
void remember_secret(std::string_view text);
/// The password of a URL in `text`, a user without one, and values of secret query parameters.
void remember_secrets_of_url(std::string_view text);
/// Replaces every known secret in `text` by "********", in time linear in its length. Cheap while
/// there is none. Threading: any.
void hide_known_secrets(std::string& text);

}  // namespace remora::core
