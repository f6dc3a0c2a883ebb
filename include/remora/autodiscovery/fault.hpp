// What is wrong with a label or a file: for `agent status`, `agent configcheck`, `agent preview`
// and the log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace remora::autodiscovery {

enum class Severity : std::uint8_t {
  warning,  ///< read as it was meant; the check runs
  error,    ///< nothing of this label, file or instance runs
};

/// Holds no value of an instance, and no secret: whoever makes one sees to it.
struct Fault {
  Severity severity = Severity::error;
  std::string container;     ///< name in the task definition; empty for a file
  std::string container_id;  ///< DockerId; may be empty
  std::string place;         ///< full name of the label, or path of the file
  std::string message;       ///< what is wrong and what becomes of it
  std::string correction;    ///< what to write instead, where it is obvious
  bool part = false;         ///< the correction replaces only the part that the message names

  bool operator==(const Fault&) const = default;
};

/// True where the place of a fault is the name of a label, and not a file.
[[nodiscard]] bool is_label(std::string_view place);

/// One line: container "web", label com.datadoghq.ad.checks: … (write: …)
[[nodiscard]] std::string to_string(const Fault& fault);

/// Keeps the first `kMax`, counts all.
class FaultList {
 public:
  static constexpr std::size_t kMax = 200;

  void add(Fault fault);
  void add(const FaultList& others);
  [[nodiscard]] const std::vector<Fault>& kept() const { return kept_; }
  [[nodiscard]] std::size_t count() const { return count_; }  ///< kept or not
  [[nodiscard]] std::size_t errors() const { return errors_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }

 private:
  std::vector<Fault> kept_;
  std::size_t count_ = 0, errors_ = 0;
};

}  // namespace remora::autodiscovery
