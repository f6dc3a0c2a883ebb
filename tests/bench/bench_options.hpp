// The options all benchmarks share, and where their result goes: lines for people on stdout, the
// same numbers as JSON with --json FILE.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace remora::bench {

using Json = nlohmann::ordered_json;

struct Options {
  std::string json_file;
  std::string agent = REMORA_PROGRAMS "/agent";
  int seconds = 0;  ///< 0: the benchmark's own
  int runs = 0;     ///< 0: the benchmark's own
  int count = 0;    ///< agents of `fleet`; 0: the benchmark's own
  bool tls = true;  ///< intake over https, where the benchmark knows both

  static Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
      const std::string_view name = argv[i];
      if (name == "--plain") {
        options.tls = false;
        continue;
      }
      const char* value = i + 1 < argc ? argv[++i] : nullptr;
      if (value != nullptr && name == "--json") {
        options.json_file = value;
      } else if (value != nullptr && name == "--agent") {
        options.agent = value;
      } else if (value != nullptr && name == "--seconds") {
        options.seconds = std::atoi(value);
      } else if (value != nullptr && name == "--runs") {
        options.runs = std::atoi(value);
      } else if (value != nullptr && name == "--count") {
        options.count = std::atoi(value);
      } else {
        std::fprintf(stderr,
                     "options: --json FILE --agent PATH --seconds N --runs N --count N --plain\n");
        std::exit(2);
      }
    }
    return options;
  }

  void write(const Json& result) const {
    if (json_file.empty()) return;
    std::ofstream file(json_file);
    file << result.dump(2) << "\n";
    if (!file) {
      std::fprintf(stderr, "cannot write %s\n", json_file.c_str());
      std::exit(1);
    }
  }
};

inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// Median, smallest and largest.
inline Json spread(const std::vector<double>& values) {
  Json result;
  result["median"] = median(values);
  result["min"] = values.empty() ? 0 : *std::min_element(values.begin(), values.end());
  result["max"] = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  return result;
}

/// Least squares: y = base + slope * x, and how much of y that explains.
struct Line {
  double base = 0, slope = 0, r2 = 0;
};
inline Line fit(const std::vector<double>& x, const std::vector<double>& y) {
  double mean_x = 0, mean_y = 0, xx = 0, xy = 0, yy = 0;
  const auto n = static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    mean_x += x[i] / n;
    mean_y += y[i] / n;
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  Line line;
  line.slope = xx > 0 ? xy / xx : 0;
  line.base = mean_y - line.slope * mean_x;
  line.r2 = xx > 0 && yy > 0 ? xy * xy / (xx * yy) : 0;
  return line;
}

}  // namespace remora::bench
