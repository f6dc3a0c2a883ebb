// The two ends of a process that applications send to all the time: its first and its last moments.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "e2e/process.hpp"
#include "e2e/world.hpp"

namespace remora::e2e {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

std::uint16_t free_udp_port() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  (void)::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  (void)::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

/// Where an agent of a test listens.
struct Addresses {
  std::string directory =
      (std::filesystem::temp_directory_path() / ("remora-stop-" + std::to_string(::getpid())))
          .string();
  std::uint16_t port = free_udp_port();
  std::string datagram = directory + "/dsd.socket";
  std::string stream = directory + "/stream.socket";

  Addresses() { std::filesystem::create_directories(directory); }
  Addresses(const Addresses&) = delete;
  Addresses& operator=(const Addresses&) = delete;
  ~Addresses() { std::filesystem::remove_all(directory); }

  void add_to(Variables& variables) const {
    variables["DD_DOGSTATSD_PORT"] = std::to_string(port);
    variables["DD_DOGSTATSD_SOCKET"] = datagram;
    variables["DD_DOGSTATSD_STREAM_SOCKET"] = stream;
  }
};

enum class Over { udp, datagram, stream };
constexpr Over kAllTransports[] = {Over::udp, Over::datagram, Over::stream};
constexpr const char* name_of(Over over) {
  constexpr const char* kNames[] = {"udp", "datagram", "stream"};
  return kNames[static_cast<int>(over)];
}

/// An application that sends one line at a time and counts those that were taken.
class Application {
 public:
  Application(const Addresses& addresses, Over over) : addresses_(addresses), over_(over) {}
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  ~Application() { hang_up(); }

  /// False when nobody listens: UDP on loopback tells that by the answer to an earlier datagram.
  bool connect() {
    if (fd_ >= 0) return true;
    fd_ = ::socket(over_ == Over::udp ? AF_INET : AF_UNIX,
                   (over_ == Over::stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    int refused = 1;
    if (over_ == Over::udp) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(addresses_.port);
      refused = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    } else {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      const std::string& path = over_ == Over::datagram ? addresses_.datagram : addresses_.stream;
      std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
      refused = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
    if (refused != 0) hang_up();
    return refused == 0;
  }

  bool send(std::string line) {
    if (!connect()) return false;
    if (over_ == Over::stream) {
      const auto size = static_cast<std::uint32_t>(line.size());  // little-endian on the wire
      static_assert(std::endian::native == std::endian::little);
      line.insert(0, reinterpret_cast<const char*>(&size), sizeof size);
    }
    const ssize_t written = ::send(fd_, line.data(), line.size(), MSG_NOSIGNAL);
    int error = 0;
    socklen_t size = sizeof error;
    (void)::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (written != static_cast<ssize_t>(line.size()) || error != 0) {
      hang_up();
      return false;
    }
    ++taken_;
    return true;
  }
  [[nodiscard]] int taken() const { return taken_; }

 private:
  void hang_up() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  const Addresses& addresses_;
  Over over_;
  int fd_ = -1;
  int taken_ = 0;
};

/// What a counter of the intake counted: its points are rates over 10 s.
double counted(const Intake& intake, const std::string& metric) {
  double sum = 0;
  for (const auto& series : intake.series()) {
    if (series.metric != metric) continue;
    for (const auto& [timestamp, value] : series.points)
      sum += value * static_cast<double>(series.interval);
  }
  return std::round(sum * 1000) / 1000;
}

class DogstatsdStop : public testing::TestWithParam<Over> {};

TEST_P(DogstatsdStop, LinesOfTheLastMomentArrive) {
  constexpr milliseconds kAfter{100};
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  const Addresses addresses;
  auto variables = agent_variables(task, intake);
  addresses.add_to(variables);
  Process agent(kAgentProgram, {"run"}, variables);
  Application application(addresses, GetParam());
  ASSERT_TRUE(eventually([&] { return application.send("e2e.last:1|c|#kind:steady"); }));

  const auto term = Steady::now() + milliseconds(300);
  bool told = false;
  for (auto now = Steady::now(); now < term + kAfter; now = Steady::now()) {
    if (!told && now >= term) {
      agent.kill(SIGTERM);
      told = true;
    }
    ASSERT_TRUE(application.send("e2e.last:1|c|#kind:steady"))
        << "refused " << (now - term) / milliseconds(1) << " ms after SIGTERM";
    std::this_thread::sleep_for(milliseconds(1));
  }
  ASSERT_EQ(agent.wait(seconds(15)), 0) << agent.output();

  EXPECT_EQ(counted(intake, "e2e.last"), application.taken()) << agent.output();
  EXPECT_FALSE(intake.bad_request_seen);
}

TEST_P(DogstatsdStop, AnApplicationThatNeverStopsDoesNotKeepTheAgent) {
  ServerThread thread;
  Task task(thread);
  Intake intake(thread);
  const Addresses addresses;
  auto variables = agent_variables(task, intake);
  addresses.add_to(variables);
  Process agent(kAgentProgram, {"run"}, variables);
  Application application(addresses, GetParam());
  ASSERT_TRUE(eventually([&] { return application.send("e2e.forever:1|c"); }));

  agent.kill(SIGTERM);
  const auto begin = Steady::now();
  int code = -1;
  while (code == -1 && Steady::now() < begin + seconds(25)) {  // ECS kills after 30 s
    (void)application.send("e2e.forever:1|c");
    code = agent.wait(milliseconds(2));
  }

  EXPECT_EQ(code, 0);
  EXPECT_GT(counted(intake, "e2e.forever"), 0);
  EXPECT_LE(counted(intake, "e2e.forever"), application.taken());
}

TEST_P(DogstatsdStop, SocketsAreOpenThoughNeitherTaskNorIntakeAnswers) {
  ServerThread thread;
  Task task(thread);
  task.status = 500;
  Intake intake(thread);
  intake.status = 503;
  const Addresses addresses;
  auto variables = agent_variables(task, intake);
  addresses.add_to(variables);
  Process agent(kAgentProgram, {"run"}, variables);
  Application application(addresses, GetParam());

  // A generous limit for a loaded machine: an agent that waits for either takes longer.
  ASSERT_TRUE(eventually([&] { return application.send("e2e.first:1|c|#kind:first"); }, seconds(2)))
      << agent.output();
  for (int i = 0; i < 99; ++i) ASSERT_TRUE(application.send("e2e.first:1|c|#kind:first"));
  task.status = 200;
  intake.status = 202;
  ASSERT_TRUE(eventually([&] { return intake.has("container.uptime"); }, seconds(60)));
  agent.kill(SIGTERM);
  ASSERT_EQ(agent.wait(seconds(15)), 0) << agent.output();

  EXPECT_EQ(counted(intake, "e2e.first"), 100);
  for (const auto& series : intake.series()) {
    if (series.metric != "e2e.first") continue;
    EXPECT_TRUE(series.has("kind:first"));
    EXPECT_TRUE(series.has("task_family:shop")) << "the tags came later than the lines";
  }
}

INSTANTIATE_TEST_SUITE_P(Transports, DogstatsdStop, testing::ValuesIn(kAllTransports),
                         [](const auto& over) { return name_of(over.param); });

}  // namespace
}  // namespace remora::e2e
