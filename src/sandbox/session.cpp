#include "sandbox/session.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <csignal>
#include <deque>
#include <list>
#include <nlohmann/json.hpp>

#include "remora/net/http_server.hpp"
#include "remora/taskdef/findings.hpp"
#include "sandbox/agent_environment.hpp"
#include "sandbox/agent_health.hpp"
#include "sandbox/child_process.hpp"
#include "sandbox/docker_stats.hpp"
#include "sandbox/expected_checks.hpp"
#include "sandbox/intake.hpp"
#include "sandbox/json_record.hpp"
#include "sandbox/local_stats.hpp"
#include "sandbox/metadata_documents.hpp"
#include "sandbox/metadata_endpoint.hpp"
#include "sandbox/received.hpp"
#include "sandbox/report.hpp"
#include "sandbox/task_services.hpp"

namespace remora::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kSampleInterval{2};
constexpr milliseconds kRedrawInterval{500};
constexpr seconds kProgressInterval{5};
constexpr seconds kHealthInterval{5};
constexpr milliseconds kFirstHealthInterval{500};  // until it is healthy for the first time
constexpr milliseconds kStep{50};
constexpr seconds kStopLimit{30};      // ECS waits 30 s between SIGTERM and SIGKILL by default
constexpr seconds kFirstCheckRun{20};  // within the first interval of 15 s, then it is sent
constexpr std::size_t kLogLines = 40, kLogShown = 3;

/// Coroutines that run beside the session and are ended with it.
class Background {
 public:
  explicit Background(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  void start(asio::awaitable<void> work) {
    auto& signal = signals_.emplace_back();
    ++running_;
    asio::co_spawn(executor_, std::move(work),
                   asio::bind_cancellation_slot(signal.slot(), [this](std::exception_ptr) {
                     // Cancellation ends a coroutine by exception; nothing is left to report.
                     --running_;
                   }));
  }
  void cancel() {
    for (auto& signal : signals_) signal.emit(asio::cancellation_type::terminal);
  }
  [[nodiscard]] bool idle() const noexcept { return running_ == 0; }

 private:
  asio::any_io_executor executor_;
  std::list<asio::cancellation_signal> signals_;
  int running_ = 0;
};

}  // namespace

struct Session::Impl {
  Impl(asio::any_io_executor e, core::Clock& c, Terminal& t, Options o, TaskDefinition d)
      : executor(std::move(e)),
        clock(c),
        terminal(t),
        options(std::move(o)),
        definition(std::move(d)),
        started(clock.now()),
        identity(make_identity(definition,
                               static_cast<std::uint64_t>(clock.wall().time_since_epoch().count()),
                               clock.wall())),
        local(definition, identity.docker_ids, clock),
        docker(definition, clock, options.docker_socket),
        services(executor, clock, definition,
                 options.docker ? options.docker_socket : std::string()),
        endpoint(definition, identity, [this](std::size_t i) { return stats(i); }),
        background(executor) {}

  [[nodiscard]] std::string stats(std::size_t i) const {
    std::string engine = docker.stats(i);
    // A container Docker runs never shows another process's numbers while its first stats come.
    if (!engine.empty() || !docker.origin(i).empty()) return engine;
    return local.stats(i);
  }
  [[nodiscard]] std::string origin(std::size_t i) const {
    std::string engine = docker.origin(i);
    return engine.empty() ? local.origin(i) : engine;
  }

  asio::awaitable<void> sample_loop();
  asio::awaitable<void> health_loop();
  asio::awaitable<void> view_loop();
  asio::awaitable<void> start_services();
  asio::awaitable<void> stop_agent();
  [[nodiscard]] ReportView view() const;
  [[nodiscard]] Verdict verdict() const;
  void judge_checks(const TaskService& service, Verdict& out) const;
  [[nodiscard]] bool finished();
  [[nodiscard]] Result<void> start_agent();
  void take_health(HealthAnswer answer);
  void agent_line(std::string_view line);
  void announce();

