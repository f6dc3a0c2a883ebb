// Everything received, as the one JSON document of `--json FILE`.
#pragma once

#include <string>
#include <vector>

#include "remora/core/error.hpp"
#include "sandbox/intake.hpp"
#include "sandbox/report.hpp"

namespace remora::sandbox {

/// Threading: the loop.
class JsonRecord {
 public:
  /// Payloads beyond that are counted in "payloads_left_out", so that a run over night ends well.
  static constexpr std::size_t kMaxBytes = 256 * 1024 * 1024;

  void add(const AcceptedPayload& payload);
  /// {"family", "launch_type", "pass", "verdict": [...], "containers": [...], "payloads": [...]}.
  [[nodiscard]] std::string document(const ReportView& view, const Verdict& verdict,
                                     const Received& received) const;

 private:
  std::vector<std::string> payloads_;
  std::size_t bytes_ = 0;
  std::uint64_t left_out_ = 0;
};

/// Replaces `path` at once: a reader sees the old text or the new one. Errors: io.
[[nodiscard]] Result<void> write_file(const std::string& path, std::string_view text);

}  // namespace remora::sandbox
