#include "sandbox/local_stats.hpp"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "sandbox/metadata_documents.hpp"

namespace remora::sandbox {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxGroup = 64;  // processes read in full for one container

Json cpu_json(const LocalSample* sample) {
  Json usage;
  usage["total_usage"] = sample ? sample->usage.cpu_user_ns + sample->usage.cpu_system_ns : 0;
  usage["usage_in_kernelmode"] = sample ? sample->usage.cpu_system_ns : 0;
  usage["usage_in_usermode"] = sample ? sample->usage.cpu_user_ns : 0;
  Json out;
  out["cpu_usage"] = std::move(usage);
  if (sample) {
    out["system_cpu_usage"] = sample->system_cpu_ns;
    out["online_cpus"] = sample->online_cpus;
  }
  out["throttling_data"] = {{"periods", 0}, {"throttled_periods", 0}, {"throttled_time", 0}};
  return out;
}

Json block_io(std::uint64_t read, std::uint64_t write) {
  Json out = Json::array();
  out.push_back({{"major", 0}, {"minor", 0}, {"op", "read"}, {"value", read}});
  out.push_back({{"major", 0}, {"minor", 0}, {"op", "write"}, {"value", write}});
  return out;
}

bool word_start(std::string_view text, std::string_view word) {
  // "redis" is the start of "redis-server", but "app" is not the start of "apport".
  if (word.size() < 3 || !text.starts_with(word)) return false;
  if (text.size() == word.size()) return true;
  const char next = text[word.size()];
  return next == '-' || next == '_' || next == '.' || next == ':' || next == ' ' ||
         (next >= '0' && next <= '9');
}

}  // namespace

std::string docker_stats_json(const LocalSample& current,
                              const std::optional<LocalSample>& previous, const std::string& name,
                              const std::string& id) {
  const Usage& usage = current.usage;
  Json out;
  out["read"] = rfc3339(current.read);
  out["preread"] = previous ? rfc3339(previous->read) : "0001-01-01T00:00:00Z";
  out["pids_stats"] = Json::object();
  Json io;
  io["io_service_bytes_recursive"] = block_io(usage.read_bytes, usage.write_bytes);
  io["io_serviced_recursive"] = block_io(usage.read_ops, usage.write_ops);
  out["blkio_stats"] = std::move(io);
  out["num_procs"] = 0;
  out["storage_stats"] = Json::object();
  out["cpu_stats"] = cpu_json(&current);
  out["precpu_stats"] = cpu_json(previous ? &*previous : nullptr);
  Json memory;
  memory["usage"] = usage.memory;
  memory["stats"] = {{"anon", usage.anon},
                     {"file", usage.file},
                     {"inactive_file", 0},
                     {"pgfault", usage.page_faults},
                     {"pgmajfault", usage.major_page_faults}};
  memory["limit"] = current.memory_limit;
  out["memory_stats"] = std::move(memory);
  Json networks = Json::object();
  for (const Interface& i : current.interfaces)
    networks[i.name] = {{"rx_bytes", i.rx_bytes},   {"rx_packets", i.rx_packets},
                        {"rx_errors", i.rx_errors}, {"rx_dropped", i.rx_dropped},
                        {"tx_bytes", i.tx_bytes},   {"tx_packets", i.tx_packets},
                        {"tx_errors", i.tx_errors}, {"tx_dropped", i.tx_dropped}};
  if (!networks.empty()) out["networks"] = std::move(networks);
  out["name"] = name;
  out["id"] = id;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool resembles(std::string_view command, const ContainerDefinition& container) {
  return word_start(command, container.name) || word_start(command, short_image(container.image));
}

LocalStats::LocalStats(const TaskDefinition& definition, std::vector<std::string> docker_ids,
                       const core::Clock& clock, ProcFiles files)
    : definition_(definition),
      docker_ids_(std::move(docker_ids)),
      clock_(clock),
      files_(std::move(files)),
      groups_(definition.containers.size()) {}

bool LocalStats::belongs_elsewhere(int pid) const {
  return std::any_of(processes_.begin(), processes_.end(),
                     [pid](const auto& known) { return known.second == pid; });
}

void LocalStats::sample() {
  const std::vector<Process> processes = files_.processes();
  LocalSample base;
  base.read = clock_.wall();
  base.system_cpu_ns = files_.system_cpu_ns();
  base.online_cpus = static_cast<std::uint32_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  base.memory_limit = files_.memory_total();
  base.interfaces = files_.interfaces();
  // Devices nothing ever passed through are no part of what a task would see.
  std::erase_if(base.interfaces,
                [](const Interface& i) { return i.rx_packets == 0 && i.tx_packets == 0; });
  // In awsvpc mode all containers share one network namespace: each shows the same counters.
  for (std::size_t i = 0; i < groups_.size(); ++i) sample_group(i, processes, base);
}

void LocalStats::sample_group(std::size_t index, const std::vector<Process>& processes,
                              LocalSample base) {
  Group& group = groups_[index];
  const ContainerDefinition& container = definition_.containers[index];
  const bool is_agent = index == definition_.agent;
  const int own_pid = getpid();
  const auto known = processes_.find(index);

  std::set<int> members;
  const Process* first = nullptr;
  for (const Process& process : processes) {
    if (process.pid == own_pid) continue;
    // Started by hand (--no-agent), the agent is known by its name only. It never counts for
    // another container, whatever that one's image is called.
    const bool agent = processes_.count(definition_.agent) == 0 && process.command == "agent";
    const bool mine = known != processes_.end()        ? process.pid == known->second
                      : belongs_elsewhere(process.pid) ? false
                      : is_agent                       ? agent
                                 : !agent && resembles(process.command, container);
    if (!mine) continue;
    members.insert(process.pid);
    if (first == nullptr) first = &process;
  }
  // Children belong to the container; /proc lists parents before children only by chance.
  for (bool grew = !members.empty(); grew;) {
    grew = false;
    for (const Process& process : processes)
      if (members.count(process.parent) != 0 && members.insert(process.pid).second) grew = true;
  }

  if (members.empty() && (group.machine || !group.current)) {
    group.machine = true;
    group.origin = "this machine's processes";
    base.usage = files_.machine();
  } else {
    if (group.machine) group = Group();  // its process appeared: other counters from here on
    std::map<std::pair<int, std::uint64_t>, Usage> live;
    for (const Process& process : processes) {
      if (members.count(process.pid) == 0) continue;
      Process full = process;
      if (live.size() < kMaxGroup && files_.fill(full))
        live[{full.pid, full.start_ticks}] = full.usage;
    }
    for (const auto& [key, usage] : group.live) {
      if (live.count(key) != 0) continue;
      Usage rest = usage;
      rest.memory = rest.anon = rest.file = 0;
      group.ended += rest;
    }
    group.live = std::move(live);
    base.usage = group.ended;
    for (const auto& [key, usage] : group.live) base.usage += usage;
    if (first != nullptr)
      group.origin =
          "process " + std::to_string(first->pid) + " (" + first->command + ")" +
          (members.size() > 1 ? " and " + std::to_string(members.size() - 1) + " more" : "");
  }
  group.previous = std::move(group.current);
  group.current = std::move(base);
}

std::string LocalStats::stats(std::size_t index) const {
  if (index >= groups_.size() || !groups_[index].current) return {};
  return docker_stats_json(*groups_[index].current, groups_[index].previous,
                           definition_.containers[index].name, docker_ids_[index]);
}

std::string LocalStats::origin(std::size_t index) const {
  return index < groups_.size() ? groups_[index].origin : std::string();
}

}  // namespace remora::sandbox