  asio::any_io_executor executor;
  core::Clock& clock;
  Terminal& terminal;
  Options options;
  TaskDefinition definition;
  core::SteadyTime started;
  TaskIdentity identity;
  LocalStats local;
  DockerStats docker;
  TaskServices services;
  MetadataEndpoint endpoint;
  Received received;
  JsonRecord record;
  AgentEnvironment environment;
  std::unique_ptr<Intake> intake;
  std::unique_ptr<net::HttpServer> metadata_server, intake_server;
  std::string metadata_uri, intake_url, agent_path;
  std::unique_ptr<ChildProcess> agent;
  std::string agent_failure;  // could not be started, or ended by itself
  HealthAnswer health;
  std::uint64_t health_checks = 0;
  std::optional<milliseconds> healthy_after;
  std::optional<Exit> agent_exit;
  milliseconds stop_time{0};
  std::deque<std::string> log;       // the agent's last lines
  std::deque<std::string> problems;  // those that are warnings or errors
  std::size_t problems_shown = 0;
  int stop_calls = 0;
  Background background;
};

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::create(asio::any_io_executor executor, core::Clock& clock,
                                                 Terminal& terminal, Options options,
                                                 TaskDefinition definition) {
  auto impl =
      std::make_unique<Impl>(executor, clock, terminal, std::move(options), std::move(definition));
  Impl* self = impl.get();
  auto metadata = net::HttpServer::listen(
      executor, net::ServerOptions(),
      [self](net::ServerRequest request) -> asio::awaitable<net::ServerResponse> {
        co_return self->endpoint.answer(request);
      });
  if (!metadata) return fail(metadata.error(), "metadata endpoint");
  auto intake = net::HttpServer::listen(
      executor, net::ServerOptions(),
      [self](net::ServerRequest request) -> asio::awaitable<net::ServerResponse> {
        co_return self->intake->answer(request);
      });
  if (!intake) return fail(intake.error(), "intake");
  impl->metadata_server = std::move(*metadata);
  impl->intake_server = std::move(*intake);

  const std::size_t caller = impl->definition.has_agent() ? impl->definition.agent : 0;
  const std::string host = "http://127.0.0.1:";
  impl->metadata_uri = host + std::to_string(impl->metadata_server->port()) + "/v4/" +
                       impl->identity.docker_ids[caller];
  impl->intake_url = host + std::to_string(impl->intake_server->port());
  impl->environment = agent_environment(impl->definition, impl->metadata_uri, impl->intake_url);
  impl->intake = std::make_unique<Intake>(impl->environment.api_key, clock, impl->received);
  if (!impl->options.json_file.empty())
    impl->intake->on_accepted([self](AcceptedPayload p) { self->record.add(p); });
  if (!impl->options.port_file.empty()) {
    nlohmann::ordered_json ports{{"metadata_uri", impl->metadata_uri},
                                 {"intake_url", impl->intake_url},
                                 {"api_key", impl->environment.api_key}};
    const auto written = write_file(impl->options.port_file, ports.dump() + "\n");
    if (!written) return fail(written.error(), "--port-file");
  }
  return std::unique_ptr<Session>(new Session(std::move(impl)));
}

void Session::stop() {
  if (++impl_->stop_calls > 1 && impl_->agent) impl_->agent->signal(SIGKILL);
}

void Session::Impl::agent_line(std::string_view line) {
  log.emplace_back(line);
  if (log.size() > kLogLines) log.pop_front();
  // Log lines of the agent: DATE | CORE | LEVEL | (file:line in module) | text
  const std::size_t level = line.find("| WARN |"), error = line.find("| ERROR |"),
                    critical = line.find("| CRITICAL |");
  if (std::min({level, error, critical}) == std::string_view::npos) return;
  const std::size_t place = line.find(" | ", std::min({level, error, critical}) + 2);
  const std::size_t text = line.find(") | ", std::min(place, line.size()));
  std::string shown(level != std::string_view::npos ? "WARN " : "ERROR ");
  shown += text == std::string_view::npos ? line : line.substr(text + 4);
  problems.push_back(std::move(shown));
  if (problems.size() > kLogLines) {
    problems.pop_front();
    if (problems_shown > 0) --problems_shown;
  }
}

