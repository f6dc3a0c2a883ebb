#include "agent/end_line.hpp"

#include "remora/core/log.hpp"

namespace remora::agent {
namespace {

const core::Logger kLog("agent");

}  // namespace

void log_end(const forwarder::DrainReport& report, std::uint64_t sent_payloads,
             std::chrono::milliseconds took) {
  if (report.lost_payloads > 0) {
    kLog.error("stopped, with data that could not be sent",
               {{"took", took},
                {"lost_payloads", report.lost_payloads},
                {"lost_items", report.lost_items},
                {"refused_payloads", report.refused_payloads},
                {"pushed_out_payloads", report.pushed_out_payloads},
                {"sent_payloads", sent_payloads},
                {"reason", report.problem}});
  } else if (report.refused_payloads + report.pushed_out_payloads > 0) {
    kLog.error("stopped, with data that was refused or dropped before",
               {{"took", took},
                {"lost_payloads", 0},
                {"refused_payloads", report.refused_payloads},
                {"pushed_out_payloads", report.pushed_out_payloads},
                {"dropped_items", report.dropped_items},
                {"sent_payloads", sent_payloads},
                {"reason", report.problem}});
  } else {
    kLog.info("stopped, everything sent",
              {{"took", took}, {"lost_payloads", 0}, {"sent_payloads", sent_payloads}});
  }
}

}  // namespace remora::agent
