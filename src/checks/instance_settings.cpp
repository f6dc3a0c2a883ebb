#include "checks/instance_settings.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "checks/python_regex.hpp"
#include "checks/unknown_options.hpp"
#include "remora/core/ascii.hpp"
#include "remora/core/scrub.hpp"
#include "remora/core/utf8.hpp"
#include "remora/model/value_reader.hpp"

namespace remora::checks {
namespace {

constexpr std::int64_t kDefaultInterval = 15;
constexpr std::int64_t kLongestInterval = 7 * 24 * 3600;
constexpr std::size_t kMaxPatterns = 1'000;  // of one list
constexpr std::size_t kMaxTags = 1'000;

// Source: datadog_checks_base checks/base.py, GENERIC_TAGS.
constexpr std::array<std::string_view, 11> kGenericKeys = {
    "cluster", "cluster_id", "cluster_name", "clusterid", "clustername", "env",
    "host",    "host_name",  "hostname",     "service",   "version"};

// All of a list as one expression; empty for an empty list.
Result<std::optional<PythonRegex>> read_list(const model::Value& patterns, const char* key) {
  const std::string option = std::string("metric_patterns.") + key;
  const model::Value* value = patterns.find(key);
  if (value == nullptr || value->is_null()) return std::optional<PythonRegex>();
  const model::Value::List* list = value->list();
  if (list == nullptr) return fail(Errc::invalid_config, option + " has to be a list of texts");
  if (list->size() > kMaxPatterns) {
    return fail(Errc::invalid_config, option + " has more than 1000 entries");
  }
  std::vector<std::string> texts;
  for (const model::Value& item : *list) {
    const std::string* text = item.text();
    if (text == nullptr) return fail(Errc::invalid_config, option + " has to be a list of texts");
    if (!text->empty()) texts.push_back(*text);
  }
  if (texts.empty()) return std::optional<PythonRegex>();
  auto regex = PythonRegex::compile_any(texts);
  if (!regex) return fail(regex.error(), option);
  return std::optional<PythonRegex>(std::move(*regex));
}

class Patterns final : public MetricPatterns {
 public:
  Patterns(std::optional<PythonRegex> include, std::optional<PythonRegex> exclude)
      : include_(std::move(include)), exclude_(std::move(exclude)) {}
  [[nodiscard]] bool lets_through(std::string_view name) const override {
    if (exclude_ && exclude_->found_in(name)) return false;
    return !include_ || include_->found_in(name);
  }

