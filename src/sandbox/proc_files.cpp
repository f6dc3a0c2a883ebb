#include "sandbox/proc_files.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <memory>

namespace remora::sandbox {
namespace {

constexpr std::size_t kMaxFileBytes = 256 * 1024;
constexpr std::size_t kMaxProcesses = 20'000;
constexpr std::uint64_t kSectorBytes = 512;  // the unit of /proc/diskstats, on every device

/// Cuts text into words, line by line.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}
  std::string_view next() {
    const std::size_t begin = rest_.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    rest_.remove_prefix(begin);
    const std::size_t end = std::min(rest_.find_first_of(" \t"), rest_.size());
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return word;
  }
  std::uint64_t number() {
    const std::string_view word = next();
    std::uint64_t value = 0;
    std::from_chars(word.data(), word.data() + word.size(), value);
    return value;
  }
  void skip(int words) {
    while (words-- > 0) next();
  }

 private:
  std::string_view rest_;
};

template <class Visit>
void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::uint64_t value_of(const std::map<std::string, std::uint64_t, std::less<>>& values,
                       std::string_view key) {
  const auto it = values.find(key);
  return it == values.end() ? 0 : it->second;
}

}  // namespace

Usage& Usage::operator+=(const Usage& other) {
  cpu_user_ns += other.cpu_user_ns;
  cpu_system_ns += other.cpu_system_ns;
  memory += other.memory;
  anon += other.anon;
  file += other.file;
  page_faults += other.page_faults;
  major_page_faults += other.major_page_faults;
  read_bytes += other.read_bytes;
  write_bytes += other.write_bytes;
  read_ops += other.read_ops;
  write_ops += other.write_ops;
  return *this;
}

std::map<std::string, std::uint64_t, std::less<>> parse_key_values(std::string_view text) {
  std::map<std::string, std::uint64_t, std::less<>> out;
  for_each_line(text, [&](std::string_view line) {
    Words words(line);
    std::string_view key = words.next();
    if (key.ends_with(':')) key.remove_suffix(1);
    if (!key.empty()) out.emplace(key, words.number());
  });
  return out;
}

std::optional<Process> parse_process_stat(std::string_view text, std::uint64_t tick_ns) {
  const std::size_t open = text.find('('), close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return std::nullopt;
  Process out;
  Words pid(text.substr(0, open));
  out.pid = static_cast<int>(pid.number());
  out.command = text.substr(open + 1, close - open - 1);
  Words words(text.substr(close + 1));
  const std::string_view state = words.next();
  out.parent = static_cast<int>(words.number());
  words.skip(5);  // pgrp session tty_nr tpgid flags
  out.usage.page_faults = words.number();
  words.skip(1);  // cminflt
  out.usage.major_page_faults = words.number();
  out.usage.page_faults += out.usage.major_page_faults;
  words.skip(1);  // cmajflt
  out.usage.cpu_user_ns = words.number() * tick_ns;
  out.usage.cpu_system_ns = words.number() * tick_ns;
  words.skip(6);  // cutime cstime priority nice num_threads itrealvalue
  out.start_ticks = words.number();
  if (state.empty() || out.pid == 0 || out.start_ticks == 0) return std::nullopt;
  return out;
}

std::vector<Interface> parse_net_dev(std::string_view text) {
  std::vector<Interface> out;
  for_each_line(text, [&](std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;  // the two heading lines
    Words name(line.substr(0, colon));
    Interface entry;
    entry.name = name.next();
    if (entry.name.empty() || entry.name == "lo") return;
    Words words(line.substr(colon + 1));
    entry.rx_bytes = words.number();
    entry.rx_packets = words.number();
    entry.rx_errors = words.number();
    entry.rx_dropped = words.number();
    words.skip(4);  // fifo frame compressed multicast
    entry.tx_bytes = words.number();
    entry.tx_packets = words.number();
    entry.tx_errors = words.number();
    entry.tx_dropped = words.number();
    out.push_back(std::move(entry));
  });
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

ProcFiles::ProcFiles(std::string proc, std::string cgroup)
    : proc_(std::move(proc)),
      cgroup_(std::move(cgroup)),
      tick_ns_(1'000'000'000ULL / static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK))),
      page_bytes_(static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))) {}

std::optional<std::string> ProcFiles::read(const std::string& path) const {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  // These files have no size: read until the end, or until far more than any of them holds.
  std::string out;
  char block[4096];
  while (out.size() < kMaxFileBytes && file.read(block, sizeof block).gcount() > 0)
    out.append(block, static_cast<std::size_t>(file.gcount()));
  if (out.empty()) return std::nullopt;
  return out;
}

std::vector<Process> ProcFiles::processes() const {
  std::vector<Process> out;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(proc_.c_str()), closedir);
  if (!directory) return out;
  while (const dirent* entry = readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name.empty() || name.find_first_not_of("0123456789") != std::string_view::npos) continue;
    const auto text = read(proc_ + "/" + std::string(name) + "/stat");
    if (!text) continue;
    if (auto process = parse_process_stat(*text, tick_ns_)) out.push_back(std::move(*process));
    if (out.size() == kMaxProcesses) break;
  }
  return out;
}

