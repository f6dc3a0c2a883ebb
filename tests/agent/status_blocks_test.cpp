#include "agent/status_blocks.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <regex>

#include "fakes/fake_clock.hpp"

namespace remora::agent {
namespace {

class NamedSource final : public telemetry::StatusSource {
 public:
  [[nodiscard]] telemetry::StatusNode status() const override {
    telemetry::StatusNode node;
    node.title = "Forwarder";
    node.add("Sent", 3);
    return node;
  }
};

class Answers : public testing::Test {
 protected:
  fakes::FakeClock clock_;
  config::Loaded loaded_;
  telemetry::Counters counters_;
  telemetry::HealthRegistry health_{clock_};
  NamedSource source_;
  Inspected inspected_{loaded_,       clock_, counters_, health_,
                       clock_.wall(), {},     "FARGATE", {&source_}};
};

TEST_F(Answers, HealthIsTheJsonOfTheRegistry) {
  health_.add("forwarder", std::chrono::seconds(30)).beat();
  EXPECT_EQ(answer(inspected_, "health").status, 200);
  EXPECT_NE(answer(inspected_, "health").body.find(R"("Healthy":["forwarder"])"), std::string::npos)
      << answer(inspected_, "health").body;
}

TEST_F(Answers, StatusHoldsTheAgentsOwnBlockAndEverySource) {
  const auto reply = answer(inspected_, "status?format=text");
  EXPECT_EQ(reply.status, 200);
  for (const char* part : {"Agent (v", "Health", "Forwarder", "FARGATE"}) {
    EXPECT_NE(reply.body.find(part), std::string::npos) << part;
  }
}

TEST_F(Answers, TheAgentsOwnNumbersReadAsPeopleWriteThem) {
  const std::string body = answer(inspected_, "status?section=agent").body;
  EXPECT_NE(body.find("  Pid: " + std::to_string(getpid()) + "\n"), std::string::npos) << body;
  static const std::regex kMemory(R"(\n  Memory: \d+\.\d MiB, \d+\.\d MiB of it anonymous\n)");
  EXPECT_TRUE(std::regex_search(body, kMemory)) << body;
}

TEST_F(Answers, StatusTellsWhatTheSerializersMadeAndLeftOut) {
  telemetry::SerializerCounters& made = counters_.serializer;
  made.payloads.add(7);
  made.bytes.add(1500);
  made.uncompressed_bytes.add(9000);
  made.dropped_too_large.add(2);
  made.failures.add(1);
  const std::string body = answer(inspected_, "status?section=serializer").body;
  EXPECT_NE(body.find("  Payloads: 7\n"
                      "  Bytes: 1,500\n"
                      "  Bytes before compression: 9,000\n"
                      "  Items too large for a payload: 2\n"
                      "  Compressor failures: 1\n"),
            std::string::npos)
      << body;
}

TEST_F(Answers, OneSectionCanBeAskedForInAnyCase) {
  const auto reply = answer(inspected_, "status?format=text&section=FORWARDER");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body.find("Agent (v"), std::string::npos);
}

TEST_F(Answers, AnUnknownSectionIsAnsweredWithTheNamesThereAre) {
  const auto reply = answer(inspected_, "status?format=text&section=jmx");
  EXPECT_EQ(reply.status, 404);
  EXPECT_NE(reply.body.find("Forwarder"), std::string::npos) << reply.body;
}

TEST_F(Answers, WarningsOfTheConfigurationAreShown) {
  loaded_.warnings = {"DD_SITE: odd"};
  EXPECT_NE(answer(inspected_, "status?format=text").body.find("DD_SITE: odd"), std::string::npos);
}

TEST_F(Answers, TheConfigurationHidesItsSecrets) {
  loaded_.settings.api_key = "00d1e2f3a4b5c6d78091a2b3c4d5e6f7";
  const auto reply = answer(inspected_, "config");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body.find("00d1e2f3"), std::string::npos);
}

TEST_F(Answers, AnythingElseIsNotFound) { EXPECT_EQ(answer(inspected_, "stop").status, 404); }

}  // namespace
}  // namespace remora::agent
