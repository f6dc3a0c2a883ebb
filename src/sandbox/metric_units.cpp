#include "sandbox/metric_units.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace remora::sandbox {
namespace {

enum class Unit {
  none,
  byte,
  byte_rate,
  nanocore,
  nanocore_limit,
  second,
  mebibyte,
  percent,
  rate
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Unit unit_of(std::string_view metric, int type) {
  if (metric == "ecs.fargate.cpu.limit") return Unit::none;  // CPU units
  // Of the checks: redis.net.clients and nginx.net.waiting are counts.
  if (metric.starts_with("redis."))
    return contains(metric, ".mem.") && !metric.ends_with("_ratio") ? Unit::byte : Unit::none;
  if (metric.starts_with("nginx.")) return Unit::none;
  if (metric.ends_with(".cpu.percent")) return Unit::percent;
  if (metric.starts_with("container.cpu.") || metric.starts_with("ecs.fargate.cpu.")) {
    if (metric.ends_with("limit")) return Unit::nanocore_limit;
    return contains(metric, "throttled") ? Unit::rate : Unit::nanocore;
  }
  if (metric.ends_with(".uptime")) return Unit::second;
  if (contains(metric, ".ephemeral_storage.")) return Unit::mebibyte;
  if (contains(metric, ".page_faults") || contains(metric, ".pg") ||
      contains(metric, "major_page_faults") || contains(metric, "oom_events"))
    return type == 2 ? Unit::rate : Unit::none;
  if (contains(metric, ".memory.") || contains(metric, ".mem.")) return Unit::byte;
  if (metric.ends_with(".packets") || metric.ends_with(".operations") ||
      contains(metric, ".io.ops."))
    return Unit::rate;
  if (contains(metric, ".packet.") || metric.ends_with("_errors")) return Unit::none;
  if (contains(metric, ".io.") || contains(metric, ".net.")) return Unit::byte_rate;
  return type == 2 ? Unit::rate : Unit::none;
}

std::string number(double value) {
  if (!std::isfinite(value)) return "-";
  const double size = std::fabs(value);
  std::array<char, 48> text{};
  if (size >= 1e9)
    std::snprintf(text.data(), text.size(), "%.3g", value);
  else if (value == std::floor(value) || size >= 100)
    std::snprintf(text.data(), text.size(), "%.0f", value);
  else if (size >= 10)
    std::snprintf(text.data(), text.size(), "%.1f", value);
  else if (size >= 0.01)
    std::snprintf(text.data(), text.size(), "%.2f", value);
  else
    std::snprintf(text.data(), text.size(), "%.1g", value);
  return text.data();
}

Shown bytes(double value) {
  constexpr std::array<const char*, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (std::fabs(value) >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  // Two decimals of a MiB are noise; two of a GiB are not.
  if (unit > 0 && std::fabs(value) < 100) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), unit > 2 ? "%.2f" : "%.1f", value);
    return {text.data(), kUnits[unit]};
  }
  return {number(std::round(value)), kUnits[unit]};
}

}  // namespace

std::string human_bytes(double value) {
  const Shown shown = bytes(value);
  return shown.value + " " + shown.unit;
}

Shown humanise(std::string_view metric, double value, int type) {
  switch (unit_of(metric, type)) {
    case Unit::byte:
      return bytes(value);
    case Unit::byte_rate: {
      Shown out = bytes(value);
      out.unit += "/s";
      return out;
    }
    case Unit::nanocore:
      return {number(value / 1e7), "%"};
    case Unit::nanocore_limit:
      return {number(value / 1e9), "vCPU"};
    case Unit::second:
      return {number(std::round(value)), "s"};
    case Unit::mebibyte:
      return bytes(value * 1024 * 1024);
    case Unit::percent:
      return {number(value), "%"};
    case Unit::rate:
      return {number(value), "/s"};
    case Unit::none:
      break;
  }
  return {number(value), ""};
}

}  // namespace remora::sandbox
