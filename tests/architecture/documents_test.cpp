// Documents name files and link to each other; this test fails when one of them moved.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "fakes/source_dir.hpp"

namespace {

namespace fs = std::filesystem;
const fs::path kRoot = remora::fakes::source_dir();

std::string read(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<fs::path> documents() {
  std::vector<fs::path> all{kRoot / "README.md"};
  for (const auto& entry : fs::directory_iterator(kRoot / "docs")) {
    if (entry.path().extension() == ".md") all.push_back(entry.path());
  }
  return all;
}

TEST(Documents, RelativeLinksLeadSomewhere) {
  static const std::regex kLink(R"(\]\(([^)#\s]+)(#[^)]*)?\))");
  for (const fs::path& document : documents()) {
    const std::string text = read(document);
    ASSERT_FALSE(text.empty()) << document;
    for (std::sregex_iterator it(text.begin(), text.end(), kLink), end; it != end; ++it) {
      const std::string target = (*it)[1];
      if (target.find("://") != std::string::npos) continue;
      EXPECT_TRUE(fs::exists(document.parent_path() / target))
          << document << " links to " << target;
    }
  }
}

TEST(Documents, FilesNamedInTheReadmeExist) {
  static const std::regex kFile(
      R"(`((?:src|include|tests|docs|docker|task-definitions)/[^`*<>\s]+)`)");
  const std::string text = read(kRoot / "README.md");
  int seen = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), kFile), end; it != end; ++it, ++seen) {
    EXPECT_TRUE(fs::exists(kRoot / (*it)[1].str())) << "README.md names " << (*it)[1];
  }
  EXPECT_GE(seen, 10) << "the README's map by question is gone";
}

TEST(Documents, ReadmeNamesEveryCommandOfDev) {
  const std::string dev = read(kRoot / "dev");
  const std::string readme = read(kRoot / "README.md");
  for (const char* command :
       {"run", "test", "build", "fmt", "lint", "asan", "tsan", "fuzz", "image", "bench", "help"}) {
    EXPECT_NE(dev.find(std::string("\n  ") + command), std::string::npos)
        << "dev has no " << command;
    EXPECT_NE(readme.find(std::string("./dev ") + command), std::string::npos)
        << "README.md does not name ./dev " << command;
  }
}

/// Component -> longest silence, as the page writes it ("60 s"; "ends only" for a limit of zero).
std::map<std::string, std::string> components_of_the_page() {
  static const std::regex kRow(R"(\n\| `([a-z-]+)` \| [^|]+ \| ([^|]+) \|)");
  const std::string page = read(kRoot / "docs/health.md");
  std::map<std::string, std::string> all;
  for (std::sregex_iterator it(page.begin(), page.end(), kRow), end; it != end; ++it) {
    all[(*it)[1]] = (*it)[2];
  }
  return all;
}

std::map<std::string, std::string> components_of_the_program() {
  static const std::regex kAdd(R"re(health_\.add\("([^"]+)",\s*([^)]*\)|\w+)\))re");
  static const std::regex kConstant(R"(constexpr milliseconds (\w+)\{([0-9']+)\};)");
  static const std::regex kNumber(R"([0-9][0-9']*)");
  const std::string source = read(kRoot / "src/agent/runtime.cpp");
  std::map<std::string, std::string> constants, all;
  for (std::sregex_iterator it(source.begin(), source.end(), kConstant), end; it != end; ++it) {
    constants[(*it)[1]] = (*it)[2];
  }
  for (std::sregex_iterator it(source.begin(), source.end(), kAdd), end; it != end; ++it) {
    std::string limit = (*it)[2];
    if (constants.contains(limit)) limit = constants[limit];
    std::smatch number;
    EXPECT_TRUE(std::regex_search(limit, number, kNumber)) << limit;
    std::string digits = number[0];
    std::erase(digits, '\'');
    const int seconds = std::stoi(digits) / 1000;
    all[(*it)[1]] = seconds == 0 ? "ends only" : std::to_string(seconds) + " s";
  }
  return all;
}

// Operators look a failing component up on that page, under the name `agent health` prints.
TEST(Documents, HealthPageNamesEveryComponentWithItsLimit) {
  const auto program = components_of_the_program();
  ASSERT_GE(program.size(), 8u) << "health_.add(...) of runtime.cpp was not understood";
  EXPECT_EQ(components_of_the_page(), program);
  std::string example;
  for (const auto& [name, limit] : program) example += (example.empty() ? "" : ", ") + name;
  const std::string count = std::to_string(program.size());
  const std::string shown = "=== " + count + " healthy components ===\n" + example + "\n";
  EXPECT_NE(read(kRoot / "docs/health.md").find(shown), std::string::npos)
      << "the example of agent health on the page is not what it prints:\n"
      << shown;
}

