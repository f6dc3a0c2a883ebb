// The real server of a container, as a process of this machine.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "remora/core/async.hpp"
#include "remora/core/clock.hpp"
#include "remora/core/error.hpp"
#include "sandbox/known_service.hpp"

namespace remora::sandbox {

/// Threading: the loop. Lifetime: `clock` outlives it. The destructor kills a server still running
/// and removes its directory; the server dies with this process in any case.
class ServiceProcess {
 public:
  /// Starts the program of `service` on `address` and `ports`; it accepts connections then.
  /// Errors: io, one line: a port is taken or not allowed, or what the server said before it ended;
  /// timeout (5 s).
  [[nodiscard]] static asio::awaitable<Result<std::unique_ptr<ServiceProcess>>> start(
      asio::any_io_executor executor, core::Clock& clock, const KnownService& service,
      std::string address, std::vector<std::uint16_t> ports);
  ~ServiceProcess();
  ServiceProcess(const ServiceProcess&) = delete;
  ServiceProcess& operator=(const ServiceProcess&) = delete;

  [[nodiscard]] int pid() const noexcept;
  [[nodiscard]] const std::string& version() const noexcept;  ///< "7.0.15"; may be empty
  /// "ended by itself: killed by signal 9"; empty while it runs.
  [[nodiscard]] std::string failure();
  /// SIGTERM, after three seconds SIGKILL.
  [[nodiscard]] asio::awaitable<void> stop();

 private:
  struct Impl;
  explicit ServiceProcess(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// True when the program is there and may be run.
[[nodiscard]] bool is_installed(const KnownService& service);
/// Errors: io: nobody can listen there now, one line with the cause.
[[nodiscard]] Result<void> check_port(const std::string& address, std::uint16_t port);
/// Waits until somebody accepts connections there. False when `deadline` passes or `ended` says so.
[[nodiscard]] asio::awaitable<bool> wait_for_port(core::Clock& clock, std::string address,
                                                  std::uint16_t port, core::SteadyTime deadline,
                                                  std::function<bool()> ended);

}  // namespace remora::sandbox
