#include "cli/daemon.hpp"

#include <fstream>

#include "cli/commands.hpp"
#include "remora/api/ipc_client.hpp"
#include "remora/config/secrets.hpp"
#include "remora/core/printable.hpp"

namespace remora::cli {
namespace {

/// One line of what to do, by the cause.
std::string_view hint(Errc code) {
  switch (code) {
    case Errc::not_found:
      return "Make sure that the agent is running, and that this command runs in the agent's own "
             "container with the same DD_API_KEY.";
    case Errc::unauthorized:
      return "Make sure that this command has the DD_API_KEY (or DD_AUTH_TOKEN_FILE_PATH) of the "
             "running agent.";
    default:
      return "Make sure that the agent is running; its log says more.";
  }
}

}  // namespace

config::Loaded load(const CommandLine& line, const Context& context) {
  config::Loaded loaded = config::load(context.environment, line.value("cfgpath"));
  config::remember_secrets(loaded, context.environment);
  return loaded;
}

Result<std::string> ask(const config::Loaded& loaded, std::string_view request,
                        std::chrono::milliseconds timeout) {
  auto reply = api::ipc_request(ipc_identity(loaded), request, timeout);
  if (!reply) return reply.error();
  if (reply->status != 200) return fail(Errc::http_status, reply->body);
  return std::move(reply->body);
}

int report_unreachable(const Context& context, const Error& error) {
  if (error.code() == Errc::http_status) return report(context, error.message());
  const int code = report(context, "could not reach agent: " + error.message());
  context.err(std::string(hint(error.code())) + "\n");
  return code;
}

int put_out(const CommandLine& line, const Context& context, std::string_view text) {
  if (!line.has("file")) {
    context.out(text);
    return kSuccess;
  }
  std::ofstream file(line.value("file"), std::ios::binary);
  file << core::printable(text, core::Breaks::kept);  // it may be shown by `cat`
  file.close();
  if (!file) return report(context, "cannot write " + line.value("file"));
  return kSuccess;
}

std::string query_value(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string value;
  for (const char c : text.substr(0, 1024)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '/';
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      value += c;
    } else if (c == ' ') {
      value += '+';
    } else {
      value += '%';
      value += kHex[byte >> 4];
      value += kHex[byte & 15u];
    }
  }
  return value;
}

}  // namespace remora::cli
