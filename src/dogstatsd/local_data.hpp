// What a client says of the container it runs in: the `c:` field.
//
// Source: DataDog/datadog-agent comp/core/tagger/origindetection/origindetection.go.
#pragma once

#include <cstdint>
#include <string_view>

namespace remora::dogstatsd {

struct LocalData {
  std::string_view container_id;  ///< empty: none named
  std::uint64_t inode = 0;        ///< of the cgroup v2 directory; 0: none named
};

/// "ci-<id>", "in-<inode>", "cid-<id>" or a bare id; in a list only the first two count. A bad
/// inode is none; what else was said still counts.
[[nodiscard]] LocalData parse_local_data(std::string_view text);

/// True for what may be the id of a container: 1 to 128 of 0-9 a-z A-Z _ . and -.
[[nodiscard]] bool is_container_id(std::string_view text);

}  // namespace remora::dogstatsd