Result<void> Session::Impl::start_agent() {
  std::vector<std::string> arguments{agent_path, "run"};
  auto child = ChildProcess::start(executor, clock, std::move(arguments), environment.variables,
                                   [this](std::string_view line) { agent_line(line); });
  if (!child) return fail(child.error(), "the agent cannot be started");
  agent = std::move(*child);
  if (definition.has_agent()) local.process_of(definition.agent, agent->pid());
  return {};
}

asio::awaitable<void> Session::Impl::start_services() {
  const std::function<bool(std::size_t)> stands = [this](std::size_t i) {
    return !docker.origin(i).empty();
  };
  co_await services.start(identity.own_ipv4, stands);
  bool in_docker = false;
  for (const TaskService& service : services.services()) {
    if (!service.started) continue;
    identity.ipv4[service.container] = identity.own_ipv4;
    if (service.process) local.process_of(service.container, service.process->pid());
    in_docker = in_docker || service.in_docker;
  }
  if (in_docker) co_await docker.poll();
}

asio::awaitable<void> Session::Impl::sample_loop() {
  for (;;) {
    services.poll();
    local.sample();
    const core::SteadyTime next = clock.now() + kSampleInterval;
    if (!co_await clock.sleep_until(next)) co_return;
  }
}

void Session::Impl::take_health(HealthAnswer answer) {
  ++health_checks;
  health = std::move(answer);
  if (health.healthy && !healthy_after)
    healthy_after = std::chrono::duration_cast<milliseconds>(clock.now() - started);
}

asio::awaitable<void> Session::Impl::health_loop() {
  for (;;) {
    const core::SteadyTime next =
        clock.now() + (healthy_after ? milliseconds(kHealthInterval) : kFirstHealthInterval);
    if (!co_await clock.sleep_until(next)) co_return;
    take_health(co_await ask_health(clock, agent_path, environment.variables));
  }
}

ReportView Session::Impl::view() const {
  ReportView out;
  out.family = definition.family;
  out.launch_type = definition.launch_type;
  for (std::size_t i = 0; i < definition.containers.size(); ++i)
    out.containers.push_back({definition.containers[i].name, identity.docker_ids[i], origin(i)});
  out.elapsed = std::chrono::duration_cast<milliseconds>(clock.now() - started);
  out.total = options.run_for;
  if (!options.start_agent) {
    out.agent = "not started here (--no-agent)";
  } else if (!agent_failure.empty()) {
    out.agent_mark = Mark::failed;
    out.agent = agent_failure;
  } else if (health_checks == 0) {
    out.agent = "starting";
  } else {
    out.agent_mark = health.healthy ? Mark::ok : Mark::waiting;
    out.agent = (health.healthy ? "healthy: " : "not healthy: ") + health.text;
  }
  for (const TaskService& service : services.services())
    (service.started ? out.servers : out.notes).push_back(service.line(definition));
  for (const auto& fault : taskdef::find_mistakes(definition))
    out.findings.push_back(taskdef::finding_line(fault));
  for (const auto& fault : taskdef::find_label_mistakes(definition))
    out.findings.push_back(taskdef::finding_line(fault));
  if (options.docker && !docker.problem().empty())
    out.notes.push_back(docker.problem() + "; stats come from this machine's processes");
  if (!environment.left_out.empty()) {
    std::string names;
    for (const std::string& name : environment.left_out) names += " " + name;
    out.notes.push_back("left out, nothing may leave this machine:" + names);
  }
  const std::size_t shown = std::min(problems.size(), kLogShown);
  out.agent_log.assign(problems.end() - static_cast<std::ptrdiff_t>(shown), problems.end());
  if (received.last_payload())
    out.since_last_payload =
        std::chrono::duration_cast<milliseconds>(clock.wall() - *received.last_payload());
  out.width = terminal.width();
  out.colour = terminal.interactive();
  return out;
}

