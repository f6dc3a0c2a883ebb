// `agent preview FILE`: what this agent would do with a task definition.
#pragma once

#include <string>

#include "remora/core/error.hpp"

namespace remora::agent {

struct PreviewRequest {
  std::string file;
  bool json = false;
  bool verbose = false;  ///< of the text: all metric names, and files that stand for labels
};

struct PreviewOutput {
  std::string text;     ///< line ends included; of every task definition of a template
  bool faulty = false;  ///< there is an error among the faults, or a definition that is unread
};

/// Reads the file and nothing else of this machine: settings are those of the agent's container in
/// the definition. Blocking, without network.
/// Errors: those of taskdef::read_each.
[[nodiscard]] Result<PreviewOutput> preview_file(const PreviewRequest& request);

}  // namespace remora::agent
