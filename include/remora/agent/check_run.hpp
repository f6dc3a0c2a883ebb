// `agent check NAME`: one check, in this process, now.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "remora/config/load.hpp"

namespace remora::agent {

enum class CheckForm { text, json, table };

struct CheckRequest {
  std::string name;  ///< of the check; the name of its product does too (redis)
  int times = 1;
  std::chrono::milliseconds pause{0}, delay{100};  ///< between two runs, after the last
  std::string instance_filter;                     ///< see agent/instance_filter.hpp; empty = all
  std::chrono::milliseconds discovery_timeout{5000};
  std::size_t discovery_min_instances = 1;
  CheckForm form = CheckForm::text;
};

struct CheckOutput {
  std::function<void(std::string_view)> out, err;  ///< whole texts, line ends included
};

/// Looks for the check in labels and files as the daemon does, runs every instance and prints what
/// it gave. Sends nothing and needs no API key; a running daemon is not disturbed. Returns 0, or
/// 255 when no instance was found or one failed. Blocking; at most the discovery timeout plus the
/// time the runs are allowed to take.
[[nodiscard]] int run_check(const config::Loaded& loaded, const config::Environment& environment,
                            const CheckRequest& request, const CheckOutput& output);

}  // namespace remora::agent
