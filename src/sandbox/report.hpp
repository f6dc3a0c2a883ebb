// What the user sees: a header, the table of metrics, and the verdict.
//
// Pure: a view goes in, text for a terminal of `width` columns comes out.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/received.hpp"

namespace remora::sandbox {

struct ContainerView {
  std::string name, docker_id;
  std::string origin;  ///< where its stats come from
};

enum class Mark : std::uint8_t { ok, waiting, failed };

struct ReportView {
  std::string family, launch_type;
  std::vector<ContainerView> containers;
  std::chrono::milliseconds elapsed{0};
  std::optional<std::chrono::milliseconds> total;
  Mark agent_mark = Mark::waiting;
  std::string agent;                   ///< "healthy: 8 components", "not started (--no-agent)"
  std::vector<std::string> servers;    ///< real ones: "redis: redis-server 7.0.15 started on …"
  std::vector<std::string> findings;   ///< mistakes in the task definition, one line each
  std::vector<std::string> notes;      ///< "Docker socket …: no such file"
  std::vector<std::string> agent_log;  ///< its last warnings and errors
  std::chrono::milliseconds since_last_payload{-1};  ///< negative: none yet
  std::size_t width = 80;
  bool colour = false;
};

/// Every line ends in '\n' and has at most `width` columns (colours aside).
[[nodiscard]] std::string render_header(const ReportView& view, const Received& received);
/// Newest value of every series, grouped by container. `max_lines` > 0 cuts it, saying how many
/// lines are missing.
[[nodiscard]] std::string render_table(const ReportView& view, const Received& received,
                                       std::size_t max_lines = 0);
/// The tags of each container once, and the service checks.
[[nodiscard]] std::string render_tags(const ReportView& view, const Received& received);
/// One line for outputs that are not a terminal.
[[nodiscard]] std::string render_progress(const ReportView& view, const Received& received);

struct Verdict {
  struct Line {
    Mark mark = Mark::ok;
    std::string text;
  };
  std::vector<Line> lines;
  [[nodiscard]] bool ok() const;
};
[[nodiscard]] std::string render_verdict(const ReportView& view, const Verdict& verdict);

/// A warning or error of the agent, on as many lines as it takes.
[[nodiscard]] std::string render_problem(std::string_view problem, std::size_t width);

}  // namespace remora::sandbox