asio::awaitable<void> Session::Impl::view_loop() {
  core::SteadyTime next_progress = clock.now();
  for (;;) {
    ReportView now = view();
    if (terminal.interactive()) {
      std::string text = render_header(now, received);
      const auto used = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
      const std::size_t height = terminal.height();
      text += render_table(now, received, height > used + 4 ? height - used - 1 : 4);
      terminal.redraw(text);
    } else {
      for (; problems_shown < problems.size(); ++problems_shown)
        terminal.print(render_problem(problems[problems_shown], terminal.width()));
      if (clock.now() >= next_progress) {
        terminal.print(render_progress(now, received));
        next_progress += kProgressInterval;
      }
    }
    const core::SteadyTime next = clock.now() + kRedrawInterval;
    if (!co_await clock.sleep_until(next)) co_return;
  }
}

void Session::Impl::announce() {
  if (!options.start_agent) {
    terminal.print("Start the agent by hand with these variables:\n\n");
    for (const auto& [name, value] : environment.variables)
      if (name == "ECS_CONTAINER_METADATA_URI_V4" || name == "DD_DD_URL" || name == "DD_API_KEY")
        terminal.print("export " + name + "=" + value + "\n");
    terminal.print("\n");
  }
  if (terminal.interactive()) return;
  terminal.print(render_header(view(), received) + "\n");
}

bool Session::Impl::finished() {
  if (stop_calls > 0) return true;
  if (options.run_for && clock.now() - started >= *options.run_for) return true;
  if (agent && agent->poll()) {
    agent_exit = agent->poll();
    agent_failure = "ended by itself: " + agent_exit->text();
    return true;
  }
  return false;
}

asio::awaitable<void> Session::Impl::stop_agent() {
  if (!agent || agent_exit) co_return;
  // The last word counts: what the health check of ECS would have said until now.
  HealthAnswer last = co_await ask_health(clock, agent_path, environment.variables);
  take_health(std::move(last));
  const core::SteadyTime begin = clock.now();
  agent->signal(SIGTERM);
  const core::SteadyTime deadline = begin + kStopLimit;
  agent_exit = co_await agent->wait(deadline);
  stop_time = std::chrono::duration_cast<milliseconds>(clock.now() - begin);
}

void Session::Impl::judge_checks(const TaskService& service, Verdict& out) const {
  const ContainerDefinition& container = definition.containers[service.container];
  if (!service.problem.empty()) out.lines.push_back({Mark::failed, service.line(definition)});
  for (const std::string& check : expected_checks(container, service.known->check)) {
    const std::string prefix(metric_prefix(check));
    if (prefix.empty()) continue;
    const std::size_t rows =
        rows_of_check(received, identity.docker_ids[service.container], container.name, prefix);
    if (rows > 0) {
      out.lines.push_back({Mark::ok, "check " + check + " of " + container.name + ": " +
                                         std::to_string(rows) + " series of " + prefix + "*"});
      continue;
    }
    std::string text = "no " + prefix + "* metrics of " + container.name + " (check " + check + ")";
    if (options.run_for && *options.run_for < kFirstCheckRun)
      text += ": its first run comes within 15 s, so use --for 20s or more";
    else if (names_localhost(container))
      text += ": its labels name localhost, but the server is at %%host%%";
    out.lines.push_back({Mark::failed, std::move(text)});
  }
}

