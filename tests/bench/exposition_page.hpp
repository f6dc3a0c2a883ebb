// A Prometheus page of 5 MB.
#pragma once

#include <cstdio>
#include <random>
#include <string>

namespace remora::bench {

inline constexpr std::size_t kPageBytes = 5'000'000;

/// Families as services expose them: half histograms, the rest counters, gauges and summaries.
inline std::string make_page() {
  std::mt19937 random(6);
  std::string page;
  const auto number = [&](double scale) {
    char text[32];
    std::snprintf(text, sizeof text, "%.*g", static_cast<int>(3 + random() % 12),
                  static_cast<double>(random()) / 4294967296.0 * scale);
    return std::string(text);
  };
  for (int family = 0; page.size() < kPageBytes; ++family) {
    const int kind = family % 6;
    const std::string name = "app_subsystem" + std::to_string(family) + "_requests";
    const char* type = kind < 3    ? "histogram"
                       : kind == 3 ? "counter"
                       : kind == 4 ? "gauge"
                                   : "summary";
    const std::string exposed = kind == 3 ? name + "_total" : name;
    page += "# HELP " + exposed + " What this part of the service has done since it began.\n";
    page += "# TYPE " + exposed + " " + type + "\n";
    for (int series = 0; series < 12; ++series) {
      const std::string labels = "method=\"GET\",path=\"/api/v1/items/" + std::to_string(series) +
                                 "\",status=\"" + std::to_string(200 + series % 3) + "\"";
      const auto line = [&](const std::string& suffix, const std::string& more, double scale) {
        page += name + suffix + "{" + labels + more + "} " + number(scale) + "\n";
      };
      if (kind < 3) {
        for (const char* bound : {"0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1",
                                  "2.5", "5", "10", "+Inf"}) {
          line("_bucket", std::string(",le=\"") + bound + "\"", 1e6);
        }
        line("_sum", "", 1e6);
        line("_count", "", 1e6);
      } else if (kind == 5) {
        for (const char* quantile : {"0.5", "0.9", "0.99"}) {
          line("", std::string(",quantile=\"") + quantile + "\"", 10);
        }
        line("_sum", "", 1e6);
        line("_count", "", 1e6);
      } else {
        line(kind == 3 ? "_total" : "", "", 1e9);
      }
    }
  }
  return page;
}

}  // namespace remora::bench
