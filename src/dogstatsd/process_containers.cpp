#include "remora/dogstatsd/process_containers.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "dogstatsd/socket_open.hpp"

namespace remora::dogstatsd {
namespace {

constexpr auto kValid = std::chrono::seconds(2);
constexpr std::size_t kMaxProcesses = 4096;
constexpr std::size_t kMaxInodes = 4096;
constexpr std::size_t kMaxFileBytes = 16u << 10;
constexpr std::size_t kMaxDepth = 8;
constexpr std::size_t kMaxDirectories = 20'000;
// A large tree is walked less often: at most this part of the time goes into it.
constexpr int kWalkShare = 50;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
bool is_word(char c) { return is_hex(c) || (c >= 'g' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Source: DataDog/datadog-agent pkg/util/cgroups (the expression for container ids); here an id
// must not be part of a longer word.
std::string_view last_id(std::string_view path) {
  std::string_view found;
  for (std::size_t at = 0; at < path.size();) {
    if (!is_word(path[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < path.size() && is_hex(path[end])) ++end;
    const std::size_t hex = end - at;
    if (hex == 32 && end + 1 < path.size() && path[end] == '-' && is_digit(path[end + 1])) {
      ++end;
      while (end < path.size() && is_digit(path[end])) ++end;
    }
    const bool whole = end == path.size() || !is_word(path[end]);
    if (whole && (hex == 64 || (hex == 32 && end - at > 32))) found = path.substr(at, end - at);
    at = end;
    while (at < path.size() && is_word(path[at])) ++at;
  }
  return found;
}

std::string read_file(const std::string& path) {
  std::string text;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 2048> part{};
  while (file.is_open() && text.size() < kMaxFileBytes) {
    const ssize_t n = ::read(file.get(), part.data(), part.size());
    if (n <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(n));
  }
  return text;
}

}  // namespace

std::string container_id_of_cgroup(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    // hierarchy:controllers:path; the path may contain colons.
    const std::size_t first = line.find(':');
    if (first == std::string_view::npos) continue;
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    if (const auto id = last_id(line.substr(second + 1)); !id.empty()) return std::string(id);
  }
  return {};
}

struct ProcessContainers::Impl {
  struct Entry {
    std::string container;
    core::SteadyTime read;
  };
  struct Walk {
    std::unordered_map<std::uint64_t, std::string>& found;
    std::size_t directories = 0;
  };

  Impl(const core::Clock& c, std::string proc, std::string cgroup)
      : clock(c), proc_root(std::move(proc)), cgroup_root(std::move(cgroup)) {}

  const core::Clock& clock;
  std::string proc_root, cgroup_root;
  std::unordered_map<pid_t, Entry> processes;
  std::unordered_map<std::uint64_t, std::string> inodes;
  core::SteadyTime next_walk = core::SteadyTime::min();

  void make_room(core::SteadyTime now) {
    if (processes.size() < kMaxProcesses) return;
    std::erase_if(processes, [now](const auto& p) { return now - p.second.read >= kValid; });
    if (processes.size() >= kMaxProcesses) processes.clear();
  }

  static void walk(Walk& state, const std::string& path, std::string_view id, std::size_t depth) {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), &::closedir);
    if (!directory) return;
    while (const dirent* entry = ::readdir(directory.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) continue;
      struct stat info {};
      if (::fstatat(::dirfd(directory.get()), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
          !S_ISDIR(info.st_mode))
        continue;
      if (++state.directories > kMaxDirectories) return;
      // A process may live below the directory of its container (init.scope and the like).
      const std::string_view own = last_id(name);
      const std::string container(own.empty() ? id : own);
      if (!container.empty() && state.found.size() < kMaxInodes)
        state.found.emplace(info.st_ino, container);
      if (depth < kMaxDepth) walk(state, path + '/' + entry->d_name, container, depth + 1);
    }
  }
};

ProcessContainers::ProcessContainers(const core::Clock& clock, std::string proc_root,
                                     std::string cgroup_root)
    : impl_(std::make_unique<Impl>(clock, std::move(proc_root), std::move(cgroup_root))) {}
ProcessContainers::~ProcessContainers() = default;

std::string_view ProcessContainers::of_process(pid_t pid) {
  if (pid <= 0) return {};
  Impl& impl = *impl_;
  const auto now = impl.clock.now();
  auto found = impl.processes.find(pid);
  if (found != impl.processes.end() && now - found->second.read < kValid)
    return found->second.container;
  if (found == impl.processes.end()) {
    impl.make_room(now);
    found = impl.processes.try_emplace(pid).first;
  }
  found->second.container =
      container_id_of_cgroup(read_file(impl.proc_root + '/' + std::to_string(pid) + "/cgroup"));
  found->second.read = now;
  return found->second.container;
}

std::string ProcessContainers::of_inode(std::uint64_t inode) {
  Impl& impl = *impl_;
  const auto look_up = [&] {
    const auto found = impl.inodes.find(inode);
    return found == impl.inodes.end() ? std::string() : found->second;
  };
  std::string container = look_up();
  if (!container.empty()) return container;
  const auto began = impl.clock.now();
  if (began < impl.next_walk) return container;
  impl.inodes.clear();
  Impl::Walk walk{impl.inodes};
  Impl::walk(walk, impl.cgroup_root, {}, 1);
  const auto ended = impl.clock.now();
  const auto rest = std::max<core::SteadyTime::duration>(kValid, (ended - began) * kWalkShare);
  impl.next_walk = ended + rest;
  return look_up();
}

}  // namespace remora::dogstatsd
