#include "checks/openmetrics/metric_rules.hpp"

#include <array>
#include <charconv>

#include "remora/core/ascii.hpp"

namespace remora::checks::openmetrics {
namespace {

constexpr std::size_t kMaxRemembered = 10'000;  // names, of those a wildcard takes
constexpr std::size_t kMaxUnmatched = 50'000;

constexpr std::array<std::pair<std::string_view, RuleType>, 12> kTypes = {{
    {"native", RuleType::native},
    {"native_dynamic", RuleType::native_dynamic},
    {"counter", RuleType::counter},
    {"gauge", RuleType::gauge},
    {"histogram", RuleType::histogram},
    {"summary", RuleType::summary},
    {"rate", RuleType::rate},
    {"counter_gauge", RuleType::counter_gauge},
    {"time_elapsed", RuleType::time_elapsed},
    {"temporal_percent", RuleType::temporal_percent},
    {"service_check", RuleType::service_check},
    {"metadata", RuleType::metadata},
}};

Error bad(const MetricEntry& entry, std::string_view why) {
  return fail(Errc::invalid_config, "metrics: `" + entry.key + "`: " + std::string(why));
}

bool whole_number(std::string_view text, std::int64_t& out) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

Result<void> read_scale(const MetricEntry& entry, double& scale) {
  if (entry.scale.empty()) return bad(entry, "type temporal_percent needs the parameter `scale`");
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"second", 1}, {"millisecond", 1e3}, {"microsecond", 1e6}, {"nanosecond", 1e9}};
  for (const auto& [unit, parts] : kUnits) {
    if (core::equals_ignoring_case(entry.scale, unit)) {
      scale = parts;
      return {};
    }
  }
  std::int64_t parts = 0;
  if (!whole_number(entry.scale, parts) || parts == 0) {
    return bad(entry,
               "`scale` must be second, millisecond, microsecond, nanosecond or a number of "
               "parts per second");
  }
  scale = static_cast<double>(parts);
  return {};
}

Result<void> read_statuses(const MetricEntry& entry, MetricRule& rule) {
  if (entry.status_map.empty()) return bad(entry, "type service_check needs a `status_map`");
  constexpr std::string_view kStatuses[] = {"ok", "warning", "critical", "unknown"};
  for (const auto& [text, name] : entry.status_map) {
    std::int64_t value = 0;
    if (!whole_number(text, value)) {
      return bad(entry, "`status_map`: the value `" + text + "` is not a whole number");
    }
    int status = 0;
    while (status < 4 && !core::equals_ignoring_case(name, kStatuses[status])) ++status;
    if (status == 4) {
      return bad(entry, "`status_map`: `" + name + "` is none of OK, WARNING, CRITICAL, UNKNOWN");
    }
    rule.statuses.emplace_back(value, status);
  }
  return {};
}

Result<MetricRule> compile(const MetricEntry& entry) {
  MetricRule rule;
  bool known = false;
  for (const auto& [name, type] : kTypes) {
    if (entry.type != name) continue;
    rule.type = type;
    known = true;
  }
  if (!known) return bad(entry, "unknown type `" + entry.type + "`");
  Result<void> read;
  if (rule.type == RuleType::temporal_percent) read = read_scale(entry, rule.scale);
  if (rule.type == RuleType::service_check) read = read_statuses(entry, rule);
  if (!read) return read.error();
  if (rule.type == RuleType::metadata && entry.label.empty()) {
    return bad(entry, "type metadata needs the parameter `label`");
  }
  rule.label = entry.label;
  return rule;
}

std::string emitted(const MetricRule& rule, std::string_view prefix, std::string_view name) {
  std::string out(rule.type == RuleType::metadata ? std::string_view() : prefix);
  return out.append(name);
}

}  // namespace

Result<MetricRules> MetricRules::make(const std::vector<MetricEntry>& entries,
                                      std::string_view name_space, bool cache_wildcards) {
  MetricRules rules;
  rules.cache_wildcards_ = cache_wildcards;
  if (!name_space.empty()) rules.prefix_ = std::string(name_space) + '.';
  int size = 0;
  for (const MetricEntry& entry : entries) {
    auto rule = compile(entry);
    if (!rule) return rule.error();
    if (!has_metacharacters(entry.key)) {
      rule->name = emitted(*rule, rules.prefix_, entry.name.empty() ? entry.key : entry.name);
      rules.named_.insert_or_assign(entry.key, std::move(*rule));
      continue;
    }
    auto regex = PythonRegex::compile(entry.key);
    if (!regex) return fail(regex.error(), "metrics");
    size += regex->size();
    if (size > kMaxProgramsTogether) return bad(entry, "the expressions are too large together");
    // A key that comes again changes what it means, not when its turn is.
    bool again = false;
    for (Wildcard& wildcard : rules.wildcards_) {
      if (wildcard.key != entry.key) continue;
      wildcard.rule = *rule;
      again = true;
    }
    if (!again) rules.wildcards_.push_back({entry.key, std::move(*regex), std::move(*rule)});
  }
  rules.max_named_ = rules.named_.size() + kMaxRemembered;
  return rules;
}

MetricRule* MetricRules::find(std::string_view family) {
  if (const auto it = named_.find(family); it != named_.end()) return &it->second;
  if (wildcards_.empty()) return nullptr;
  const std::uint64_t hash = TextHash()(family);
  if (unmatched_.contains(hash)) return nullptr;
  for (const Wildcard& wildcard : wildcards_) {
    if (!wildcard.regex.found_in(family)) continue;
    MetricRule& rule =
        cache_wildcards_ && named_.size() < max_named_ ? named_[std::string(family)] : uncached_;
    rule = wildcard.rule;
    rule.name = emitted(rule, prefix_, family);
    return &rule;
  }
  if (unmatched_.size() < kMaxUnmatched) unmatched_.insert(hash);
  return nullptr;
}

std::optional<RuleType> effective_type(MetricRule& rule, FamilyType exposed) {
  if (rule.gives_type()) return rule.type;
  RuleType type{};
  switch (exposed) {
    case FamilyType::counter:
      type = RuleType::counter;
      break;
    case FamilyType::gauge:
      type = RuleType::gauge;
      break;
    case FamilyType::histogram:
      type = RuleType::histogram;
      break;
    case FamilyType::summary:
      type = RuleType::summary;
      break;
    default:
      return std::nullopt;
  }
  if (rule.type == RuleType::native_dynamic) return type;
  if (!rule.first_seen) rule.first_seen = type;
  return rule.first_seen;
}

}  // namespace remora::checks::openmetrics
