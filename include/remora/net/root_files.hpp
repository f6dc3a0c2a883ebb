// Where the certificates of trusted issuers come from: a bundle, a folder, or the system.
#pragma once

#include <string>

#include "remora/core/error.hpp"
#include "remora/core/named_file.hpp"

namespace remora::net {

inline constexpr core::FileLimits kRootLimits{8u << 20};

struct RootFiles {
  std::string file;    ///< PEM bundle, or a folder
  std::string folder;  ///< with names as `openssl rehash` makes them; beside `file`, or alone
  core::FilePolicy policy;
  [[nodiscard]] bool system() const { return file.empty() && folder.empty(); }
};

/// PEM text with all their certificates. `files.system()`: the first bundle of this system that
/// holds any, else its folder; empty where there is none. A file of a folder that cannot be read or
/// is no PEM is left out, and a folder that is not there is empty. Blocks: for threads that may
/// (core/apart.hpp). Errors: invalid_config, unauthorized, too_large, naming the file.
[[nodiscard]] Result<std::string> read_roots_here(const RootFiles& files);

}  // namespace remora::net
