#include "remora/checks/run_record.hpp"

#include <array>
#include <cstdio>
#include <utility>

namespace remora::checks {
namespace {

std::string date_text(core::WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(seconds - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d UTC",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::string milliseconds_text(std::chrono::milliseconds time) {
  return std::to_string(time.count()) + "ms";
}

}  // namespace

void RunRecord::Total::add(std::uint64_t n) {
  last = n;
  total += n;
}

std::string RunRecord::Total::text() const {
  return "Last Run: " + std::to_string(last) + ", Total: " + std::to_string(total);
}

void RunRecord::record(std::chrono::milliseconds elapsed, core::WallTime at, std::uint64_t samples,
                       std::uint64_t service_checks, std::string error) {
  ++runs_;
  samples_.add(samples);
  service_checks_.add(service_checks);
  last_elapsed_ = elapsed;
  total_elapsed_ += elapsed;
  last_run_ = at;
  if (error.empty()) last_success_ = at;
  last_error_ = std::move(error);
  warnings_.clear();
  notes_.clear();
}

void RunRecord::add_details(std::uint64_t buckets, std::vector<std::string> warnings,
                            std::vector<std::string> notes) {
  buckets_.add(buckets);
  warnings_ = std::move(warnings);
  notes_ = std::move(notes);
}

telemetry::StatusNode RunRecord::node(std::string_view name, std::string_view id,
                                      std::string_view source) const {
  telemetry::StatusNode node;
  node.title = std::string(name);
  const char* state = failed() ? " [ERROR]" : warnings_.empty() ? " [OK]" : " [WARNING]";
  node.add("Instance ID", std::string(id.empty() ? name : id) + (ran() ? state : ""));
  if (!source.empty()) node.add("Configuration Source", source);
  node.add("Total Runs", runs_);
  if (!ran()) return node;
  node.add("Metric Samples", samples_.text()).add("Service Checks", service_checks_.text());
  if (buckets_.total > 0) node.add("Histogram Buckets", buckets_.text());
  node.add("Last Execution Time", milliseconds_text(last_elapsed_))
      .add("Average Execution Time",
           milliseconds_text(total_elapsed_ / static_cast<std::int64_t>(runs_)))
      .add("Last Execution Date", date_text(last_run_));
  node.add("Last Successful Execution Date", last_success_ ? date_text(*last_success_) : "Never");
  if (failed()) node.add("Error", last_error_);
  for (const std::string& warning : warnings_) node.add("Warning", warning);
  for (const std::string& note : notes_) node.add("Note", note);
  return node;
}

}  // namespace remora::checks
