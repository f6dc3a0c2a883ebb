#include "cli/commands.hpp"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "cli/daemon.hpp"
#include "remora/api/health_view.hpp"
#include "remora/api/status_view.hpp"
#include "remora/core/scrub.hpp"
#include "remora/core/version.hpp"

namespace remora::cli {
namespace {

using std::chrono::milliseconds;

constexpr double kMaxTimeoutSeconds = 86'400;

Result<milliseconds> parse_timeout(const std::string& text) {
  if (text.empty()) return kTimeout;
  double seconds = 0;
  const char* end = text.data() + text.size();
  const auto [stop, ec] = std::from_chars(text.data(), end, seconds);
  if (ec != std::errc() || stop != end || !(seconds > 0) || seconds > kMaxTimeoutSeconds) {
    return fail(Errc::invalid_config,
                "--timeout: \"" + text + "\" is not a number of seconds (1-86400)");
  }
  return std::chrono::ceil<milliseconds>(std::chrono::duration<double>(seconds));
}

/// A pid file that cannot be written (read-only root) is no reason to leave a task without agent.
class PidFile {
 public:
  PidFile(std::string path, const Context& context) : path_(std::move(path)) {
    if (path_.empty()) return;
    std::ofstream file(path_);
    file << getpid() << "\n";
    file.close();
    if (!file) {
      context.err("Warning: the pid file " + path_ + " cannot be written; running without it\n");
      path_.clear();
    }
  }
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;
  ~PidFile() {
    if (!path_.empty()) std::remove(path_.c_str());
  }

 private:
  std::string path_;
};

}  // namespace

api::IpcIdentity ipc_identity(const config::Loaded& loaded) {
  const config::Settings& settings = loaded.settings;
  return api::ipc_identity(settings.api_key, settings.auth_token_file_path,
                           settings.ecs_metadata_uri_v4);
}

int report(const Context& context, std::string_view text) {
  context.err(core::scrub("Error: " + std::string(text)) + "\n");
  return kError;
}

int run_command(const CommandLine& line, const Context& context, const Programs& programs) {
  const config::Loaded loaded = load(line, context);
  if (const auto valid = config::validate_for_run(loaded); !valid) {
    report(context, valid.error().message());
    return kNoApiKey;
  }
  const PidFile pid_file(line.value("pidfile"), context);
  return programs.run(loaded);
}

int health_command(const CommandLine& line, const Context& context) {
  const auto timeout = parse_timeout(line.value("timeout"));
  if (!timeout) return report(context, timeout.error().message());
  const auto body = ask(load(line, context), "health", *timeout);
  if (!body) return report_unreachable(context, body.error());
  const auto health = api::parse_health_json(*body);
  if (!health) return report_unreachable(context, health.error());
  const bool colour = context.colour && !line.has("no-color");
  (colour ? context.coloured : context.out)(api::health_text(*health, colour));
  if (health->ok()) return kSuccess;
  return report(context,
                "found " + std::to_string(health->unhealthy.size()) + " unhealthy components");
}

int status_command(const CommandLine& line, const Context& context) {
  const bool json = line.has("json") || line.has("pretty-json");
  std::string request = "status?format=";
  request += line.has("pretty-json") ? "pretty-json" : json ? "json" : "text";
  std::string section;
  for (const std::string& word : line.operands) section += (section.empty() ? "" : " ") + word;
  if (!section.empty()) request += "&section=" + query_value(section);
  const auto body = ask(load(line, context), request, kTimeout);
  if (!body) return report_unreachable(context, body.error());

  std::string text = json ? std::string() : "Getting the status from the agent.\n\n";
  text += *body;
  if (!text.ends_with('\n')) text += '\n';
  return put_out(line, context, text);
}

int config_command(const CommandLine& line, const Context& context) {
  if (!line.operands.empty()) {
    return report(context,
                  "\"agent config " + line.operands[0] + "\" is not yet supported by remora");
  }
  const config::Loaded loaded = load(line, context);
  const auto body = ask(loaded, "config", kTimeout);
  if (body) {
    context.out(core::scrub(*body));
    return kSuccess;
  }
  const bool nobody = body.error().code() == Errc::not_found || loaded.settings.api_key.empty();
  if (!nobody) return report_unreachable(context, body.error());
  std::string note = "No agent is running: this is the configuration of the environment here.\n";
  for (const std::string& warning : loaded.warnings) note += "Warning: " + warning + "\n";
  context.err(core::scrub(std::move(note)));
  context.out(core::scrub(config::dump(loaded)));
  return kSuccess;
}

int hostname_command(const CommandLine& line, const Context& context) {
  const std::string hostname = load(line, context).settings.hostname;
  if (hostname.empty()) {
    context.err(
        "No host name: a sidecar reports for its task, not for a host. DD_HOSTNAME sets one.\n");
  }
  context.out(hostname + "\n");
  return kSuccess;
}

int version_command(const CommandLine& line, const Context& context) {
  context.out("Agent " + std::string(core::kVersion) + " (remora) - follows Datadog Agent " +
              std::string(core::kCompatibleAgentVersion) + " - Compiler: " + __VERSION__ + "\n");
  if (!line.has("full")) return kSuccess;
  std::string parts = "Built from the Debian packages:\n";
  for (const core::LinkedPackage& package : core::linked_packages()) {
    parts.append("  ").append(package.name).append(" ").append(package.version).append("\n");
  }
  context.out(parts);
  return kSuccess;
}

}  // namespace remora::cli
