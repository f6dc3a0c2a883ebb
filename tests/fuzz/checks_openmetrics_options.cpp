// A label's instance and the page it is about: JSON up to the first line break, the page behind it.
// Options that are refused say why in one line; the others make a mapper that takes the page twice,
// the first time as one that broke off.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "checks/openmetrics/options.hpp"
#include "checks/openmetrics/scrape.hpp"
#include "remora/autodiscovery/parse.hpp"

namespace {

using namespace remora;
using namespace remora::checks::openmetrics;

void require(bool ok) {
  if (!ok) std::abort();
}

class Receives final : public checks::InstanceSender {
 public:
  void submit(const checks::Submission& submission) override {
    for (const std::string_view tag : submission.tags) require(!tag.empty());
  }
  void service_check(std::string_view name, model::CheckStatus status, checks::TagViews,
                     std::string_view) override {
    require(static_cast<int>(status) >= 0 && static_cast<int>(status) <= 3);
  }
  void warning(std::string text) override { require(!text.empty() && text.size() < 4096); }
  void note(std::string text) override { require(!text.empty() && text.size() < 4096); }
  void metadata(std::string_view, std::string_view) override {}
};

void scrape(MetricMapper& mapper, std::string_view page, bool complete) {
  Receives sender;
  Scrape scrape(mapper, sender, {.now = 2e9, .agent_start = 1e9});
  scrape.head(200, {{"content-type", "text/plain"}, {"content-length", "1"}});
  for (std::size_t at = 0; at < page.size(); at += 37) {
    // A copy, so that a look behind its end is seen.
    const std::string piece(page.substr(at, 37));
    if (!scrape.body(piece)) break;
  }
  if (complete) scrape.finish(true);
}

void use(Result<std::unique_ptr<MetricMapper>> mapper, std::string_view page) {
  if (!mapper) {
    require(!mapper.error().message().empty());
    return;
  }
  scrape(**mapper, page, false);
  scrape(**mapper, page, true);
  scrape(**mapper, page, true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const auto instance = autodiscovery::parse_json(text.substr(0, end));
  if (!instance) return 0;
  const std::string_view page = text.substr(std::min(end + 1, text.size()));
  if (const auto options = read_mapper_options(*instance)) {
    use(make_mapper(*options), page);
  } else {
    require(options.error().code() == Errc::invalid_config);
  }
  if (const auto options = read_legacy_options(*instance)) {
    use(make_legacy_mapper(*options), page);
  } else {
    require(options.error().code() == Errc::invalid_config);
  }
  return 0;
}
