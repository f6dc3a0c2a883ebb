#include "sandbox/service_process.hpp"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "sandbox/child_process.hpp"
#include "sandbox/text_columns.hpp"

namespace remora::sandbox {
namespace {

using asio::ip::tcp;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kStartLimit{5}, kStopLimit{3}, kVersionLimit{5};
constexpr milliseconds kStep{20};
constexpr std::size_t kMaxText = 160;  // of what a server says, in a line of the report

const Variables& environment() {
  static const Variables kVariables{
      {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}};
  return kVariables;
}

/// A directory of its own, gone with it.
class ServiceDirectory {
 public:
  [[nodiscard]] Result<void> make() {
    std::error_code error;
    std::string name =
        (std::filesystem::temp_directory_path(error) / "remora-sandbox-XXXXXX").string();
    if (error || mkdtemp(name.data()) == nullptr)
      return fail(Errc::io, std::string("no temporary directory: ") + std::strerror(errno));
    path_ = name;
    return {};
  }
  ServiceDirectory() = default;
  ~ServiceDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ServiceDirectory(const ServiceDirectory&) = delete;
  ServiceDirectory& operator=(const ServiceDirectory&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

asio::awaitable<std::string> ask_version(asio::any_io_executor executor, core::Clock& clock,
                                         const KnownService& service) {
  std::string text;
  std::vector<std::string> arguments{std::string(service.program),
                                     std::string(service.version_flag)};
  auto child = ChildProcess::start(executor, clock, std::move(arguments), environment(),
                                   [&text](std::string_view line) {
                                     if (text.size() < kMaxText) text += std::string(line) + " ";
                                   });
  if (!child) co_return std::string();
  const core::SteadyTime deadline = clock.now() + kVersionLimit;
  (void)co_await (*child)->wait(deadline);
  co_return version_in(text);
}

}  // namespace

struct ServiceProcess::Impl {
  explicit Impl(core::Clock& c) : clock(c) {}
  core::Clock& clock;
  ServiceDirectory directory;  // outlives the child
  std::string last_line, version;
  std::unique_ptr<ChildProcess> child;
};

ServiceProcess::ServiceProcess(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ServiceProcess::~ServiceProcess() = default;

int ServiceProcess::pid() const noexcept { return impl_->child->pid(); }
const std::string& ServiceProcess::version() const noexcept { return impl_->version; }

std::string ServiceProcess::failure() {
  const auto ended = impl_->child->poll();
  return ended ? "ended by itself: " + ended->text() : std::string();
}

bool is_installed(const KnownService& service) {
  return access(std::string(service.program).c_str(), X_OK) == 0;
}

Result<void> check_port(const std::string& address, std::uint16_t port) {
  boost::system::error_code error;
  asio::io_context io;
  tcp::acceptor acceptor(io);
  const auto ip = asio::ip::make_address(address, error);
  if (!error) acceptor.open(tcp::v4(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(tcp::endpoint(ip, port), error);
  if (!error) acceptor.listen(1, error);
  if (!error) return {};
  return fail(Errc::io, address + ":" + std::to_string(port) + ": " + error.message());
}

asio::awaitable<bool> wait_for_port(core::Clock& clock, std::string address, std::uint16_t port,
                                    core::SteadyTime deadline, std::function<bool()> ended) {
  const auto executor = co_await asio::this_coro::executor;
  const tcp::endpoint endpoint(asio::ip::make_address(address), port);
  while (!ended()) {
    tcp::socket socket(executor);
    auto [error] = co_await socket.async_connect(endpoint, no_throw);
    if (!error) co_return true;
    const core::SteadyTime next = clock.now() + kStep;
    if (next >= deadline) break;
    const bool slept = co_await clock.sleep_until(next);
    if (!slept) break;
  }
  co_return false;
}

asio::awaitable<Result<std::unique_ptr<ServiceProcess>>> ServiceProcess::start(
    asio::any_io_executor executor, core::Clock& clock, const KnownService& service,
    std::string address, std::vector<std::uint16_t> ports) {
  // Whoever listens there already would be taken for ours.
  for (const std::uint16_t port : ports) {
    const auto free = check_port(address, port);
    if (!free) co_return free.error();
  }
  auto impl = std::make_unique<Impl>(clock);
  const auto made = impl->directory.make();
  if (!made) co_return made.error();
  ServicePlace place;
  place.address = address;
  place.ports = ports;
  place.directory = impl->directory.path();
  if (service.configuration != nullptr) {
    std::ofstream file(place.directory + "/server.conf", std::ios::binary);
    file << service.configuration(place);
    file.close();
    if (!file) co_return fail(Errc::io, place.directory + ": cannot be written");
  }
  impl->version = co_await ask_version(executor, clock, service);

  std::vector<std::string> arguments = service.arguments(place);
  arguments.insert(arguments.begin(), std::string(service.program));
  auto child = ChildProcess::start(executor, clock, std::move(arguments), environment(),
                                   [self = impl.get()](std::string_view line) {
                                     if (!line.empty()) self->last_line = fit(line, kMaxText);
                                   });
  if (!child) co_return child.error();
  impl->child = std::move(*child);
  const core::SteadyTime deadline = clock.now() + kStartLimit;
  ChildProcess* running = impl->child.get();
  const std::function<bool()> has_ended = [running] { return running->poll().has_value(); };
  for (const std::uint16_t port : ports) {
    const bool up = co_await wait_for_port(clock, address, port, deadline, has_ended);
    if (up) continue;
    const core::SteadyTime soon = clock.now() + kStep;
    const auto ended = co_await running->wait(soon);  // its last lines
    if (!ended) co_return fail(Errc::timeout, "it does not listen after 5 s");
    co_return fail(Errc::io, "it ended with " + ended->text() + ": " + impl->last_line);
  }
  co_return std::unique_ptr<ServiceProcess>(new ServiceProcess(std::move(impl)));
}

asio::awaitable<void> ServiceProcess::stop() {
  impl_->child->signal(SIGTERM);
  const core::SteadyTime deadline = impl_->clock.now() + kStopLimit;
  const auto ended = co_await impl_->child->wait(deadline);
  if (ended) co_return;
  impl_->child->signal(SIGKILL);
  const core::SteadyTime last = impl_->clock.now() + kStopLimit;
  (void)co_await impl_->child->wait(last);
}

}  // namespace remora::sandbox