bool ProcFiles::fill(Process& process) const {
  const std::string directory = proc_ + "/" + std::to_string(process.pid);
  const auto statm = read(directory + "/statm");
  if (!statm) return false;
  Words words(*statm);
  words.skip(1);  // size
  const std::uint64_t resident = words.number() * page_bytes_;
  const std::uint64_t shared = std::min(words.number() * page_bytes_, resident);
  process.usage.memory = resident;
  process.usage.file = shared;
  process.usage.anon = resident - shared;
  if (const auto rollup = read(directory + "/smaps_rollup")) {
    // Proportional: pages shared by five processes of a group count once, not five times.
    const auto values = parse_key_values(*rollup);
    const std::uint64_t pss = value_of(values, "Pss") * 1024;
    if (pss > 0) {
      process.usage.memory = pss;
      process.usage.anon = std::min(value_of(values, "Pss_Anon") * 1024, pss);
      process.usage.file = pss - process.usage.anon;
    }
  }
  if (const auto io = read(directory + "/io")) {
    const auto values = parse_key_values(*io);
    process.usage.read_bytes = value_of(values, "read_bytes");
    process.usage.write_bytes = value_of(values, "write_bytes");
    process.usage.read_ops = value_of(values, "syscr");
    process.usage.write_ops = value_of(values, "syscw");
  }
  return true;
}

std::optional<Usage> ProcFiles::cgroup_usage() const {
  // The machine's root cgroup has no memory.current: where it is, a container's cgroup is the root
  // of our view.
  const auto current = read(cgroup_ + "/memory.current");
  const auto cpu = read(cgroup_ + "/cpu.stat");
  if (!current || !cpu) return std::nullopt;
  Usage out;
  Words words(std::string_view(*current).substr(0, current->find('\n')));
  out.memory = words.number();
  const auto cpu_values = parse_key_values(*cpu);
  out.cpu_user_ns = value_of(cpu_values, "user_usec") * 1000;
  out.cpu_system_ns = value_of(cpu_values, "system_usec") * 1000;
  if (const auto stat = read(cgroup_ + "/memory.stat")) {
    const auto values = parse_key_values(*stat);
    out.anon = value_of(values, "anon");
    out.file = value_of(values, "file");
    out.page_faults = value_of(values, "pgfault");
    out.major_page_faults = value_of(values, "pgmajfault");
  }
  if (const auto io = read(cgroup_ + "/io.stat")) {
    for_each_line(*io, [&](std::string_view line) {
      Words fields(line);
      fields.skip(1);  // major:minor
      for (std::string_view word = fields.next(); !word.empty(); word = fields.next()) {
        const std::size_t equals = word.find('=');
        if (equals == std::string_view::npos) continue;
        std::uint64_t value = 0;
        std::from_chars(word.data() + equals + 1, word.data() + word.size(), value);
        const std::string_view key = word.substr(0, equals);
        if (key == "rbytes") out.read_bytes += value;
        if (key == "wbytes") out.write_bytes += value;
        if (key == "rios") out.read_ops += value;
        if (key == "wios") out.write_ops += value;
      }
    });
  }
  return out;
}

Usage ProcFiles::machine() const {
  if (const auto usage = cgroup_usage()) return *usage;
  Usage out;
  if (const auto stat = read(proc_ + "/stat")) {
    Words words(std::string_view(*stat).substr(0, stat->find('\n')));
    words.skip(1);  // "cpu"
    const std::uint64_t user = words.number(), nice = words.number(), system = words.number();
    words.skip(2);  // idle iowait
    const std::uint64_t irq = words.number(), softirq = words.number();
    out.cpu_user_ns = (user + nice) * tick_ns_;
    out.cpu_system_ns = (system + irq + softirq) * tick_ns_;
  }
  if (const auto meminfo = read(proc_ + "/meminfo")) {
    const auto values = parse_key_values(*meminfo);
    const std::uint64_t total = value_of(values, "MemTotal"), free = value_of(values, "MemFree");
    out.memory = (total - std::min(free, total)) * 1024;
    out.anon = value_of(values, "AnonPages") * 1024;
    out.file = (value_of(values, "Cached") + value_of(values, "Buffers")) * 1024;
  }
  if (const auto vmstat = read(proc_ + "/vmstat")) {
    const auto values = parse_key_values(*vmstat);
    out.page_faults = value_of(values, "pgfault");
    out.major_page_faults = value_of(values, "pgmajfault");
  }
  if (const auto disks = read(proc_ + "/diskstats")) {
    for_each_line(*disks, [&](std::string_view line) {
      Words words(line);
      words.skip(2);  // major minor
      const std::string_view name = words.next();
      if (name.starts_with("loop") || name.starts_with("ram") || name.starts_with("dm-")) return;
      out.read_ops += words.number();
      words.skip(1);  // merged
      out.read_bytes += words.number() * kSectorBytes;
      words.skip(1);  // ms
      out.write_ops += words.number();
      words.skip(1);
      out.write_bytes += words.number() * kSectorBytes;
    });
  }
  return out;
}

std::uint64_t ProcFiles::system_cpu_ns() const {
  const auto stat = read(proc_ + "/stat");
  if (!stat) return 0;
  Words words(std::string_view(*stat).substr(0, stat->find('\n')));
  words.skip(1);
  std::uint64_t ticks = 0;
  for (int i = 0; i < 7; ++i) ticks += words.number();  // user … softirq, as Docker adds them up
  return ticks * tick_ns_;
}

std::uint64_t ProcFiles::memory_total() const {
  const auto meminfo = read(proc_ + "/meminfo");
  return meminfo ? value_of(parse_key_values(*meminfo), "MemTotal") * 1024 : 0;
}

std::vector<Interface> ProcFiles::interfaces() const {
  const auto text = read(proc_ + "/net/dev");
  return text ? parse_net_dev(*text) : std::vector<Interface>{};
}

}  // namespace remora::sandbox
