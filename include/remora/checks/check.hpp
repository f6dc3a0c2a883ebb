// The interface of a check: something that runs every few seconds and submits values.
#pragma once

#include <string>
#include <string_view>

#include "remora/core/async.hpp"
#include "remora/core/error.hpp"
#include "remora/model/metric.hpp"

namespace remora::checks {

/// Where a check puts its values. Implemented by the runtime over the aggregator.
class Sender {
 public:
  virtual ~Sender() = default;
  virtual void submit(const model::Sample& sample) = 0;
  virtual void submit(model::ServiceCheck check) = 0;
  /// The entity with these tags is gone.
  virtual void forget(const model::Tags& tags) = 0;
};

class Check {
 public:
  virtual ~Check() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// One run. A failure is shown in `agent status`; what was submitted before it stays.
  [[nodiscard]] virtual asio::awaitable<Result<void>> run(Sender& sender) = 0;
};

}  // namespace remora::checks
