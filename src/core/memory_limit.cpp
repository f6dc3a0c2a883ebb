// Sources: Linux Documentation/admin-guide/cgroup-v2.rst (memory.max) and cgroup-v1/memory.rst
// (memory.limit_in_bytes, hierarchical_memory_limit), man 7 cgroups (/proc/self/cgroup).
#include "remora/core/memory_limit.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>
#include <vector>

namespace remora::core {
namespace {

constexpr std::size_t kMaxFile = 64 * 1024;  ///< the files are a few KiB
constexpr std::size_t kMaxDepth = 64;        ///< of a control group

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (!file) return text;
  text.resize(kMaxFile);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return text;
}

std::string_view next_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// The number that `text` begins with, after blanks; 0 for "max" and anything else.
std::uint64_t number(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return 0;
  text.remove_prefix(first);
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::uint64_t value_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (line.size() > key.size() && line.starts_with(key) &&
        std::string_view(" \t:").find(line[key.size()]) != std::string_view::npos) {
      return number(line.substr(key.size() + 1));
    }
  }
  return 0;
}

// "/a/b" -> {"/a/b", "/a", ""}: the group and those above it. Where the group's path means nothing
// here (no namespace of its own, only its own part mounted), the last one is our group.
std::vector<std::string> with_ancestors(std::string_view path) {
  std::vector<std::string> groups;
  const bool outside = path.find("/..") != std::string_view::npos;
  while (!outside && path.size() > 1 && path.starts_with('/') && groups.size() < kMaxDepth) {
    groups.emplace_back(path);
    path = path.substr(0, path.rfind('/'));
  }
  groups.emplace_back();
  return groups;
}

void lower(std::uint64_t& limit, std::uint64_t found) {
  if (found > 0 && (limit == 0 || found < limit)) limit = found;
}

bool lists_memory(std::string_view controllers) {
  while (!controllers.empty()) {
    const auto comma = controllers.find(',');
    if (controllers.substr(0, comma) == "memory") return true;
    if (comma == std::string_view::npos) break;
    controllers.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace

MemoryLimit memory_limit(const std::string& proc_root, const std::string& cgroup_root) {
  MemoryLimit result;
  result.machine = value_of(read_file(proc_root + "/meminfo"), "MemTotal") * 1024;

  const std::string groups = read_file(proc_root + "/self/cgroup");
  std::string_view rest = groups;
  while (!rest.empty()) {
    // "<number>:<controllers>:<path>"; the one of v2 has number 0 and no controllers.
    const std::string_view line = next_line(rest);
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string_view path = line.substr(second + 1);
    if (controllers.empty()) {
      for (const std::string& group : with_ancestors(path)) {
        lower(result.container, number(read_file(cgroup_root + group + "/memory.max")));
      }
    } else if (lists_memory(controllers)) {
      for (const std::string& group : with_ancestors(path)) {
        const std::string directory = cgroup_root + "/memory" + group;
        lower(result.container, number(read_file(directory + "/memory.limit_in_bytes")));
        lower(result.container,
              value_of(read_file(directory + "/memory.stat"), "hierarchical_memory_limit"));
      }
    }
  }
  // v1 says "no limit" with a number close to 2^63.
  constexpr std::uint64_t kUnlimited = std::uint64_t{1} << 60;
  if (result.container >= (result.machine > 0 ? result.machine : kUnlimited)) result.container = 0;
  return result;
}

}  // namespace remora::core
