// Bearer tokens that something else writes to a file and renews there.
#pragma once

#include <memory>
#include <string>

#include "remora/checks/check_http.hpp"

namespace remora::checks {

/// Value of the header that `options.auth_token_*` describe, read now: a renewed token is used at
/// once. Errors: invalid_config, without a word of the file's content.
[[nodiscard]] asio::awaitable<Result<std::string>> token_header(
    std::shared_ptr<const CheckHttpOptions> options);

}  // namespace remora::checks
