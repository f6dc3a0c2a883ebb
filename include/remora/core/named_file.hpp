// Files that settings, check configurations or container labels name: the one way to read them.
//
// Whoever writes a path decides what is behind it: a pipe, a terminal, a device, a dead network
// mount, an endless file. So only regular files are read, never waiting for one (O_NONBLOCK), up to
// a limit in bytes; and off the loop, up to a limit in time, because a dead mount hangs whoever
// looks at it. A path is looked at before it is opened: opening a device can have effects.
//
// Messages do not repeat the path and never hold a word of the content; callers put the name of the
// option in front.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/error.hpp"

namespace remora::core {

/// Which files the author of a path may name. The operator of the agent may name any.
struct FilePolicy {
  /// The path stands in a container label: nothing below /proc, /sys and /dev, whatever links or
  /// mounts lead there, and only what is below one of `folders`.
  bool confined = false;
  std::vector<std::string> folders;  ///< absolute; links in them are followed
  friend bool operator==(const FilePolicy&, const FilePolicy&) = default;
};

struct FileLimits {
  std::size_t bytes = 1024 * 1024;
  std::chrono::milliseconds time{2'000};
};

/// The whole file. Blocks: for threads that may. Errors: not_found; io (not a regular file, no
/// permission); too_large; unauthorized (refused by `policy`).
[[nodiscard]] Result<std::string> read_file_here(const std::string& path, std::size_t max_bytes,
                                                 const FilePolicy& policy = {});

/// Paths of the folder's entries whose names `wanted` takes, sorted; at most `max_files`. Blocks.
/// Errors: not_found; io (not a folder); unauthorized.
[[nodiscard]] Result<std::vector<std::string>> list_folder_here(
    const std::string& path, const std::function<bool(std::string_view name)>& wanted,
    std::size_t max_files, const FilePolicy& policy = {});

/// The whole file, without holding up the loop. Errors: as above, and those of run_apart().
[[nodiscard]] asio::awaitable<Result<std::string>> read_file(std::string path, FileLimits limits,
                                                             FilePolicy policy);

/// The same for callers without a loop, and for the start: returns within `limits.time`.
[[nodiscard]] Result<std::string> read_file_waiting(const std::string& path,
                                                    const FileLimits& limits,
                                                    const FilePolicy& policy = {});

}  // namespace remora::core
