#include "checks/http/token_file.hpp"

#include "checks/python_regex.hpp"
#include "remora/core/known_secrets.hpp"

namespace remora::checks {
namespace {

constexpr core::FileLimits kTokenLimits{64 * 1024};

std::string trimmed(const std::string& text) {
  constexpr const char* kBlanks = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

asio::awaitable<Result<std::string>> token_header(std::shared_ptr<const CheckHttpOptions> options) {
  const std::string place = options->auth_token_option + ": " + options->auth_token_file;
  auto content = co_await core::read_file(options->auth_token_file, kTokenLimits, options->files);
  if (!content) co_return fail(Errc::invalid_config, place + ": " + content.error().message());
  std::string token;
  if (options->auth_token_pattern.empty()) {
    token = trimmed(*content);
  } else {
    const auto regex = PythonRegex::compile(options->auth_token_pattern);
    const auto found = regex ? regex->first_group(*content) : std::nullopt;
    if (!found) co_return fail(Errc::invalid_config, place + ": the pattern is not found in it");
    token = *found;
  }
  core::remember_secret(token);
  std::string value = options->auth_token_value;
  const std::size_t at = value.find(options->auth_token_placeholder);
  if (at != std::string::npos) value.replace(at, options->auth_token_placeholder.size(), token);
  co_return value;
}

}  // namespace remora::checks
