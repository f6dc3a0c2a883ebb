// Nanoseconds of CPU per container to parse /task/stats. CPU time, not the clock on the wall: on a
// busy machine other processes would be measured, too.
#include <unistd.h>

#include <cstdio>

#include "bench/process_usage.hpp"
#include "bench/task_of_containers.hpp"
#include "remora/ecs/stats.hpp"

using namespace remora;
using namespace remora::bench;

int main(int argc, char** argv) {
  const Options options = Options::parse(argc, argv);
  const int runs = options.runs > 0 ? options.runs : 200;
  Json result;
  std::printf("%-11s %10s %17s %8s\n", "containers", "bytes", "ns per container", "MB/s");
  for (const int containers : {1, 10, 50, 200}) {
    const std::string body = stats_document(0, containers, 1'700'000'000);
    std::vector<double> nanoseconds;
    for (int run = 0; run < runs; ++run) {
      const double begin = cpu_seconds_of(getpid());
      const auto stats = ecs::parse_task_stats(body);
      const double took = cpu_seconds_of(getpid()) - begin;
      if (!stats || stats->containers.size() != static_cast<std::size_t>(containers)) return 1;
      nanoseconds.push_back(took * 1e9);
    }
    const double each = median(nanoseconds) / containers;
    const double rate = static_cast<double>(body.size()) / median(nanoseconds) * 1000;
    std::printf("%-11d %10zu %17.0f %8.0f\n", containers, body.size(), each, rate);
    result["points"].push_back({{"containers", containers},
                                {"bytes", body.size()},
                                {"ns_per_container", each},
                                {"mb_per_second", rate}});
  }
  options.write(result);
  return 0;
}
