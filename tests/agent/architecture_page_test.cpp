// docs/architecture.md states limits; this test fails when the code has other ones.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include "fakes/source_dir.hpp"
#include "remora/config/settings.hpp"
#include "remora/core/log.hpp"
#include "remora/ecs/metadata_client.hpp"
#include "remora/ecs/task_source.hpp"
#include "remora/metrics/check_aggregator.hpp"
#include "remora/net/http_server.hpp"

namespace remora::agent {
namespace {

std::string page() {
  std::ifstream file(fakes::source_dir() + "/docs/architecture.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// 5242880 as "5,242,880".
std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

/// The row of a table whose first cell starts with `begin`.
std::string row(const std::string& text, const std::string& begin) {
  const auto at = text.find("\n| " + begin);
  if (at == std::string::npos) return {};
  return text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

void expect_in_row(const std::string& begin, const std::string& what) {
  const std::string found = row(page(), begin);
  EXPECT_NE(found.find(what), std::string::npos)
      << "the row \"" << begin << "\" of docs/architecture.md does not say " << what << ": "
      << found;
}

TEST(ArchitecturePage, StatesTheLimitsOfTheCode) {
  const config::Settings settings;
  const ecs::MetadataClientOptions metadata;
  expect_in_row("answer of the metadata endpoint",
                std::to_string(metadata.max_body_bytes / (1024 * 1024)) + " MiB body, " +
                    std::to_string(metadata.timeout.count() / 1000) + " s, retries for " +
                    std::to_string(metadata.retry_max_elapsed.count() / 1000) + " s");
  expect_in_row("containers of a task", grouped(ecs::kMaxContainers));
  const metrics::CheckAggregatorOptions aggregator;
  expect_in_row("contexts of the aggregator",
                grouped(aggregator.max_contexts) + "; forgotten after " +
                    std::to_string(aggregator.context_expiry.count() / 60) + " min");
  expect_in_row(
      "one series payload",
      grouped(static_cast<std::uint64_t>(settings.serializer_max_series_payload_size)) +
          " bytes compressed, " +
          grouped(static_cast<std::uint64_t>(
              settings.serializer_max_series_uncompressed_payload_size)) +
          " uncompressed, " +
          grouped(static_cast<std::uint64_t>(settings.serializer_max_series_points_per_payload)) +
          " points");
  expect_in_row(
      "retry queue of the forwarder",
      std::to_string(settings.forwarder_retry_queue_payloads_max_size / (1024 * 1024)) + " MiB");
  expect_in_row("requests in flight",
                std::to_string(settings.forwarder_max_concurrent_requests) + " (");
  expect_in_row("answer of the intake",
                std::to_string(net::HttpRequest().max_response_bytes / 1024) + " KiB body, " +
                    std::to_string(settings.forwarder_timeout.count()) + " s");
  const net::ServerOptions server;
  expect_in_row("connections of the health port", std::to_string(server.max_connections));
  expect_in_row("log lines waiting for stderr", grouped(core::LogOptions().queue_lines));
}

TEST(ArchitecturePage, StatesTheTimesOfTheCode) {
  const ecs::TaskSourceOptions source;
  EXPECT_NE(page().find("every " + std::to_string(source.first_poll_interval.count()) + " ms"),
            std::string::npos);
  EXPECT_NE(page().find("| every " + std::to_string(source.poll_interval.count() / 1000) + " s |"),
            std::string::npos);
  const config::Settings settings;
  EXPECT_NE(page().find("`DD_STOP_TIMEOUT`, " +
                        std::to_string(settings.stop_timeout.count() / 1000) + " s by default"),
            std::string::npos);
}

TEST(ArchitecturePage, ItsTableOfModulesIsTheOneOfTheBuild) {
  std::set<std::string> built, written;
  std::stringstream modules(REMORA_MODULES);
  for (std::string module; std::getline(modules, module, '|');) built.insert(module);
  std::stringstream lines(page());
  bool in_table = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "| Module | Owns |")
      in_table = true;
    else if (line.empty())
      in_table = false;
    if (in_table && line.starts_with("| `")) written.insert(line.substr(3, line.find('`', 3) - 3));
  }
  EXPECT_EQ(written, built);
}

TEST(ArchitecturePage, NamesEveryMutexThreadAndAtomic) {
  const std::string root = fakes::source_dir();
  std::set<std::string> guarded, written;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root + "/src")) {
    const std::string path = entry.path().string().substr(root.size() + 1);
    if (!entry.is_regular_file() || path.starts_with("src/sandbox/")) continue;
    std::ifstream in(entry.path());
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    const auto has = [&](const char* word) { return text.find(word) != std::string::npos; };
    if (has("std::mutex") || has("std::thread")) {
      guarded.insert(path);
    } else if (has("std::atomic<")) {
      EXPECT_NE(page().find('`' + path + '`'), std::string::npos) << path << " has atomics";
    }
  }
  std::stringstream lines(page());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| `src/")) written.insert(line.substr(3, line.find('`', 3) - 3));
  }
  EXPECT_EQ(written, guarded);
}

}  // namespace
}  // namespace remora::agent
