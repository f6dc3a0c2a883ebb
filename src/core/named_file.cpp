#include "remora/core/named_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "remora/core/apart.hpp"

namespace remora::core {
namespace {

class Handle {
 public:
  explicit Handle(int fd) : fd_(fd) {}
  ~Handle() {
    if (fd_ >= 0) ::close(fd_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

struct Close {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

Error system_error(int number) {
  if (number == ENOENT || number == ENOTDIR) return fail(Errc::not_found, "no such file");
  if (number == EACCES || number == EPERM) {
    return fail(Errc::io, "permission denied: is it readable for the agent's user?");
  }
  return fail(Errc::io, std::strerror(number));
}

// Where the open file really is, links and `..` resolved. Empty where /proc is not mounted.
std::string real_path(int fd) {
  std::array<char, PATH_MAX> text{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t n = ::readlink(link.c_str(), text.data(), text.size());
  return n > 0 ? std::string(text.data(), static_cast<std::size_t>(n)) : std::string();
}

bool is_below(const std::string& path, std::string folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  if (folder == "/") return path.starts_with('/');
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool is_of_the_kernel(int fd, const std::string& path) {
  if (is_below(path, "/proc") || is_below(path, "/sys") || is_below(path, "/dev")) return true;
  struct statfs system {};
  if (::fstatfs(fd, &system) != 0) return true;
  const auto type = static_cast<unsigned long>(system.f_type);
  constexpr unsigned long kOfTheKernel[] = {
      PROC_SUPER_MAGIC, SYSFS_MAGIC,   CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
      DEBUGFS_MAGIC,    TRACEFS_MAGIC, SECURITYFS_MAGIC,   DEVPTS_SUPER_MAGIC,
      BPF_FS_MAGIC,     NSFS_MAGIC,    PSTOREFS_MAGIC,     SELINUX_MAGIC,
  };
  return std::find(std::begin(kOfTheKernel), std::end(kOfTheKernel), type) !=
         std::end(kOfTheKernel);
}

// The decision is about the open file, not about its name: what is swapped later changes nothing.
Result<void> admit(int fd, const FilePolicy& policy) {
  if (!policy.confined) return {};
  const std::string real = real_path(fd);
  if (real.empty() || is_of_the_kernel(fd, real)) {
    return fail(Errc::unauthorized,
                "refused: a label may not name files below /proc, /sys or /dev");
  }
  const bool inside =
      std::any_of(policy.folders.begin(), policy.folders.end(), [&](const std::string& folder) {
        if (!folder.starts_with('/')) return false;
        const std::unique_ptr<char, decltype(&std::free)> resolved(
            ::realpath(folder.c_str(), nullptr), std::free);
        return resolved != nullptr && is_below(real, resolved.get());
      });
  if (inside) return {};
  return fail(Errc::unauthorized, "refused: it is in none of the folders that labels may name");
}

// Looks at the path without opening what is there.
Result<struct stat> look(const Handle& place, int number) {
  if (!place) return system_error(number);
  struct stat info {};
  if (::fstat(place.get(), &info) != 0) return system_error(errno);
  return info;
}

// Opens exactly what `place` found. By name where /proc is not mounted, and then only if it is the
// same file still.
int reopen(const Handle& place, const struct stat& found, const std::string& path, int flags) {
  const std::string link = "/proc/self/fd/" + std::to_string(place.get());
  int fd = ::open(link.c_str(), flags);
  if (fd >= 0 || errno != ENOENT) return fd;
  fd = ::open(path.c_str(), flags);
  struct stat now {};
  if (fd < 0 ||
      (::fstat(fd, &now) == 0 && now.st_dev == found.st_dev && now.st_ino == found.st_ino)) {
    return fd;
  }
  ::close(fd);
  errno = ENOENT;
  return -1;
}

}  // namespace

Result<std::string> read_file_here(const std::string& path, std::size_t max_bytes,
                                   const FilePolicy& policy) {
  const Handle place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  const auto info = look(place, errno);
  if (!info) return info.error();
  if (!S_ISREG(info->st_mode)) return fail(Errc::io, "not a regular file");
  if (const auto allowed = admit(place.get(), policy); !allowed) return allowed.error();
  const Handle file(reopen(place, *info, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return system_error(errno);
  const auto too_large = [&] {
    return fail(Errc::too_large, "larger than " + std::to_string(max_bytes) + " bytes");
  };
  if (static_cast<std::size_t>(std::max<off_t>(info->st_size, 0)) > max_bytes) return too_large();
  // The size is a hint: files of the kernel say 0, and others may grow.
  std::string text(static_cast<std::size_t>(info->st_size) + 1, '\0');
  std::size_t size = 0;
  for (;;) {
    const ssize_t n = ::read(file.get(), text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
    if (size > max_bytes) return too_large();
    if (size == text.size()) text.resize(std::min(2 * size + 4096, max_bytes + 1));
  }
  text.resize(size);
  return text;
}

Result<std::vector<std::string>> list_folder_here(
    const std::string& path, const std::function<bool(std::string_view name)>& wanted,
    std::size_t max_files, const FilePolicy& policy) {
  const Handle place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  const auto info = look(place, errno);
  if (!info) return info.error();
  if (!S_ISDIR(info->st_mode)) return fail(Errc::io, "not a folder");
  if (const auto allowed = admit(place.get(), policy); !allowed) return allowed.error();
  const int fd = reopen(place, *info, path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
  if (fd < 0) return system_error(errno);
  const std::unique_ptr<DIR, Close> folder(::fdopendir(fd));
  if (!folder) {
    ::close(fd);
    return system_error(errno);
  }
  std::vector<std::string> out;
  while (out.size() < max_files) {
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    if (wanted(entry->d_name)) out.push_back(path + '/' + entry->d_name);
  }
  std::sort(out.begin(), out.end());
  return out;
}

asio::awaitable<Result<std::string>> read_file(std::string path, FileLimits limits,
                                               FilePolicy policy) {
  std::function<Result<std::string>()> work = [path, limits, policy] {
    return read_file_here(path, limits.bytes, policy);
  };
  auto text = co_await run_apart<std::string>(std::move(work), limits.time);
  co_return text;
}

Result<std::string> read_file_waiting(const std::string& path, const FileLimits& limits,
                                      const FilePolicy& policy) {
  return wait_apart<std::string>(
      [path, limits, policy] { return read_file_here(path, limits.bytes, policy); }, limits.time);
}

}  // namespace remora::core
