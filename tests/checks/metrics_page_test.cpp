// Holds docs/metrics.md and the metric tables together, both ways.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "fakes/source_dir.hpp"
#include "remora/checks/container/container_check.hpp"
#include "remora/checks/dogstatsd_metrics.hpp"
#include "remora/checks/ecs_fargate/ecs_fargate_check.hpp"
#include "remora/checks/self_metrics.hpp"

namespace remora::checks {
namespace {

struct Row {
  std::string type, unit, section;
};

std::string trim(std::string text) {
  const auto first = text.find_first_not_of(" `");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" `") - first + 1);
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> all;
  std::stringstream stream(line.substr(1));
  for (std::string cell; std::getline(stream, cell, '|');) all.push_back(trim(cell));
  return all;
}

// Rows of the tables whose first column is headed "Metric".
std::map<std::string, Row> read_page() {
  std::ifstream file(fakes::source_dir() + "/docs/metrics.md");
  std::map<std::string, Row> rows;
  std::string line, section;
  bool in_table = false;
  while (std::getline(file, line)) {
    if (line.starts_with("## ")) section = line.substr(3);
    if (!line.starts_with("|")) {
      in_table = false;
      continue;
    }
    const auto row = cells(line);
    if (row.size() < 3) continue;
    if (row[0] == "Metric") {
      in_table = true;
      continue;
    }
    if (!in_table || row[0].starts_with("-")) continue;
    EXPECT_TRUE(rows.emplace(row[0], Row{row[1], row[2], section}).second)
        << row[0] << " has two rows";
  }
  return rows;
}

TEST(MetricsPage, AndTablesSayTheSame) {
  auto rows = read_page();
  ASSERT_FALSE(rows.empty());
  const auto take = [&](std::span<const MetricInfo> metrics) {
    for (const MetricInfo& metric : metrics) {
      const auto row = rows.find(std::string(metric.name));
      if (row == rows.end()) {
        ADD_FAILURE() << metric.name << " has no row";
        continue;
      }
      EXPECT_EQ(row->second.type, metric.type) << metric.name;
      EXPECT_EQ(row->second.unit, metric.unit.empty() ? "-" : metric.unit) << metric.name;
      EXPECT_EQ(row->second.section.find("extended") != std::string::npos, metric.extended)
          << metric.name;
      rows.erase(row);
    }
  };
  take(container_metrics());
  take(ecs_fargate_metrics());
  take(agent_self_metrics());
  take(dogstatsd_metrics());
  for (const auto& [name, row] : rows) ADD_FAILURE() << name << " is in no table";
}

}  // namespace
}  // namespace remora::checks