Verdict Session::Impl::verdict() const {
  Verdict out;
  std::string present, missing;
  for (std::size_t i = 0; i < definition.containers.size(); ++i) {
    const std::string& name = definition.containers[i].name;
    const std::size_t rows = rows_of_container(received, identity.docker_ids[i], name);
    std::string& list = rows > 0 ? present : missing;
    list += (list.empty() ? "" : ", ") + name + (rows > 0 ? " " + std::to_string(rows) : "");
  }
  if (missing.empty())
    out.lines.push_back({Mark::ok, "metrics of every container: " + present});
  else
    out.lines.push_back({Mark::failed, "no metrics of: " + missing +
                                           (present.empty() ? "" : " (arrived: " + present + ")")});
  for (const TaskService& service : services.services())
    if (service.started) judge_checks(service, out);
  std::uint64_t refused = 0;
  for (const auto& [status, count] : received.refusals()) refused += count;
  if (refused > 0)
    out.lines.push_back({Mark::failed, "the intake refused " + std::to_string(refused) +
                                           " requests, last " + received.last_refusal()});
  if (!options.start_agent) return out;

  if (!agent) {
    out.lines.push_back({Mark::failed, agent_failure});
    return out;
  }
  if (health.healthy) {
    char after[32];
    std::snprintf(after, sizeof after, "%.1f s",
                  static_cast<double>(healthy_after->count()) / 1000.0);
    out.lines.push_back({Mark::ok, "the agent was healthy (first after " + std::string(after) +
                                       "): " + health.text});
  } else {
    out.lines.push_back(
        {Mark::failed, "the agent was not healthy: " +
                           (health_checks == 0 ? std::string("never asked") : health.text)});
  }
  if (!agent_failure.empty())
    out.lines.push_back({Mark::failed, "the agent " + agent_failure});
  else if (!agent_exit)
    out.lines.push_back({Mark::failed, "the agent did not stop within 30 s of SIGTERM"});
  else
    out.lines.push_back({agent_exit->clean() ? Mark::ok : Mark::failed,
                         "the agent stopped after " + std::to_string(stop_time.count()) +
                             " ms: " + agent_exit->text()});
  return out;
}

asio::awaitable<int> Session::run() {
  Impl& s = *impl_;
  s.agent_path = s.options.agent;
  s.background.start(s.metadata_server->run());
  s.background.start(s.intake_server->run());
  // Before the agent starts, so that its first look finds stats where they can be had.
  if (s.options.docker) co_await s.docker.poll();
  if (s.options.start_servers) co_await s.start_services();
  s.local.sample();
  s.started = s.clock.now();  // the engine takes up to 2 s for each container's first stats
  if (s.options.start_agent) {
    const auto started = s.start_agent();
    if (!started) s.agent_failure = started.error().message();
  }
  s.background.start(s.sample_loop());
  if (s.options.docker) s.background.start(s.docker.run(kSampleInterval));
  if (s.agent) s.background.start(s.health_loop());
  s.announce();
  s.background.start(s.view_loop());

  while (s.agent_failure.empty() && !s.finished()) {
    const core::SteadyTime next = s.clock.now() + kStep;
    (void)co_await s.clock.sleep_until(next);
  }
  co_await s.stop_agent();
  s.services.poll();

  s.metadata_server->stop();
  s.intake_server->stop();
  s.background.cancel();
  while (!s.background.idle()) {
    const core::SteadyTime next = s.clock.now() + kStep;
    (void)co_await s.clock.sleep_until(next);
  }

  s.terminal.leave_live_view();
  const ReportView view = s.view();
  const Verdict verdict = s.verdict();
  co_await s.services.stop();
  s.terminal.print("\n" + render_header(view, s.received) + render_table(view, s.received) +
                   render_tags(view, s.received));
  if (!s.agent_failure.empty() && !s.log.empty()) {
    s.terminal.print("\nLast lines of the agent:\n");
    for (const std::string& line : s.log) s.terminal.print("  " + line + "\n");
  }
  s.terminal.print(render_verdict(view, verdict));
  int code = verdict.ok() ? 0 : 1;
  if (!s.options.json_file.empty()) {
    const auto written =
        write_file(s.options.json_file, s.record.document(view, verdict, s.received));
    if (!written) {
      s.terminal.print("--json: " + written.error().message() + "\n");
      code = 1;
    }
  }
  co_return code;
}

}  // namespace remora::sandbox