 private:
  std::optional<PythonRegex> include_, exclude_;
};

// 0 and null count as absent.
std::optional<std::int64_t> interval_of(const model::Value& map, std::vector<std::string>& notes) {
  model::ValueReader reader(map);
  const std::int64_t seconds = reader.integer("min_collection_interval", 0);
  notes.insert(notes.end(), reader.problems().begin(), reader.problems().end());
  if (seconds < 0) notes.emplace_back("min_collection_interval is negative: 15 s are used");
  if (seconds <= 0) return std::nullopt;
  return std::min(seconds, kLongestInterval);
}

bool in_use(const model::Value& value) {
  switch (value.type()) {
    case model::Value::Type::null:
      return false;
    case model::Value::Type::boolean:
      return *value.boolean();
    case model::Value::Type::text:
      return !value.text()->empty() && !core::equals_ignoring_case(*value.text(), "false");
    case model::Value::Type::list:
      return !value.list()->empty();
    case model::Value::Type::map:
      return !value.map()->empty();
    case model::Value::Type::integer:
      return *value.integer() != 0;
    case model::Value::Type::real:
      break;
  }
  return true;
}

// no_index is declined like the options of the check itself: without it metrics would be indexed,
// and cost, that somebody asked not to be.
Result<void> accept_options(const IntegrationInfo& info, const InstanceConfig& config) {
  const auto check = [&](std::string_view option) -> Result<void> {
    for (const model::Value* map : {&config.instance, &config.init_config}) {
      const model::Value* value = map->find(option);
      if (value != nullptr && in_use(*value)) {
        return fail(Errc::unsupported,
                    "option " + std::string(option) + " is not implemented by remora");
      }
    }
    return {};
  };
  for (const std::string_view option : info.declined_options) {
    if (auto accepted = check(option); !accepted) return accepted;
  }
  return check("no_index");
}

void add_tag(InstanceSettings& settings, std::string_view check, std::string_view tag,
             model::TagList& tags) {
  std::string renamed = settings.rename_generic_tags ? renamed_tag(check, tag) : std::string();
  if (renamed.empty() || settings.keep_generic_tags) tags.emplace_back(tag);
  if (!renamed.empty()) tags.push_back(std::move(renamed));
}

// Option `ignore_tags`.
Result<std::optional<PythonRegex>> read_ignored(const model::Value& instance) {
  model::ValueReader reader(instance);
  std::vector<std::string> texts = reader.texts("ignore_tags");
  if (!reader.problems().empty()) return fail(Errc::invalid_config, reader.problems().front());
  std::erase(texts, "");
  if (texts.empty()) return std::optional<PythonRegex>();
  if (texts.size() > kMaxPatterns) {
    return fail(Errc::invalid_config, "ignore_tags has more than 1000 entries");
  }
  auto regex = PythonRegex::compile_any(texts);
  if (!regex) return fail(regex.error(), "ignore_tags");
  return std::optional<PythonRegex>(std::move(*regex));
}

model::TagList read_tags(InstanceSettings& settings, const InstanceConfig& config,
                         const std::optional<PythonRegex>& ignored) {
  model::TagList tags;
  const model::Value* value = config.instance.find("tags");
  if (value == nullptr || value->is_null()) return tags;
  const model::Value::List* list = value->list();
  if (list == nullptr) {
    settings.notes.emplace_back("tags has to be a list of texts: it is passed over");
    return tags;
  }
  for (const model::Value& item : *list) {
    const std::string* tag = item.text();
    if (tag == nullptr || !usable_tag(*tag)) {
      if (!item.is_null())
        settings.notes.emplace_back("an entry of tags is not a text: passed over");
      continue;
    }
    if (ignored && ignored->found_in(*tag)) continue;
    if (tags.size() >= kMaxTags) {
      settings.notes.emplace_back("tags has more than 1000 entries: the rest is passed over");
      break;
    }
    add_tag(settings, config.check, *tag, tags);
  }
  return tags;
}

std::size_t read_limit(const IntegrationInfo& info, model::ValueReader& instance,
                       std::vector<std::string>& notes) {
  const auto fallback = static_cast<std::int64_t>(info.max_returned_metrics);
  const std::int64_t limit = instance.integer("max_returned_metrics", fallback);
  if (limit < 0) {
    notes.emplace_back("max_returned_metrics is negative: the default is used");
    return info.max_returned_metrics;
  }
  if (limit == 0 && fallback > 0) {
    notes.push_back("max_returned_metrics cannot be 0: the default of " + std::to_string(fallback) +
                    " metrics is used");
    return info.max_returned_metrics;
  }
  return static_cast<std::size_t>(limit);
}

}  // namespace

bool is_generic_tag_key(std::string_view key) {
  return std::binary_search(kGenericKeys.begin(), kGenericKeys.end(), key);
}

std::string renamed_tag(std::string_view check, std::string_view tag) {
  const std::string_view key = tag.substr(0, tag.find(':'));
  if (!is_generic_tag_key(key)) return {};
  std::string out(check);
  out.append("_").append(tag);
  if (out.ends_with(':') && tag.size() == key.size() + 1) out.pop_back();
  return out;
}

bool usable_tag(std::string_view tag) {
  std::string scratch;
  return !tag.empty() && core::valid_utf8(tag, scratch).data() == tag.data();
}

Result<std::shared_ptr<const MetricPatterns>> MetricPatterns::read(const model::Value& patterns) {
  if (patterns.is_null()) return std::shared_ptr<const MetricPatterns>();
  if (patterns.map() == nullptr) {
    return fail(Errc::invalid_config, "metric_patterns has to be an object");
  }
  auto include = read_list(patterns, "include");
  if (!include) return include.error();
  auto exclude = read_list(patterns, "exclude");
  if (!exclude) return exclude.error();
  if (!*include && !*exclude) return std::shared_ptr<const MetricPatterns>();
  return std::shared_ptr<const MetricPatterns>(
      std::make_shared<Patterns>(std::move(*include), std::move(*exclude)));
}

Result<InstanceSettings> read_instance_settings(const IntegrationInfo& info,
                                                const InstanceConfig& config) {
  if (auto accepted = accept_options(info, config); !accepted) return accepted.error();
  InstanceSettings settings;
  model::ValueReader instance(config.instance);
  model::ValueReader init_config(config.init_config);
  settings.name = instance.text("name");
  settings.empty_hostname = instance.boolean("empty_default_hostname", false);
  const bool only_renamed = instance.boolean("disable_generic_tags", false);
  settings.rename_generic_tags = only_renamed || info.both_tag_forms;
  settings.keep_generic_tags = !only_renamed;
  settings.max_returned_metrics = read_limit(info, instance, settings.notes);
  const auto unknown = unknown_options(info, config.instance);
  settings.notes.insert(settings.notes.end(), unknown.begin(), unknown.end());

  auto interval = interval_of(config.instance, settings.notes);
  if (!interval) interval = interval_of(config.init_config, settings.notes);
  settings.interval = std::chrono::seconds(interval.value_or(kDefaultInterval));

  if (const model::Value* patterns = instance.value("metric_patterns")) {
    auto read = MetricPatterns::read(*patterns);
    if (!read) return read.error();
    settings.patterns = std::move(*read);
  }

  std::optional<PythonRegex> ignored;
  if (info.ignore_tags) {
    auto read = read_ignored(config.instance);
    if (!read) return read.error();
    ignored = std::move(*read);
  }
  model::TagList tags = read_tags(settings, config, ignored);
  std::string service = instance.text("service");
  if (service.empty()) service = init_config.text("service");
  // The agent's own, so it keeps its name whatever disable_generic_tags says.
  if (usable_tag(service)) tags.push_back("service:" + service);
  // A tag such as url:http://user:password@host goes to the intake with every value.
  for (std::string& tag : tags) tag = core::scrub_tag(std::move(tag));
  settings.tags = model::make_tags(std::move(tags));
  settings.notes.insert(settings.notes.end(), instance.problems().begin(),
                        instance.problems().end());
  return settings;
}

}  // namespace remora::checks
