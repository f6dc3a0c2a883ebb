// Source of field names: Docker Engine API v1.30+ (ContainerStats) and the JSON examples of the
// Amazon ECS developer guide, "Task metadata endpoint version 4".
#include <algorithm>

#include "ecs/json_walk.hpp"
#include "ecs/warning_list.hpp"
#include "remora/core/ascii.hpp"
#include "remora/ecs/metadata.hpp"
#include "remora/ecs/stats.hpp"

namespace remora::ecs {
namespace {

constexpr std::size_t kMaxDetailKeys = 128;
constexpr std::size_t kMaxInterfaces = 64;

template <class T, class Member>
struct NumberField {
  std::string_view key;
  Member T::*member;
};
using CpuField = NumberField<CpuStats, std::optional<std::uint64_t>>;
using MemoryField = NumberField<MemoryStats, std::optional<std::uint64_t>>;
using InterfaceField = NumberField<InterfaceStats, std::uint64_t>;

constexpr CpuField kCpuUsage[] = {{"total_usage", &CpuStats::total_ns},
                                  {"usage_in_usermode", &CpuStats::user_ns},
                                  {"usage_in_kernelmode", &CpuStats::kernel_ns}};
constexpr CpuField kCpu[] = {{"system_cpu_usage", &CpuStats::system_ns},
                             {"online_cpus", &CpuStats::online_cpus}};
constexpr CpuField kThrottling[] = {{"periods", &CpuStats::periods},
                                    {"throttled_periods", &CpuStats::throttled_periods},
                                    {"throttled_time", &CpuStats::throttled_ns}};
constexpr MemoryField kMemory[] = {{"usage", &MemoryStats::usage},
                                   {"max_usage", &MemoryStats::max_usage},
                                   {"limit", &MemoryStats::limit},
                                   {"failcnt", &MemoryStats::failcnt}};
constexpr InterfaceField kInterface[] = {
    {"rx_bytes", &InterfaceStats::rx_bytes},   {"rx_packets", &InterfaceStats::rx_packets},
    {"rx_errors", &InterfaceStats::rx_errors}, {"rx_dropped", &InterfaceStats::rx_dropped},
    {"tx_bytes", &InterfaceStats::tx_bytes},   {"tx_packets", &InterfaceStats::tx_packets},
    {"tx_errors", &InterfaceStats::tx_errors}, {"tx_dropped", &InterfaceStats::tx_dropped}};

template <class T, class Member, std::size_t N>
Member T::*number_member(const NumberField<T, Member> (&fields)[N], std::string_view key) {
  for (const auto& f : fields) {
    if (f.key == key) return f.member;
  }
  return nullptr;
}

void add_saturating(std::uint64_t& sum, std::uint64_t n) {
  sum = n > UINT64_MAX - sum ? UINT64_MAX : sum + n;
}

/// Fields of the stats object whose value must be an object; the two arrays are block I/O.
bool is_section(std::string_view key) {
  return key == "cpu_stats" || key == "precpu_stats" || key == "memory_stats" ||
         key == "blkio_stats" || key == "networks";
}

class StatsHandler final : public JsonHandler {
 public:
  std::optional<Error> on_value(const JsonPath& path, const JsonValue& value) override {
    if (path.depth() == 1) {
      if (auto error = entry(path[0])) return error;
      if (!value.absent()) warnings_.add(who(path[0]) + ": not an object");
      return std::nullopt;
    }
    if (!open_ || value.absent()) return std::nullopt;
    const std::string_view section = path[1];
    const std::size_t depth = path.depth();
    if (depth == 2) {
      if (section == "read" || section == "preread") return time(path, value);
      if (is_section(section)) fault(path);
    } else if (section == "cpu_stats") {
      cpu(path, value, stats_.cpu, percpu_);
    } else if (section == "precpu_stats") {
      cpu(path, value, stats_.precpu, prepercpu_);
    } else if (section == "memory_stats") {
      memory(path, value);
    } else if (section == "blkio_stats") {
      block_io(path, value);
    } else if (section == "networks") {
      network(path, value);
    }
    return std::nullopt;
  }

