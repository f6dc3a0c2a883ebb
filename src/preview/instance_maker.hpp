// Makes check instances to see whether they can be made.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "remora/autodiscovery/reconciler.hpp"
#include "remora/model/value.hpp"

namespace remora::preview {

struct Made {
  std::string failure;             ///< empty = it can be made
  std::string correction;          ///< what to write instead of the name of the check
  std::vector<std::string> notes;  ///< options passed over, files that are not here
  std::chrono::seconds interval{0};
};

/// Nothing it makes runs. Owns the loop and the services that instances ask for.
class InstanceMaker {
 public:
  InstanceMaker();
  ~InstanceMaker();
  /// `instance` with its tags. What only the running task knows in it, secrets and references of
  /// a template, may stand for anything an option can be.
  [[nodiscard]] Made make(const autodiscovery::CheckConfig& config, const model::Value& instance);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace remora::preview
