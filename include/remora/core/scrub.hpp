// The secret scrubber of every text that leaves the process: log lines, answers to the command
// line, messages and tags of checks.
//
// All of these take time linear in the text, whatever it holds. Scrub first, cut afterwards: half a
// secret is recognised by nobody (`excerpt` does both).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace remora::core {

/// Hides known secrets (known_secrets.hpp); 32-digit hex keys but for their last five characters;
/// in URLs passwords, users without one, and values of secret query parameters (`token`, `sig`,
/// `key`, …); values of api_key=, token=, password=, Authorization: and the like in any text.
[[nodiscard]] std::string scrub(std::string text);

/// `scrub` for a JSON document or several, one a line: of each string, and of every value whose
/// name is secret. The document stays valid JSON; one that holds no secret is returned as it is.
[[nodiscard]] std::string scrub_json(std::string document);

/// Known secrets and those in URLs only: for tags, where `token:abc` is a name somebody chose.
[[nodiscard]] std::string scrub_tag(std::string tag);

/// The beginning of `text`, scrubbed before it is cut at `max_bytes`. Looks at no more of a longer
/// text than that takes.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t max_bytes);

/// Whether a value under this name is a secret: "X-Api-Key", "redis_password", "sig" no more than
/// "authorization".
[[nodiscard]] bool is_secret_name(std::string_view name);

}  // namespace remora::core
