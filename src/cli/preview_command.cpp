// `agent preview FILE`.
#include "cli/commands.hpp"
#include "cli/daemon.hpp"

namespace remora::cli {

int preview_command(const CommandLine& line, const Context& context, const Programs& programs) {
  if (line.operands.size() != 1) {
    return report(context, line.operands.empty() ? "which task definition? \"agent preview FILE\""
                                                 : "one file at a time: \"agent preview FILE\"");
  }
  const auto previewed =
      programs.preview({line.operands[0], line.has("json"), line.has("verbose")});
  if (!previewed) return report(context, previewed.error().message());
  const int written = put_out(line, context, previewed->text);
  if (written != kSuccess) return written;
  return previewed->faulty ? kFaulty : kSuccess;
}

}  // namespace remora::cli
