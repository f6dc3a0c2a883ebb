// What `agent help` and `agent <command> --help` print.
#pragma once

#include <string_view>

namespace remora::cli {

/// The text for `command`; the list of commands when it is empty or has no text of its own.
[[nodiscard]] std::string_view help_text(std::string_view command);

}  // namespace remora::cli
