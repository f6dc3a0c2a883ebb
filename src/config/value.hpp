// One value of an option, from the environment or the file, into Settings.
//
// Both sources arrive as JSON: a variable is one string; a YAML scalar too (its type comes from the
// option, not from the file); YAML sequences and mappings are arrays and objects.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "remora/config/options.hpp"

namespace remora::config {

/// `name` is the variable or key as the operator wrote it. On bad input adds a warning that names
/// it, its value (never a secret's) and what is accepted, leaves `settings` alone and returns
/// false. Bad items of a list or map are left out with a warning; the others hold.
bool assign(const Option& option, std::string_view name, const nlohmann::json& value,
            Settings& settings, std::vector<std::string>& warnings);

/// True for text that is wholly a reference to a secret store, "ENC[...]".
[[nodiscard]] bool is_secret_reference(std::string_view text);

/// `text` as a message may show it: printable, short, without passwords; "***" for secrets.
[[nodiscard]] std::string shown(const Option& option, std::string_view text);

/// The first name of `option` in the environment.
[[nodiscard]] std::string_view first_name(const Option& option);

}  // namespace remora::config
