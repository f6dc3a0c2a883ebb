#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "api/test_daemon.hpp"
#include "remora/cli/cli.hpp"
#include "remora/core/version.hpp"

namespace remora::cli {
namespace {

constexpr const char* kKey = "0123456789abcdef0123456789abcd42";

class Commands : public testing::Test {
 protected:
  Commands() {
    // The metadata URI makes the socket's name this test's own.
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    context_.environment = {
        {"DD_API_KEY", kKey},
        {"ECS_CONTAINER_METADATA_URI_V4",
         std::string("http://169.254.170.2/v4/") + info->name() + std::to_string(getpid())}};
    context_.out = [this](std::string_view text) { out_ += text; };
    context_.err = [this](std::string_view text) { err_ += text; };
  }
  int call(const std::vector<std::string>& arguments) {
    out_.clear();
    err_.clear();
    return dispatch(arguments, context_, [this](const config::Loaded& loaded) {
      ran_with_ = loaded.settings.api_key;
      return 7;
    });
  }
  [[nodiscard]] api::IpcIdentity identity() const {
    return ipc_identity(config::load(context_.environment, ""));
  }

  Context context_;
  std::string out_, err_, ran_with_;
};

TEST_F(Commands, RunHandsTheConfigurationToTheDaemonAndReturnsItsCode) {
  EXPECT_EQ(call({"run"}), 7);
  EXPECT_EQ(ran_with_, kKey);
  EXPECT_EQ(call({"start", "-p", "/nowhere/agent.pid"}), 7);  // a read-only root
  EXPECT_NE(err_.find("/nowhere/agent.pid"), std::string::npos);
}

TEST_F(Commands, RunWithoutAnApiKeyEndsWithOne) {
  for (const char* key : {"", "<YOUR_API_KEY>"}) {
    context_.environment["DD_API_KEY"] = key;
    EXPECT_EQ(call({"run"}), 1);
    EXPECT_EQ(err_.substr(0, 7), "Error: ");
    EXPECT_NE(err_.find("DD_API_KEY"), std::string::npos);
    EXPECT_EQ(ran_with_, "");
  }
}

TEST_F(Commands, HealthPasses) {
  api::TestDaemon daemon(identity(), [](std::string_view request) {
    return api::IpcReply{request == "health" ? 200 : 404,
                         R"({"Healthy":["a","b"],"Unhealthy":null,"Degraded":{"b":"late"}})"};
  });
  EXPECT_EQ(call({"health"}), 0);
  EXPECT_EQ(out_,
            "Agent health: PASS\n=== 2 healthy components ===\na, b\n"
            "=== 1 degraded component ===\nb: late\n");
  EXPECT_EQ(err_, "");
}

TEST_F(Commands, HealthFailsWithTheNumberOfUnhealthyComponents) {
  api::TestDaemon daemon(identity(), [](std::string_view) {
    return api::IpcReply{200, R"({"Healthy":null,"Unhealthy":["a"],"Degraded":null})"};
  });
  EXPECT_EQ(call({"health"}), 255);
  EXPECT_EQ(out_, "Agent health: FAIL\n=== 1 unhealthy component ===\na\n");
  EXPECT_EQ(err_, "Error: found 1 unhealthy components\n");
}

TEST_F(Commands, HealthWithoutADaemonSaysWhatToDo) {
  EXPECT_EQ(call({"health"}), 255);
  EXPECT_EQ(err_.substr(0, 28), "Error: could not reach agent");
  EXPECT_NE(err_.find("Make sure that the agent is running"), std::string::npos);
  EXPECT_EQ(out_, "");
}

TEST_F(Commands, HealthRefusesAnAnswerThatIsNoReport) {
  api::TestDaemon daemon(identity(), [](std::string_view) { return api::IpcReply{200, "{}"}; });
  EXPECT_EQ(call({"health"}), 255);
  EXPECT_EQ(out_, "");
}

TEST_F(Commands, HealthTakesATimeoutOfSecondsOnly) {
  for (const char* bad : {"0", "-1", "5s", "nan", "1e99", ""}) {
    EXPECT_EQ(call({"health", std::string("--timeout=") + bad}), 255) << bad;
  }
  EXPECT_NE(call({"health", "--timeout=x"}), 0);
  EXPECT_NE(err_.find("--timeout"), std::string::npos);
}

TEST_F(Commands, AnotherApiKeyReachesNothing) {
  api::TestDaemon daemon(identity());
  context_.environment["DD_API_KEY"] = "0123456789abcdef0123456789abcd43";
  EXPECT_EQ(call({"status"}), 255);
  EXPECT_EQ(out_, "");
}

TEST_F(Commands, StatusAsksForFormatAndSection) {
  api::TestDaemon daemon(identity());  // answers with what it was asked
  EXPECT_EQ(call({"status"}), 0);
  EXPECT_EQ(out_, "Getting the status from the agent.\n\necho status?format=text\n");
  EXPECT_EQ(call({"status", "-j"}), 0);
  EXPECT_EQ(out_, "echo status?format=json\n");
  EXPECT_EQ(call({"status", "API Key&x=1", "-p"}), 0);
  EXPECT_EQ(out_, "echo status?format=pretty-json&section=API+Key%26x%3D1\n");
}

TEST_F(Commands, StatusOfAnUnknownSectionFails) {
  api::TestDaemon daemon(identity(), [](std::string_view) {
    return api::IpcReply{404, "no section named x"};
  });
  EXPECT_EQ(call({"status", "x"}), 255);
  EXPECT_EQ(err_, "Error: no section named x\n");
}

TEST_F(Commands, StatusGoesIntoAFile) {
  api::TestDaemon daemon(identity());
  const std::string path = testing::TempDir() + "remora-status-" + std::to_string(getpid());
  EXPECT_EQ(call({"status", "-j", "-o", path}), 0);
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  std::remove(path.c_str());
  EXPECT_EQ(text.str(), "echo status?format=json\n");
  EXPECT_EQ(out_, "");
  EXPECT_EQ(call({"status", "-o", "/nowhere/x"}), 255);
}

TEST_F(Commands, ConfigIsTheDaemonsWhenOneRuns) {
  api::TestDaemon daemon(identity());
  EXPECT_EQ(call({"config"}), 0);
  EXPECT_EQ(out_, "echo config");
  EXPECT_EQ(err_, "");
}

TEST_F(Commands, ConfigWithoutADaemonIsTheEnvironmentsAndSaysSo) {
  context_.environment["DD_SITE"] = "datadoghq.eu";
  EXPECT_EQ(call({"config"}), 0);
  EXPECT_NE(out_.find("datadoghq.eu"), std::string::npos);
  EXPECT_EQ(out_.find(kKey), std::string::npos);
  EXPECT_EQ(err_.substr(0, 20), "No agent is running:");
}

TEST_F(Commands, ConfigSubcommandsAreNotYetSupported) {
  EXPECT_EQ(call({"config", "set", "log_level", "debug"}), 255);
  EXPECT_NE(err_.find("not yet supported"), std::string::npos);
}

TEST_F(Commands, HostnameIsTheConfiguredOneOrAnEmptyLine) {
  EXPECT_EQ(call({"hostname"}), 0);
  EXPECT_EQ(out_, "\n");
  EXPECT_NE(err_.find("DD_HOSTNAME"), std::string::npos);
  context_.environment["DD_HOSTNAME"] = "web-1";
  EXPECT_EQ(call({"hostname"}), 0);
  EXPECT_EQ(out_, "web-1\n");
  EXPECT_EQ(err_, "");
}

TEST_F(Commands, VersionIsOneLine) {
  EXPECT_EQ(call({"version"}), 0);
  EXPECT_EQ(out_.substr(0, 6), "Agent ");
  EXPECT_EQ(out_.find('\n'), out_.size() - 1);
}

TEST_F(Commands, FullVersionListsWhatIsLinkedIn) {
  EXPECT_EQ(call({"version"}), 0);
  const std::string line = out_;
  EXPECT_EQ(call({"version", "--full"}), 0);
  EXPECT_TRUE(out_.starts_with(line));
  for (const core::LinkedPackage& package : core::linked_packages()) {
    const std::string row = "  " + std::string(package.name) + " " + std::string(package.version);
    EXPECT_NE(out_.find(row + "\n"), std::string::npos) << row;
  }
}

TEST_F(Commands, HelpIsNoError) {
  EXPECT_EQ(call({}), 0);
  const std::string overview = out_;
  EXPECT_NE(overview.find("agent [command]"), std::string::npos);
  EXPECT_EQ(call({"help"}), 0);
  EXPECT_EQ(out_, overview);
  EXPECT_EQ(call({"health", "-h"}), 0);
  const std::string health = out_;
  EXPECT_NE(health.find("--timeout"), std::string::npos);
  EXPECT_EQ(call({"help", "health"}), 0);
  EXPECT_EQ(out_, health);
}

TEST_F(Commands, UnknownOnesEndWith255) {
  EXPECT_EQ(call({"healt"}), 255);
  EXPECT_EQ(err_.substr(0, 31), "Error: unknown command \"healt\";");
}

}  // namespace
}  // namespace remora::cli
