#include "remora/core/descriptors.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace remora::core {
namespace {

constexpr rlim_t kMostReserved = 64;

}  // namespace

void open_standard_descriptors() noexcept {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is `fd`. An image without /dev/null: what is written is refused.
    if (::open("/dev/null", O_RDWR) < 0) (void)::eventfd(0, 0);
  }
}

std::size_t raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    const rlimit wanted{limit.rlim_max, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) limit = wanted;
  }
  return static_cast<std::size_t>(limit.rlim_cur);
}

bool is_reserved_descriptor(int fd) noexcept {
  rlimit limit{};
  if (fd < 0 || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  const rlim_t reserved = std::min(limit.rlim_cur / 3, kMostReserved);
  return static_cast<rlim_t>(fd) >= limit.rlim_cur - reserved;
}

}  // namespace remora::core