  std::optional<Error> on_open(const JsonPath& path, bool array) override {
    const std::size_t depth = path.depth();
    if (depth == 1) {
      if (auto error = entry(path[0])) return error;
      if (array) {
        warnings_.add(who(path[0]) + ": not an object");
        return std::nullopt;
      }
      open_ = true;
      stats_ = ContainerStats{};
      percpu_ = prepercpu_ = 0;
      return std::nullopt;
    }
    if (!open_) return std::nullopt;
    const std::string_view section = path[1];
    if (depth == 2) {
      if (array && is_section(section)) fault(path);
      if (!array && (section == "read" || section == "preread")) fault(path);
    } else if (section == "blkio_stats" && depth == 3) {
      BlockIo* io = block_io_of(path[2]);
      if (io == nullptr) return std::nullopt;
      if (!array) {
        fault(path);
      } else {
        *io = BlockIo{};
        io->present = true;
      }
    } else if (section == "blkio_stats" && depth == 4) {
      operation_.clear();
      operation_value_ = 0;
    } else if (section == "networks" && depth == 3 && !path.in_array(2)) {
      if (array) {
        fault(path);
      } else {
        open_interface(path);
      }
    }
    return std::nullopt;
  }

  std::optional<Error> on_close(const JsonPath& path, bool array) override {
    if (!open_) return std::nullopt;
    const std::size_t depth = path.depth();
    if (depth == 1 && !array) {
      finish(path[0]);
    } else if (depth == 4 && !array && path[1] == "blkio_stats" && path.in_array(3)) {
      BlockIo* io = block_io_of(path[2]);
      if (io == nullptr) return std::nullopt;
      // cgroup v1 writes "Read", v2 "read"; "Total" and the like would count bytes twice.
      if (core::equals_ignoring_case(operation_, "read"))
        add_saturating(io->read, operation_value_);
      if (core::equals_ignoring_case(operation_, "write"))
        add_saturating(io->write, operation_value_);
    } else if (depth == 3 && path[1] == "networks") {
      interface_ = kNone;
    }
    return std::nullopt;
  }

