// 200 agents on this machine against one intake, started together as a deployment does: do their
// flushes spread over the interval, and what does it all cost?
#include <sys/resource.h>

#include <csignal>
#include <cstdio>

#include "bench/process_usage.hpp"
#include "bench/recording_intake.hpp"
#include "bench/task_of_containers.hpp"
#include "e2e/process.hpp"

using namespace remora;
using namespace remora::bench;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kContainers = 3;
constexpr int kInterval = 15;

}  // namespace

int main(int argc, char** argv) {
  rlimit files{8192, 8192};
  setrlimit(RLIMIT_NOFILE, &files);
  const Options options = Options::parse(argc, argv);
  const int count = options.count > 0 ? options.count : 200;
  const int total = options.seconds > 0 ? options.seconds : 120;
  const int warm_up = std::max(30, total / 4);
  e2e::ServerThread intake_thread, task_thread;
  RecordingIntake intake(intake_thread);
  Tasks tasks(task_thread, kContainers);

  std::vector<std::unique_ptr<e2e::Process>> agents;
  const auto begin = Clock::now();
  for (int i = 0; i < count; ++i) {
    agents.push_back(std::make_unique<e2e::Process>(options.agent, std::vector<std::string>{"run"},
                                                    agent_variables(tasks.url(i), intake.url())));
  }
  const double starting = std::chrono::duration<double>(Clock::now() - begin).count();
  std::this_thread::sleep_until(begin + seconds(warm_up));
  const auto cpu_of_all = [&] {
    double sum = 0;
    for (const auto& agent : agents) sum += cpu_seconds_of(agent->pid());
    return sum;
  };
  const int intervals = std::max(1, (total - warm_up) / kInterval);
  const double cpu_before = cpu_of_all();
  const int metadata_before = tasks.requests;
  const auto from = Clock::now();
  std::this_thread::sleep_until(from + seconds(intervals * kInterval));
  const auto to = Clock::now();
  const double window = std::chrono::duration<double>(to - from).count();
  const double cpu = (cpu_of_all() - cpu_before) / window;
  const double metadata = (tasks.requests - metadata_before) / window;
  double rss = 0, pss = 0;
  for (const auto& agent : agents) {
    const Memory memory = memory_of(agent->pid());
    rss += memory.rss_mib;
    pss += memory.pss_mib;
  }

  double requests = 0, bytes = 0;
  std::vector<int> buckets(kInterval, 0);
  int flushes = 0, validations = 0;
  for (const Arrival& arrival : intake.arrivals()) {
    validations += arrival.path == "/api/v1/validate" ? 1 : 0;
    if (arrival.at < from || arrival.at >= to) continue;
    requests += 1 / window;
    bytes += static_cast<double>(arrival.bytes) / window;
    if (arrival.path != "/api/v2/series") continue;
    const auto second = std::chrono::duration_cast<seconds>(arrival.at - from).count();
    ++buckets[static_cast<std::size_t>(second % kInterval)];
    ++flushes;
  }
  const int fullest = *std::max_element(buckets.begin(), buckets.end());
  const double even = static_cast<double>(flushes) / kInterval;

  std::printf("%d agents with %d containers, started within %.1f s; %d intervals measured\n", count,
              kContainers, starting, intervals);
  std::printf("intake     %8.1f requests/s, %.1f KiB/s; %d key validations\n", requests,
              bytes / 1024, validations);
  std::printf("metadata   %8.1f requests/s\n", metadata);
  std::printf("memory     %8.0f MiB resident in sum, %.0f MiB with shared pages once (%.1f each)\n",
              rss, pss, pss / count);
  std::printf("CPU        %8.1f %% of one core in sum, %.3f %% each\n", cpu * 100,
              cpu * 100 / count);
  std::printf("series payloads by second of the interval (even would be %.1f, fullest %d):\n", even,
              fullest);
  for (int second = 0; second < kInterval; ++second) {
    std::printf(
        "  %2d s %5d %s\n", second, buckets[static_cast<std::size_t>(second)],
        std::string(static_cast<std::size_t>(60.0 * buckets[static_cast<std::size_t>(second)] /
                                             std::max(1, fullest)),
                    '#')
            .c_str());
  }
  Json result;
  result["agents"] = count;
  result["containers"] = kContainers;
  result["started_within_seconds"] = starting;
  result["intake_requests_per_second"] = requests;
  result["intake_bytes_per_second"] = bytes;
  result["metadata_requests_per_second"] = metadata;
  result["key_validations"] = validations;
  result["rss_sum_mib"] = rss;
  result["pss_sum_mib"] = pss;
  result["cpu_percent_of_core_sum"] = cpu * 100;
  result["payloads_by_second"] = buckets;
  result["fullest_second_over_even"] = even > 0 ? fullest / even : 0;
  options.write(result);
  for (const auto& agent : agents) agent->kill(SIGTERM);
  bool clean = flushes >= count * intervals;
  for (const auto& agent : agents) clean &= agent->wait(seconds(30)) == 0;
  if (!clean) std::printf("FAILED: an agent missed a flush or did not stop cleanly\n");
  return clean ? 0 : 1;
}
