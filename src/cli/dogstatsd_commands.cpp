// `agent dogstatsd …`, `dogstatsd-stats`, `dogstatsd-capture`, `dogstatsd-replay`.
//
// Source of flags and texts: DataDog/datadog-agent cmd/agent/subcommands/dogstatsd*.
#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>
#include <thread>

#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "cli/replay.hpp"
#include "remora/core/clock.hpp"
#include "remora/core/scrub.hpp"

namespace remora::cli {
namespace {

/// Go's duration text ("1m30s", "500ms") in seconds.
std::optional<double> duration_seconds(std::string_view text) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  static constexpr std::array<Unit, 6> kUnits{
      {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}}};
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    double value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc() || value < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::string_view name = text.substr(0, text.find_first_of("0123456789."));
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                   [name](const Unit& u) { return u.name == name; });
    if (unit == kUnits.end()) return std::nullopt;
    total += value * unit->seconds;
    text.remove_prefix(name.size());
  }
  return total;
}

/// A count of a flag: `otherwise` when it is not given, nothing when it is no number.
std::optional<std::uint64_t> count_of(const CommandLine& line, std::string_view flag,
                                      std::uint64_t otherwise) {
  if (!line.has(flag)) return otherwise;
  const std::string text = line.value(flag);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    return std::nullopt;
  }
  return value;
}

int no_number(const CommandLine& line, const Context& context, const std::string& flag) {
  return report(context, "--" + flag + ": \"" + line.value(flag) + "\" is not a number");
}

int top_command(const CommandLine& line, const Context& context) {
  const auto metrics = count_of(line, "num-metrics", 10);
  if (!metrics) return no_number(line, context, "num-metrics");
  // The Agent's spelling of the flag has a slip of its own; both are taken.
  const std::string tags_flag = line.has("mum-tags") ? "mum-tags" : "num-tags";
  const auto tags = count_of(line, tags_flag, 5);
  if (!tags) return no_number(line, context, tags_flag);
  const auto body =
      ask(load(line, context),
          "dogstatsd-top?n=" + std::to_string(*metrics) + "&t=" + std::to_string(*tags), kTimeout);
  if (!body) return report_unreachable(context, body.error());
  return put_out(line, context, core::scrub(*body));  // the daemon has; it may be an older one
}

int dump_contexts_command(const CommandLine& line, const Context& context) {
  auto body = ask(load(line, context), "dogstatsd-contexts", kTimeout);
  if (!body) return report_unreachable(context, body.error());
  // {"LeftOut":12} in the last line is a note for us.
  constexpr std::string_view kNote = "{\"LeftOut\":";
  std::string left_out;
  const auto before_last =
      body->size() < 2 ? std::string::npos : body->rfind('\n', body->size() - 2);
  const std::size_t last = before_last == std::string::npos ? 0 : before_last + 1;
  if (std::string_view(*body).substr(last).starts_with(kNote)) {
    left_out = body->substr(last + kNote.size());
    left_out.resize(std::min(left_out.find('}'), left_out.size()));
    body->resize(last);
  }
  const int code = put_out(line, context, *body);
  if (code != kSuccess) return code;
  std::string note;
  if (line.has("file")) {
    note = "Wrote " + std::to_string(std::count(body->begin(), body->end(), '\n')) +
           " contexts to " + line.value("file") + "\n";
  }
  if (!left_out.empty()) note += left_out + " more contexts did not fit into the answer\n";
  context.err(note);
  return kSuccess;
}

}  // namespace

int dogstatsd_command(const CommandLine& line, const Context& context) {
  const std::string word = line.operands.empty() ? std::string() : line.operands[0];
  if (word == "top") return top_command(line, context);
  if (word == "dump-contexts") return dump_contexts_command(line, context);
  return report(context,
                (word.empty() ? "what of DogStatsD?" : "unknown command \"" + word + "\"") +
                    std::string(" There are \"agent dogstatsd top\" and \"agent dogstatsd "
                                "dump-contexts\""));
}

int dogstatsd_stats_command(const CommandLine& line, const Context& context) {
  const bool json = line.has("json") || line.has("pretty-json");
  std::string request = "dogstatsd-stats?format=";
  request += line.has("pretty-json") ? "pretty-json" : json ? "json" : "text";
  const auto body = ask(load(line, context), request, kTimeout);
  if (!body) return report_unreachable(context, body.error());
  std::string text =
      json ? *body : "Getting the dogstatsd stats from the agent.\n\n" + core::scrub(*body);
  if (!text.ends_with('\n')) text += '\n';
  const int code = put_out(line, context, text);
  if (code == kSuccess && line.has("file")) {
    context.out("Dogstatsd stats written in: " + line.value("file") + "\n");
  }
  return code;
}

int dogstatsd_capture_command(const CommandLine& line, const Context& context) {
  const std::string text = line.has("duration") ? line.value("duration") : "1m";
  const auto seconds = duration_seconds(text);
  if (!seconds || !(*seconds > 0)) {
    return report(context, "--duration: \"" + text + "\" is not a duration such as 30s or 1m30s");
  }
  std::string request = "dogstatsd-capture?duration=" + std::to_string(*seconds);
  if (line.has("path")) {
    // The agent may have another working directory.
    std::error_code error;
    const auto path = std::filesystem::absolute(line.value("path"), error);
    request += "&path=" + query_value(error ? line.value("path") : path.string());
  }
  request += line.value("compressed") == "false" ? "&compressed=0" : "&compressed=1";
  const auto body = ask(load(line, context), request, kTimeout);
  if (!body) return report_unreachable(context, body.error());
  context.out(
      "Starting a dogstatsd traffic capture session...\n\nCapture started, capture file "
      "being written to: " +
      *body + "\n");
  return kSuccess;
}

int dogstatsd_replay_command(const CommandLine& line, const Context& context) {
  if (!line.has("file")) return report(context, "--file: which capture? Give its file");
  const std::string loops_flag = line.has("iterations") ? "iterations" : "loops";
  const auto loops = count_of(line, loops_flag, 1);
  if (!loops) return no_number(line, context, loops_flag);
  const config::Loaded loaded = load(line, context);
  const auto sender = DatagramSender::connect(loaded.settings);
  if (!sender) return report(context, sender.error().message());

  context.out("Replaying dogstatsd traffic to " + (*sender)->address() + "...\n\n");
  const core::SystemClock clock;
  const bool verbose = line.has("verbose");
  ReplayCounts total;
  for (std::uint64_t i = 0; i < *loops || *loops == 0; ++i) {  // 0: until it is interrupted
    const auto capture = dogstatsd::CaptureReader::open_file(line.value("file"));
    if (!capture) return report(context, capture.error().message());
    const core::SteadyTime start = clock.now();
    ReplayHooks hooks;
    hooks.wait_until = [start](std::chrono::nanoseconds after) {
      std::this_thread::sleep_until(start + after);
    };
    hooks.send = [&sender](std::string_view bytes) { return (*sender)->send(bytes); };
    hooks.sent = [&context, verbose](std::size_t bytes) {
      if (!verbose) return;
      context.out("Sent Payload: " + std::to_string(bytes) + " bytes, and OOB: 0 bytes\n");
    };
    const auto counts = replay(**capture, hooks);
    if (!counts) return report(context, counts.error().message());
    total.packets += counts->packets;
    total.too_large += counts->too_large;
  }
  std::string end = "replay done: " + std::to_string(total.packets) + " packets";
  if (total.too_large > 0) {
    end += ", " + std::to_string(total.too_large) + " too long for the socket";
  }
  context.out(end + "\n");
  return kSuccess;
}

}  // namespace remora::cli
