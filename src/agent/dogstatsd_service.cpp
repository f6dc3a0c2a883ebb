#include "agent/dogstatsd_service.hpp"

#include <algorithm>

#include "remora/core/log.hpp"

namespace remora::agent {
namespace {

using std::chrono::milliseconds;

const core::Logger kLog("dogstatsd");

// Clients that are told to stop send their last packets at once; a pause this long is the end.
constexpr milliseconds kQuiet{250};
constexpr milliseconds kQuietLook{20};
constexpr std::size_t kRestPackets = 65'536;

}  // namespace

DogstatsdService::DogstatsdService(DogstatsdOptions options, telemetry::Counters& counters,
                                   std::vector<std::string>& warnings)
    : options_(std::move(options)),
      counters_(counters),
      listeners_(dogstatsd::Listeners::open(options_.listeners, counters.dogstatsd, warnings)) {}

DogstatsdService::~DogstatsdService() = default;

void DogstatsdService::build(const tagger::Tagger& tagger, core::Clock& clock,
                             std::vector<std::string>& warnings) {
  processes_ = std::make_unique<dogstatsd::ProcessContainers>(clock, "/proc", "/sys/fs/cgroup");
  origins_ = std::make_unique<dogstatsd::Origins>(
      options_.origins, tagger, counters_.dogstatsd,
      [this](std::uint64_t inode) { return processes_->of_inode(inode); });
  enricher_ = std::make_unique<dogstatsd::Enricher>(options_.enricher, *origins_, warnings);
  sampler_ = std::make_unique<metrics::TimeSampler>(options_.sampler, counters_.sampler);
  server_ = std::make_unique<dogstatsd::Server>(options_.server, *enricher_, *origins_, *processes_,
                                                *sampler_, clock, counters_.dogstatsd);
  if (options_.metric_stats) {
    stats_ = std::make_unique<dogstatsd::MetricStats>();
    server_->count_into(stats_.get());
  }
  if (!options_.forward_host.empty()) {
    forward_ = std::make_unique<dogstatsd::PacketForward>(
        options_.forward_host, options_.forward_port, clock, counters_.dogstatsd);
    server_->add_tap(forward_.get());
  }
  dogstatsd::CaptureOptions capture;
  capture.directory = options_.capture_directory;
  capture_ = std::make_unique<dogstatsd::Capture>(std::move(capture), clock);
  inspected_.reset(new DogstatsdInspected{*server_, *sampler_, *origins_, stats_.get(), *capture_});
}

void DogstatsdService::tags_changed() {
  if (origins_->tags_changed()) sampler_->forget_lines();
}

asio::awaitable<void> DogstatsdService::run(core::Clock& clock,
                                            telemetry::HealthComponent& health) {
  co_await listeners_->run(*server_, clock, health);
}

asio::awaitable<void> DogstatsdService::wait_for_quiet(core::Clock& clock,
                                                       core::SteadyTime deadline) {
  if (listeners_->last_packet() == core::SteadyTime{}) co_return;
  const core::SteadyTime until = std::min(deadline, clock.now() + options_.stop_listening);
  bool waiting = true;
  while (waiting) {
    const core::SteadyTime now = clock.now();
    if (now >= until) {
      kLog.info("applications still send at stop: no longer waited for",
                {{"waited", std::chrono::duration_cast<milliseconds>(options_.stop_listening)}});
      co_return;
    }
    if (now - listeners_->last_packet() >= kQuiet) co_return;
    waiting = co_await clock.sleep_until(std::min(until, now + kQuietLook));
  }
}

bool DogstatsdService::take_rest() {
  listeners_->poll(*server_, kRestPackets);
  return server_->has_data();
}

void DogstatsdService::tick() { tick_dogstatsd(*inspected_); }

void DogstatsdService::stop_capture() { capture_->stop(); }

DogstatsdSource DogstatsdService::source() noexcept {
  DogstatsdSource source;
  source.listeners = listeners_.get();
  source.server = server_.get();
  source.sampler = sampler_.get();
  source.enricher = enricher_.get();
  source.origins = origins_.get();
  return source;
}

std::vector<const telemetry::StatusSource*> DogstatsdService::status_sources() const {
  return {server_.get(), listeners_.get(), sampler_.get()};
}

}  // namespace remora::agent