/// Place -> the test that fills it past its limit and holds the peak of memory; "" where the memory
/// is the kernel's.
const std::map<std::string, std::string> kPeakTests = {
    {"answer of the metadata endpoint", "PeakMemory.AnswerOfTheMetadataEndpoint"},
    {"containers of a task", "PeakMemory.ContainersOfATask"},
    {"contexts of the aggregator (metric and tags)", "PeakMemory.ContextsOfTheAggregator"},
    {"one datagram of DogStatsD", "ListenersTest.PeakMemoryOfDatagramsPastTheBuffer"},
    {"one frame of the stream socket", "StreamTest.PeakMemoryOfAFrameThatIsTooLong"},
    {"socket of DogStatsD", ""},
    {"connections of the stream socket", "StreamTest.PeakMemoryOfConnectionsPastTheLimit"},
    {"frames of the stream socket that have begun",
     "StreamTest.FramesBegunHoldFourMebibytesOfAllConnections"},
    {"contexts of DogStatsD", "PeakMemory.ContextsOfDogStatsD"},
    {"values of DogStatsD between two flushes", "PeakMemory.ValuesOfDogStatsDBetweenTwoFlushes"},
    {"events and service checks of DogStatsD", "PeakMemory.EventsAndServiceChecksOfDogStatsD"},
    {"one label or file of a check", "PeakMemory.OneLabelOrFileOfACheck"},
    {"regular expressions of checks", "PeakMemory.RegularExpressionsOfChecks"},
    {"instances of checks", "IntegrationSchedulerTest.PeakMemoryOfInstancesPastTheLimit"},
    {"runs of instances at once",
     "IntegrationSchedulerTest.PeakMemoryOfRunsThatWaitForSlowServers"},
    {"values of one instance, of all instances",
     "SamplerSenderTest.PeakMemoryOfValuesPastTheLimitOfAnInstance"},
    {"families that one page of `openmetrics` declares", "PeakMemory.FamiliesThatOnePageDeclares"},
    {"JSON page of a checked server", "HostileJson.CostsNoMemoryThatGrowsWithIt"},
    {"one series payload", "PeakMemory.OneSeriesPayload"},
    {"retry queue of the forwarder, per intake",
     "Outage.PeakMemoryOfTheRetryQueueAndRequestsInFlight"},
    {"requests in flight, per intake", "Outage.PeakMemoryOfTheRetryQueueAndRequestsInFlight"},
    {"answer of the intake", "Faults.PeakMemoryOfAnAnswerWithoutAnEnd"},
    {"connections of the command line", "PeakMemory.ConnectionsOfTheCommandLine"},
    {"answers to the command line", "PeakMemory.AnswersToTheCommandLine"},
    {"connections of the health port", "HttpServerTest.PeakMemoryOfConnectionsPastTheLimit"},
    {"answer to a check's request", "EndlessPeer.TakesNoMemoryOfTheClient"},
    {"log lines waiting for stderr", "PeakMemory.LogLinesWaitingForStderr"},
};

/// "Suite.Test" of every test whose body measures with PeakMemory.
std::set<std::string> tests_of_peak_memory() {
  static const std::regex kHead(R"(^TEST(?:_F|_P)?\((\w+),\s*(\w+)\))");
  std::set<std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "tests")) {
    if (!entry.path().string().ends_with("_test.cpp")) continue;
    std::ifstream file(entry.path());
    std::string current;
    for (std::string line; std::getline(file, line);) {
      std::smatch head;
      if (line.starts_with("TEST") && std::regex_search(line, head, kHead)) {
        current = head[1].str() + '.' + head[2].str();
      } else if (line == "}") {
        current.clear();
      } else if (!current.empty() && line.find("fakes::PeakMemory ") != std::string::npos) {
        all.insert(current);
      }
    }
  }
  return all;
}

TEST(Documents, EveryWaitingPlaceHasATestOfItsPeakMemory) {
  const std::string page = read(kRoot / "docs/architecture.md");
  const std::size_t begin = page.find("\n| Place | Limit |");
  ASSERT_NE(begin, std::string::npos);
  std::istringstream table(page.substr(begin + 1, page.find("\n\n", begin + 1) - begin - 1));
  const std::set<std::string> tests = tests_of_peak_memory();
  std::set<std::string> places;
  std::string line;
  for (int head = 0; head < 2; ++head) std::getline(table, line);
  while (std::getline(table, line)) {
    const std::string place = line.substr(2, line.find(" |", 2) - 2);
    places.insert(place);
    const auto test = kPeakTests.find(place);
    if (test == kPeakTests.end()) {
      ADD_FAILURE() << "no test holds the peak memory of: " << place;
    } else if (!test->second.empty()) {
      EXPECT_TRUE(tests.contains(test->second))
          << test->second << ", of '" << place << "', is not there or measures no peak memory";
    }
  }
  for (const auto& [place, test] : kPeakTests) {
    EXPECT_TRUE(places.contains(place)) << "not in the table any more: " << place;
  }
}

}  // namespace
