// Runs of receivers side by side, and the table and JSON they end in.
#pragma once

#include <map>

#include "bench/bench_options.hpp"
#include "bench/dogstatsd/receivers.hpp"

namespace remora::bench {

inline std::string describe(const Load& load) {
  std::string text =
      std::string(to_string(load.wire)) + ", " + std::to_string(load.per_packet) + " a packet";
  if (load.rate != 100'000) text += ", " + std::to_string(load.rate / 1000) + "k/s";
  if (load.contexts != 1000) text += ", " + std::to_string(load.contexts / 1000) + "k contexts";
  if (load.kind != "mixed") text += ", type " + load.kind;
  return text;
}

/// A load, and what each receiver used in each run of it.
class Table {
 public:
  Table() {
    std::printf("%-40s %-18s %-21s %8s %8s %8s %9s %9s %7s\n", "load", "receiver",
                "CPU s per million", "x floor", "lost %", "kernel %", "idle MiB", "peak MiB",
                "rate");
  }

  /// Runs go round the receivers, so that a busy minute of the machine touches all of them.
  void row(const Load& load, const std::vector<Receiver*>& receivers, int runs) {
    std::map<Receiver*, std::vector<Usage>> all;
    for (int run = 0; run < runs; ++run) {
      for (Receiver* receiver : receivers) {
        if (receiver->missing(load.wire).empty()) all[receiver].push_back(receiver->measure(load));
      }
    }
    double floor = 0;
    for (Receiver* receiver : receivers) {
      print(load, *receiver, all[receiver], floor);
      if (receiver->name() == "floor") floor = median_of(all[receiver], &Usage::cpu_per_million);
    }
    std::fflush(stdout);
  }

  [[nodiscard]] const Json& json() const { return json_; }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  template <class Get>
  static std::vector<double> each(const std::vector<Usage>& runs, Get get) {
    std::vector<double> values;
    for (const Usage& u : runs) values.push_back(static_cast<double>(std::invoke(get, u)));
    return values;
  }
  template <class Get>
  static double median_of(const std::vector<Usage>& runs, Get get) {
    return median(each(runs, get));
  }

  void print(const Load& load, Receiver& receiver, const std::vector<Usage>& runs, double floor) {
    std::printf("%-40s %-18s ", describe(load).c_str(), receiver.name().c_str());
    std::string failure = receiver.missing(load.wire);
    for (const Usage& u : runs) {
      if (failure.empty()) failure = u.failure;
      failed_ = failed_ || !u.failure.empty();
    }
    Json one;
    one["load"] = describe(load);
    one["receiver"] = receiver.name();
    if (!failure.empty()) {
      std::printf("%s\n", failure.c_str());
      one["missing"] = failure;
      json_.push_back(one);
      return;
    }
    const auto dropped = [](const Usage& u) {
      return static_cast<double>(u.dropped_by_kernel) /
             static_cast<double>(std::max<std::uint64_t>(u.sent, 1));
    };
    const Json cpu = spread(each(runs, &Usage::cpu_per_million));
    const double middle = cpu["median"], least = cpu["min"], most = cpu["max"];
    char text[64], ratio[16] = "";
    std::snprintf(text, sizeof text, "%.2f (%.2f-%.2f)", middle, least, most);
    if (floor > 0) std::snprintf(ratio, sizeof ratio, "%.2f", middle / floor);
    std::printf("%-21s %8s %8.3f %8.3f %9.1f %9.1f %6.0f%%\n", text, ratio,
                100 * median_of(runs, &Usage::lost), 100 * median_of(runs, dropped),
                median_of(runs, &Usage::idle_mib), median_of(runs, &Usage::peak_mib),
                100 * median_of(runs, &Usage::rate_reached));
    one["cpu_seconds_per_million"] = cpu;
    if (floor > 0) one["times_floor"] = middle / floor;
    one["lost"] = spread(each(runs, &Usage::lost));
    one["dropped_by_kernel"] = spread(each(runs, dropped));
    one["idle_mib"] = spread(each(runs, &Usage::idle_mib));
    one["peak_mib"] = spread(each(runs, &Usage::peak_mib));
    one["rate_reached"] = median_of(runs, &Usage::rate_reached);
    one["messages"] = median_of(runs, &Usage::sent);
    one["generator_cpu_seconds"] = median_of(runs, &Usage::generator_cpu_seconds);
    one["shipped_bytes"] = median_of(runs, &Usage::shipped_bytes);
    one["series"] = median_of(runs, &Usage::series);
    one["sketches"] = median_of(runs, &Usage::sketches);
    json_.push_back(one);
  }

  Json json_ = Json::array();
  bool failed_ = false;
};

}  // namespace remora::bench
