// Texts that are secret because of where they were written: the password of a check instance, the
// variable REDIS_PASSWORD. A server's error message may repeat one; the scrubber and the log hide
// them wherever they stand.
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

/// Threading: any.
void remember_secret(std::string_view text);
/// Replaces every known secret in `text` by "********". Cheap while there is none. Threading: any.
void hide_known_secrets(std::string& text);

}  // namespace remora::core
