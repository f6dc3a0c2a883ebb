#include "checks/http/token_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "checks/python_regex.hpp"

namespace remora::checks {
namespace {

constexpr std::size_t kMaxTokenFileBytes = 64 * 1024;

Result<std::string> read_small_file(const std::string& option, const std::string& path) {
  // Not blocking: a pipe in place of the file must not hold up the loop.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fail(Errc::invalid_config, option + ": cannot open " + path);
  struct stat info {};
  std::string text(kMaxTokenFileBytes + 1, '\0');
  std::size_t size = 0;
  const bool regular = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  ssize_t n = 0;
  while (regular && size < text.size() &&
         (n = ::read(fd, text.data() + size, text.size() - size)) > 0) {
    size += static_cast<std::size_t>(n);
  }
  ::close(fd);
  if (!regular || n < 0) return fail(Errc::invalid_config, option + ": cannot read " + path);
  if (size > kMaxTokenFileBytes) {
    return fail(Errc::invalid_config, option + ": " + path + " is larger than 64 KiB");
  }
  text.resize(size);
  return text;
}

std::string trimmed(const std::string& text) {
  constexpr const char* kBlanks = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

Result<std::string> token_header(const CheckHttpOptions& options) {
  const std::string& option = options.auth_token_option;
  auto content = read_small_file(option, options.auth_token_file);
  if (!content) return content;
  std::string token;
  if (options.auth_token_pattern.empty()) {
    token = trimmed(*content);
  } else {
    const auto regex = PythonRegex::compile(options.auth_token_pattern);
    const auto found = regex ? regex->first_group(*content) : std::nullopt;
    if (!found) {
      return fail(Errc::invalid_config,
                  option + ": the pattern is not found in " + options.auth_token_file);
    }
    token = *found;
  }
  std::string value = options.auth_token_value;
  const std::size_t at = value.find(options.auth_token_placeholder);
  if (at != std::string::npos) value.replace(at, options.auth_token_placeholder.size(), token);
  return value;
}

}  // namespace remora::checks