  TaskStats take() {
    result_.warnings = warnings_.take();
    return std::move(result_);
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  static std::string who(std::string_view id) { return "container " + shown(id); }

  void fault(const JsonPath& path) {
    std::string field;
    for (std::size_t i = 1; i < path.depth(); ++i) {
      if (i > 1 && !path.in_array(i)) field += '.';
      field += path.in_array(i) ? "[]" : shown(path[i]);
    }
    warnings_.add(who(path[0]) + ": " + field + " is not usable");
  }

  /// Notes that the document knows `id`. Errors: too_large.
  std::optional<Error> entry(std::string_view id) {
    if (id.empty()) {
      warnings_.add("an entry without a container id: skipped");
      return std::nullopt;
    }
    const auto it = result_.containers.find(id);
    if (it != result_.containers.end()) return std::nullopt;
    if (result_.containers.size() >= kMaxContainers) {
      return fail(Errc::too_large, "task stats of more than 1000 containers");
    }
    result_.containers.emplace(std::string(id), std::nullopt);
    return std::nullopt;
  }

  std::optional<Error> time(const JsonPath& path, const JsonValue& value) {
    auto& out = path[1] == "read" ? stats_.read : stats_.preread;
    out = value.is_text() ? parse_rfc3339(value.text) : std::nullopt;
    if (!out && !(value.is_text() && value.text.starts_with("0001-01-01"))) fault(path);
    return std::nullopt;
  }

  template <class T, class Member, std::size_t N>
  void number(const JsonPath& path, const JsonValue& value,
              const NumberField<T, Member> (&fields)[N], T& out) {
    Member T::*member = number_member(fields, path[path.depth() - 1]);
    if (member == nullptr) return;
    if (const auto n = value.as_unsigned()) {
      out.*member = *n;
    } else {
      fault(path);
    }
  }

  void cpu(const JsonPath& path, const JsonValue& value, CpuStats& out, std::uint64_t& percpu) {
    const std::size_t depth = path.depth();
    if (depth == 3) {
      if (path[2] == "cpu_usage" || path[2] == "throttling_data") return fault(path);
      number(path, value, kCpu, out);
    } else if (depth == 4 && path[2] == "cpu_usage") {
      number(path, value, kCpuUsage, out);
    } else if (depth == 4 && path[2] == "throttling_data") {
      number(path, value, kThrottling, out);
    } else if (depth == 5 && path[2] == "cpu_usage" && path[3] == "percpu_usage" &&
               path.in_array(4)) {
      ++percpu;
    }
  }

  void memory(const JsonPath& path, const JsonValue& value) {
    if (path.depth() == 3) {
      if (path[2] == "stats") return fault(path);
      number(path, value, kMemory, stats_.memory);
    } else if (path.depth() == 4 && path[2] == "stats" && !path.in_array(3)) {
      const auto n = value.as_unsigned();
      if (!n) return fault(path);
      auto& detail = stats_.memory.detail;
      const auto it = detail.find(path[3]);
      if (it != detail.end()) {
        it->second = *n;
      } else if (detail.size() < kMaxDetailKeys) {
        detail.emplace(std::string(path[3]), *n);
      } else {
        warnings_.add(who(path[0]) + ": more than 128 memory_stats.stats keys: " + shown(path[3]) +
                      " skipped");
      }
    }
  }

  BlockIo* block_io_of(std::string_view key) {
    if (key == "io_service_bytes_recursive") return &stats_.io_bytes;
    if (key == "io_serviced_recursive") return &stats_.io_operations;
    return nullptr;
  }
  void block_io(const JsonPath& path, const JsonValue& value) {
    if (block_io_of(path[2]) == nullptr) return;
    const std::size_t depth = path.depth();
    if (depth <= 4) return fault(path);
    if (depth != 5 || !path.in_array(3)) return;
    if (path[4] == "op") {
      if (!value.is_text()) return fault(path);
      operation_.assign(value.text);
    } else if (path[4] == "value") {
      const auto n = value.as_unsigned();
      if (!n) return fault(path);
      operation_value_ = *n;
    }
  }

  void open_interface(const JsonPath& path) {
    auto& all = stats_.networks;
    const auto it =
        std::find_if(all.begin(), all.end(), [&](const auto& i) { return i.name == path[2]; });
    interface_ = static_cast<std::size_t>(it - all.begin());
    if (it != all.end()) return;
    if (all.size() >= kMaxInterfaces) {
      interface_ = kNone;
      warnings_.add(who(path[0]) + ": more than 64 interfaces: " + shown(path[2]) + " skipped");
      return;
    }
    all.emplace_back().name = path[2];
  }
  void network(const JsonPath& path, const JsonValue& value) {
    if (path.depth() == 3) return fault(path);
    if (path.depth() == 4 && interface_ != kNone) {
      number(path, value, kInterface, stats_.networks[interface_]);
    }
  }

  void finish(std::string_view id) {
    open_ = false;
    interface_ = kNone;
    if (!stats_.cpu.total_ns || id.empty()) return;
    if (stats_.cpu.online_cpus.value_or(0) == 0 && percpu_ > 0) stats_.cpu.online_cpus = percpu_;
    if (stats_.precpu.online_cpus.value_or(0) == 0 && prepercpu_ > 0) {
      stats_.precpu.online_cpus = prepercpu_;
    }
    std::sort(stats_.networks.begin(), stats_.networks.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    const auto it = result_.containers.find(id);
    if (it != result_.containers.end()) it->second = std::move(stats_);
  }

  TaskStats result_;
  WarningList warnings_;
  // The entry being read.
  bool open_ = false;
  ContainerStats stats_;
  std::uint64_t percpu_ = 0, prepercpu_ = 0;
  std::string operation_;
  std::uint64_t operation_value_ = 0;
  std::size_t interface_ = kNone;
};

}  // namespace

std::optional<std::uint64_t> MemoryStats::get(std::string_view key) const {
  const auto it = detail.find(key);
  if (it == detail.end()) return std::nullopt;
  return it->second;
}

bool MemoryStats::cgroup_v2() const {
  return get("anon") && !get("rss") && !get("total_inactive_file");
}

const ContainerStats* TaskStats::find(std::string_view docker_id) const {
  const auto it = containers.find(docker_id);
  return it == containers.end() || !it->second ? nullptr : &*it->second;
}

Result<TaskStats> parse_task_stats(std::string_view body) {
  StatsHandler handler;
  if (auto error = walk_json(body, handler)) return std::move(*error);
  return handler.take();
}

}  // namespace remora::ecs
