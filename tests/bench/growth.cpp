// How memory and CPU grow from 1 to 200 containers: a line, or something worse?
#include <csignal>
#include <cstdio>

#include "bench/process_usage.hpp"
#include "bench/recording_intake.hpp"
#include "bench/task_of_containers.hpp"
#include "e2e/process.hpp"

using namespace remora;
using namespace remora::bench;
using std::chrono::seconds;

int main(int argc, char** argv) {
  const Options options = Options::parse(argc, argv);
  const int total = options.seconds > 0 ? options.seconds : 120;
  const int warm_up = std::min(20, total / 3);
  e2e::ServerThread thread;
  RecordingIntake intake(thread, false);

  const std::vector<int> sizes{1, 25, 50, 100, 150, 200};
  std::vector<std::unique_ptr<Tasks>> tasks;
  std::vector<std::unique_ptr<e2e::Process>> agents;
  std::vector<double> cpu_before, x, rss, anonymous, cpu;
  for (const int containers : sizes) {
    tasks.push_back(std::make_unique<Tasks>(thread, containers));
    agents.push_back(std::make_unique<e2e::Process>(
        options.agent, std::vector<std::string>{"run"},
        agent_variables(tasks.back()->url(containers), intake.url())));
  }
  std::this_thread::sleep_for(seconds(warm_up));
  for (const auto& agent : agents) cpu_before.push_back(cpu_seconds_of(agent->pid()));
  std::this_thread::sleep_for(seconds(total - warm_up));

  Json result;
  std::printf("%-11s %9s %14s %15s\n", "containers", "RSS MiB", "anonymous MiB", "CPU s per hour");
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const Memory memory = memory_of(agents[i]->pid());
    const double used = cpu_seconds_of(agents[i]->pid()) - cpu_before[i];
    x.push_back(sizes[i]);
    rss.push_back(memory.rss_mib * 1024);
    anonymous.push_back(memory.anonymous_mib * 1024);
    cpu.push_back(used / (total - warm_up) * 3600);
    std::printf("%-11d %9.1f %14.1f %15.2f\n", sizes[i], memory.rss_mib, memory.anonymous_mib,
                cpu.back());
    result["points"].push_back({{"containers", sizes[i]},
                                {"rss_mib", memory.rss_mib},
                                {"anonymous_mib", memory.anonymous_mib},
                                {"cpu_seconds_per_hour", cpu.back()}});
  }
  const auto print = [&](const char* name, const char* unit, const Line& line) {
    std::printf("%-10s %9.2f %s + %.3f %s per container   (R2 %.3f)\n", name, line.base, unit,
                line.slope, unit, line.r2);
    result[name] = {{"unit", unit}, {"base", line.base}, {"slope", line.slope}, {"r2", line.r2}};
  };
  print("rss", "KiB", fit(x, rss));
  print("anonymous", "KiB", fit(x, anonymous));
  print("cpu", "s/hour", fit(x, cpu));
  options.write(result);
  for (const auto& agent : agents) agent->kill(SIGTERM);
  bool clean = true;
  for (const auto& agent : agents) clean &= agent->wait(seconds(15)) == 0;
  return clean ? 0 : 1;
}
