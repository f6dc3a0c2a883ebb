// How commands ask the running agent, and where they put what it says.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "cli/command_line.hpp"
#include "remora/cli/cli.hpp"
#include "remora/core/error.hpp"

namespace remora::cli {

inline constexpr std::chrono::milliseconds kTimeout(20'000);  ///< of every command; the Agent's
                                                              ///< default for `health`

[[nodiscard]] config::Loaded load(const CommandLine& line, const Context& context);

/// The body of the answer. Errors: http_status with what the agent says of it; those of
/// `api::ipc_request`.
[[nodiscard]] Result<std::string> ask(const config::Loaded& loaded, std::string_view request,
                                      std::chrono::milliseconds timeout);

/// Tells why `ask` failed and what to do. Returns kError.
int report_unreachable(const Context& context, const Error& error);

/// `text` into the file of the flag --file, or to stdout without it. Returns the exit code.
[[nodiscard]] int put_out(const CommandLine& line, const Context& context, std::string_view text);

/// A value on its way through a query: letters, digits, '-', '_', '.' and '/' stay, a blank becomes
/// '+', the rest %XX.
[[nodiscard]] std::string query_value(std::string_view text);

}  // namespace remora::cli
