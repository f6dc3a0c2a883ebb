// Descriptors, in processes of their own: limits and closed ones would hurt the test program.
#include "remora/core/descriptors.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace remora::core {
namespace {

// The exit code of a child that runs `body`.
int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST(Descriptors, ClosedStandardOnesAreOpenedAndOthersLeftAlone) {
  for (int closed = 0; closed < 8; ++closed) {
    EXPECT_EQ(in_child([closed] {
                struct stat before[3], after[3];
                for (int fd = 0; fd < 3; ++fd) {
                  if (!is_open(fd)) (void)!::open("/dev/null", O_RDWR);
                  ::fstat(fd, &before[fd]);
                }
                for (int fd = 0; fd < 3; ++fd) {
                  if ((closed >> fd & 1) != 0) ::close(fd);
                }
                open_standard_descriptors();
                for (int fd = 0; fd < 3; ++fd) {
                  if (::fstat(fd, &after[fd]) != 0) return 1;
                  const bool was_closed = (closed >> fd & 1) != 0;
                  if (was_closed && !S_ISCHR(after[fd].st_mode)) return 2;
                  if (!was_closed && before[fd].st_ino != after[fd].st_ino) return 3;
                }
                return 0;
              }),
              0)
        << closed;
  }
}

TEST(Descriptors, TheSoftLimitIsRaisedToTheHardOne) {
  EXPECT_EQ(in_child([] {
              const rlimit low{20, 50};
              ::setrlimit(RLIMIT_NOFILE, &low);
              if (raise_descriptor_limit() != 50) return 1;
              rlimit now{};
              ::getrlimit(RLIMIT_NOFILE, &now);
              return now.rlim_cur == 50 ? 0 : 2;
            }),
            0);
}

TEST(Descriptors, TheLastOnesAreReserved) {
  EXPECT_EQ(in_child([] {
              const rlimit small{32, 32};
              ::setrlimit(RLIMIT_NOFILE, &small);
              return !is_reserved_descriptor(21) && is_reserved_descriptor(22) ? 0 : 1;
            }),
            0);
  EXPECT_EQ(in_child([] {
              rlimit usual{};
              ::getrlimit(RLIMIT_NOFILE, &usual);
              usual.rlim_cur = std::min<rlim_t>(usual.rlim_max, 1024);
              ::setrlimit(RLIMIT_NOFILE, &usual);
              const int first = static_cast<int>(usual.rlim_cur) - 64;
              return !is_reserved_descriptor(first - 1) && is_reserved_descriptor(first) ? 0 : 1;
            }),
            0);
}

}  // namespace
}  // namespace remora::core
