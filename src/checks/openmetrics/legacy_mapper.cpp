// The engine of `prometheus_url`.
//
// Source: DataDog/integrations-core datadog_checks/base/checks/openmetrics/mixins.py and
// datadog_checks/base/checks/libs/prometheus.py.
#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "checks/openmetrics/bounds.hpp"
#include "checks/openmetrics/bucket_table.hpp"
#include "checks/openmetrics/held_families.hpp"
#include "checks/openmetrics/label_joins.hpp"
#include "checks/openmetrics/label_policy.hpp"
#include "checks/openmetrics/match_report.hpp"
#include "checks/openmetrics/page_mapper.hpp"
#include "checks/openmetrics/tag_writer.hpp"
#include "checks/openmetrics/text_map.hpp"
#include "checks/python_regex.hpp"
#include "remora/checks/openmetrics/metric_mapper.hpp"

namespace remora::checks::openmetrics {
namespace {

constexpr std::size_t kMaxUnmatched = 50'000;

bool is_sent(FamilyType type) {
  return type == FamilyType::counter || type == FamilyType::gauge ||
         type == FamilyType::histogram || type == FamilyType::summary;
}

/// Names, and shell patterns where there is a star.
class NameList {
 public:
  static Result<NameList> make(const std::vector<std::string>& names, std::string_view option) {
    NameList out;
    std::vector<std::string> patterns;
    for (const std::string& name : names) {
      if (name.find('*') == std::string::npos) {
        out.names_.insert(name);
      } else {
        patterns.push_back(glob_expression(name));
      }
    }
    if (!patterns.empty()) {
      auto regex = PythonRegex::compile_any(patterns);
      if (!regex) return fail(regex.error(), option);
      out.patterns_ = std::move(*regex);
    }
    return out;
  }
  [[nodiscard]] bool named(std::string_view name) const { return names_.contains(name); }
  [[nodiscard]] bool matched(std::string_view name) const {
    return patterns_ && patterns_->found_in(name);
  }

 private:
  TextSet names_;
  std::optional<PythonRegex> patterns_;
};

/// Option `type_overrides`.
class TypeOverrides {
 public:
  static Result<TypeOverrides> make(const TextPairs& overrides) {
    TypeOverrides out;
    int size = 0;
    for (const auto& [name, text] : overrides) {
      FamilyType type = FamilyType::unknown;
      for (const auto candidate :
           {FamilyType::counter, FamilyType::gauge, FamilyType::histogram, FamilyType::summary}) {
        if (to_string(candidate) == text) type = candidate;
      }
      if (name.find('*') == std::string::npos) {
        out.named_.insert_or_assign(name, type);
        continue;
      }
      auto regex = PythonRegex::compile(glob_expression(name));
      if (!regex) return fail(regex.error(), "type_overrides");
      size += regex->size();
      if (size > kMaxProgramsTogether) {
        return fail(Errc::invalid_config,
                    "type_overrides: `" + name + "`: the patterns are too large together");
      }
      out.patterns_.emplace_back(std::move(*regex), type);
    }
    return out;
  }
  [[nodiscard]] FamilyType of(const Family& family) const {
    if (const auto it = named_.find(family.name); it != named_.end()) return it->second;
    for (const auto& [pattern, type] : patterns_) {
      if (pattern.found_in(family.name)) return type;
    }
    return family.type;
  }

 private:
  TextMap<FamilyType> named_;
  std::vector<std::pair<PythonRegex, FamilyType>> patterns_;
};

class LegacyMapper final : public MetricMapper {
 public:
  struct Parts {
    NameList wildcards, ignored;
    TypeOverrides overrides;
    LabelPolicy labels;
    LabelJoins joins;
    TextList check_tags;
  };

  LegacyMapper(const LegacyMapperOptions& options, Parts parts)
      : options_(options),
        parts_(std::move(parts)),
        first_values_(options.use_process_start_time),
        dry_(parts_.joins.configured()),
        report_(make_report(options)),
        late_stage_(*this) {
    if (!options.name_space.empty()) prefix_ = options.name_space + '.';
    for (const auto& [exposed, name] : options.metrics) names_.insert_or_assign(exposed, name);
    if (options_.send_distribution_buckets) options_.non_cumulative_buckets = true;
  }

  ParserOptions parser_options(std::string_view) const override {
    ParserOptions options;
    options.strip_total = false;
    return options;
  }

  void begin(const ScrapeStart& start, SubmissionSink& sink) override {
    start_ = start;
    sink_ = &sink;
    waits_ = first_values_.waits();
    report_.begin();
    // The page before may have broken off.
    route_ = Route::none;
    late_.clear();
    source_.clear();
    table_.clear();
  }

  bool family(const Family& family) override;
  void sample(const Sample& sample) override;
  void end_family() override;
  void end(bool ok, const ParserStats& page) override;

  std::span<const std::string_view> check_tags() const override {
    return parts_.check_tags.views();
  }
  const MapperStats& stats() const override { return stats_; }
  std::span<const Remark> remarks() const override { return report_.remarks(); }

 private:
  enum class Route { none, pass, source, late };

  /// Takes the families that were held back, past the stage that holds them.
  class LateStage final : public ExpositionHandler {
   public:
    explicit LateStage(LegacyMapper& to) : to_(to) {}
    bool family(const Family& family) override { return to_.open(family); }
    void sample(const Sample& sample) override { to_.take(sample); }
    void end_family() override { to_.close(); }

   private:
    LegacyMapper& to_;
  };

  // Views the list of patterns.
  MatchReport make_report(const LegacyMapperOptions& options) const {
    std::vector<std::string> names;
    std::string shell_patterns;
    for (const auto& [exposed, name] : options.metrics) {
      if (exposed.find('*') == std::string::npos) {
        names.push_back(exposed);
      } else {
        shell_patterns.append(shell_patterns.empty() ? "" : ", ").append(exposed);
      }
    }
    std::vector<MatchReport::Pattern> patterns;
    if (!shell_patterns.empty()) {
      patterns.push_back(
          {std::move(shell_patterns),
           [list = &parts_.wildcards](std::string_view name) { return list->matched(name); }});
    }
    return {std::move(names),
            std::move(patterns),
            {false, "give them a type in `type_overrides`, such as gauge or counter"}};
  }

  const std::string* emitted_name(const Family& family);
  bool ignores(std::string_view name) const {
    return parts_.ignored.named(name) || parts_.ignored.matched(name);
  }
  bool open(const Family& family);
  bool open_mapped(const Family& family);
  void take(const Sample& sample);
  void close();
  void process(const Sample& sample);
  void summary_sample(const Sample& sample, Part part, std::span<const Label> labels);
  void histogram_sample(const Sample& sample, Part part, std::span<const Label> labels);
  void submit_buckets();
  bool ignored_by_label(std::span<const Label> labels) const;
  void build_tags(std::span<const Label> labels, std::string_view skipped = {});
  void add_tag(std::string_view label, std::string_view value);
  void send(SubmissionKind kind, std::string_view name, double value);
  void send_distribution_count(bool monotonic, std::string_view suffix, double value);
  void send_metadata(const Sample& sample);

  LegacyMapperOptions options_;
  Parts parts_;
  FirstValues first_values_;
  bool dry_;  // until label joins have seen a whole page nothing is sent
  std::string prefix_;
  TextMap<std::string> names_;
  std::unordered_set<std::uint64_t> unmatched_;
  std::string wildcard_name_, spelled_;
  ScrapeStart start_;
  SubmissionSink* sink_ = nullptr;
  MapperStats stats_;
  MatchReport report_;
  PageTelemetry telemetry_;

  bool waits_ = false, start_time_ = false, counting_ = false;
  Route route_ = Route::none;
  HeldFamilies late_, source_;
  LateStage late_stage_;

  // The current family.
  Family family_;
  std::string family_name_, name_, suffixed_;
  bool mapped_ = false, metadata_ = false;
  BucketTable table_;

  // The current sample.
  Bounds bounds_{false};
  std::vector<Label> labels_;
  TagWriter writer_;
  std::string hostname_;
};

/// A counter is called as its samples are; its TYPE line may spell it with or without `_total`, and
/// so may the configuration.
const std::string* LegacyMapper::emitted_name(const Family& family) {
  constexpr std::string_view kTotal = "_total";
  if (const auto it = names_.find(family.name); it != names_.end()) return &it->second;
  if (family.type == FamilyType::counter) {
    spelled_.assign(family.name);
    if (family.name.ends_with(kTotal)) {
      spelled_.resize(spelled_.size() - kTotal.size());
    } else {
      spelled_.append(kTotal);
    }
    if (const auto it = names_.find(spelled_); it != names_.end()) return &it->second;
  }
  const std::uint64_t hash = TextHash()(family.name);
  if (unmatched_.contains(hash)) return nullptr;
  if (parts_.wildcards.matched(family.name)) {
    wildcard_name_.assign(family.name);
    return &wildcard_name_;
  }
  if (unmatched_.size() < kMaxUnmatched) unmatched_.insert(hash);
  return nullptr;
}

bool LegacyMapper::family(const Family& exposed) {
  route_ = Route::none;
  start_time_ = false;
  counting_ = options_.telemetry;
  Family family{exposed.name, parts_.overrides.of(exposed)};
  const bool sent = is_sent(family.type);
  if (!sent && !report_.looking()) return counting_;
  if (family.name.starts_with(options_.prometheus_metrics_prefix)) {
    family.name.remove_prefix(options_.prometheus_metrics_prefix.size());
  }
  if (report_.looking()) {
    using Fate = MatchReport::Fate;
    const bool asked_for = !ignores(family.name) && emitted_name(family) != nullptr;
    report_.family(family, !asked_for                           ? Fate::not_asked_for
                           : family.type == FamilyType::unknown ? Fate::without_type
                                                                : Fate::wanted);
  }
  if (!sent) return counting_;
  start_time_ = waits_ && family.name == kProcessStart;
  if (waits_ && family.type != FamilyType::gauge) {
    route_ = Route::late;
    late_.begin_family(family);
    return true;
  }
  return open(family) || start_time_ || counting_;
}

void LegacyMapper::sample(const Sample& sample) {
  if (counting_) ++telemetry_.input;
  if (start_time_) first_values_.process_started(sample.value);
  if (route_ == Route::late) {
    if (!late_.add(sample)) ++stats_.not_kept;
  } else if (route_ != Route::none) {
    take(sample);
  }
}

void LegacyMapper::end_family() {
  if (route_ != Route::late) close();
}

bool LegacyMapper::open(const Family& family) {
  if (!parts_.joins.is_source(family.name)) return open_mapped(family);
  // Its labels are known as a whole before they join those of its own samples.
  route_ = Route::source;
  family_name_.assign(family.name);
  family_ = {family_name_, family.type};
  source_.clear();
  source_.begin_family(family_);
  return true;
}

bool LegacyMapper::open_mapped(const Family& family) {
  route_ = Route::none;
  family_name_.assign(family.name);
  family_ = {family_name_, family.type};
  mapped_ = metadata_ = false;
  if (ignores(family_name_)) return false;
  const std::string* name = emitted_name(family_);
  mapped_ = name != nullptr;
  if (mapped_) {
    name_.assign(prefix_).append(*name);
  }
  if (!names_.contains(family_name_) && !options_.metadata_metric_name.empty() &&
      family_name_ == options_.metadata_metric_name) {
    metadata_ = true;
    mapped_ = false;
  }
  if (!mapped_ && !metadata_) return false;
  route_ = Route::pass;
  return true;
}

void LegacyMapper::take(const Sample& sample) {
  if (route_ == Route::source) {
    if (!source_.add(sample)) ++stats_.not_kept;
  } else if (route_ == Route::pass) {
    process(sample);
  }
}

void LegacyMapper::close() {
  if (route_ == Route::source) {
    source_.each_sample_of_last(
        [&](const Sample& sample) { parts_.joins.collect(family_name_, sample); });
    const std::string name = family_name_;
    if (open_mapped({name, family_.type})) {
      source_.each_sample_of_last([&](const Sample& sample) { process(sample); });
    }
    source_.clear();
  }
  if (!table_.empty()) submit_buckets();
  route_ = Route::none;
}

void LegacyMapper::end(bool ok, const ParserStats& page) {
  if (ok) {
    if (waits_) first_values_.decide(start_.agent_start);
    late_.replay(late_stage_);
    parts_.joins.forget_unused();
    dry_ = false;
  }
  late_.clear();
  if (options_.telemetry) {
    telemetry_.submit(*sink_, prefix_, page.filtered, {});
  }
  // This engine keeps what it has decided when a scrape fails.
  if (ok) first_values_.scraped(true);
  report_.end(ok && page.limit.empty());
}

bool LegacyMapper::ignored_by_label(std::span<const Label> labels) const {
  for (const LabelIgnore& ignore : options_.ignore_metrics_by_labels) {
    for (const Label& label : labels) {
      if (label.name != ignore.label) continue;
      for (const std::string& value : ignore.values) {
        if (value == "*" || value == label.value) return true;
      }
    }
  }
  return false;
}

void LegacyMapper::process(const Sample& sample) {
  if (options_.telemetry) ++telemetry_.processed;
  labels_.assign(sample.labels.begin(), sample.labels.end());
  if (parts_.joins.configured()) parts_.joins.populate(labels_);
  if (dry_) return;
  if (metadata_) {
    send_metadata(sample);
    metadata_ = false;  // the first sample alone
    route_ = Route::none;
    return;
  }
  if (!std::isfinite(sample.value)) {
    ++stats_.not_finite;
    return;
  }
  if (ignored_by_label(labels_)) return;
  hostname_.clear();
  if (!options_.label_to_hostname.empty()) {
    for (const Label& label : labels_) {
      if (label.name == options_.label_to_hostname && !label.value.empty()) {
        hostname_.assign(label.value).append(options_.label_to_hostname_suffix);
      }
    }
  }
  Part part = part_of(sample.name);
  switch (family_.type) {
    case FamilyType::counter:
      build_tags(labels_);
      if (options_.send_monotonic_counter) {
        send(SubmissionKind::monotonic_count, name_, sample.value);
        break;
      }
      send(SubmissionKind::gauge, name_, sample.value);
      if (options_.send_monotonic_with_gauge) {
        suffixed_.assign(name_).append(".total");
        send(SubmissionKind::monotonic_count, suffixed_, sample.value);
      }
      break;
    case FamilyType::summary:
      summary_sample(sample, part, labels_);
      break;
    case FamilyType::histogram:
      if (part == Part::plain && has_bound(sample)) part = Part::bucket;
      histogram_sample(sample, part, labels_);
      break;
    default:
      build_tags(labels_);
      send(SubmissionKind::gauge, name_, sample.value);
  }
}

void LegacyMapper::summary_sample(const Sample& sample, Part part, std::span<const Label> labels) {
  if (part == Part::sum || part == Part::count) {
    build_tags(labels);
    const bool sum = part == Part::sum;
    send_distribution_count(sum ? options_.send_distribution_sums_as_monotonic
                                : options_.send_distribution_counts_as_monotonic,
                            sum ? ".sum" : ".count", sample.value);
    return;
  }
  const auto quantile = std::find_if(labels_.begin(), labels_.end(),
                                     [](const Label& l) { return l.name == "quantile"; });
  const Bound* bound = quantile == labels_.end() ? nullptr : bounds_.of(quantile->value);
  if (bound == nullptr) {
    ++stats_.without_bound;
    return;
  }
  quantile->value = bound->text;
  build_tags(labels_);
  suffixed_.assign(name_).append(".quantile");
  send(SubmissionKind::gauge, suffixed_, sample.value);
}

void LegacyMapper::histogram_sample(const Sample& sample, Part part,
                                    std::span<const Label> labels) {
  if (part == Part::sum || part == Part::count) {
    if (options_.send_distribution_buckets) return;
    build_tags(labels);
    if (part == Part::sum) {
      send_distribution_count(options_.send_distribution_sums_as_monotonic, ".sum", sample.value);
      return;
    }
    if (options_.send_histograms_buckets) writer_.add("upper_bound", "none");
    send_distribution_count(options_.send_distribution_counts_as_monotonic, ".count", sample.value);
    return;
  }
  if (part != Part::bucket || !options_.send_histograms_buckets) return;
  const auto le =
      std::find_if(labels_.begin(), labels_.end(), [](const Label& l) { return l.name == "le"; });
  const Bound* bound = le == labels_.end() ? nullptr : bounds_.of(le->value);
  if (bound == nullptr) {
    ++stats_.without_bound;
    return;
  }
  if (options_.non_cumulative_buckets) {
    std::uint64_t series = 0;
    for (const Label& label : labels) {
      if (label.name == "le") continue;
      series += core::hash_bytes(label.value, core::hash_bytes(label.name, core::hash_seed()));
    }
    build_tags(labels, "le");
    table_.add(series, writer_.tags(), hostname_, bound->value, sample.value);
    return;
  }
  if (bound->infinite()) return;
  le->value = bound->text;
  build_tags(labels_);
  send_distribution_count(options_.send_distribution_counts_as_monotonic, ".count", sample.value);
}

void LegacyMapper::submit_buckets() {
  std::string upper_text, lower_text;
  const bool distributions = options_.send_distribution_buckets;
  table_.take_apart([&](std::span<const std::string_view> tags, std::string_view hostname,
                        double lower, double upper, double value, bool first) {
    if (distributions && lower == upper) return;
    std::string_view lower_view = bounds_.text(lower, lower_text);
    if (first && lower == 0 && !distributions) lower_view = "0";
    writer_.begin(256 + parts_.labels.longest_key());
    writer_.add_views(tags);
    add_tag("le", bounds_.text(upper, upper_text));
    add_tag("lower_bound", lower_view);
    hostname_.assign(hostname);
    if (!distributions) {
      send_distribution_count(options_.send_distribution_counts_as_monotonic, ".count", value);
      return;
    }
    Submission out;
    out.kind = SubmissionKind::bucket;
    out.name = name_;
    out.value = std::trunc(value);
    out.tags = writer_.tags();
    out.flush_first_value = first_values_.flush();
    out.lower = lower;
    out.upper = upper;
    sink_->submit(out);
  });
}

void LegacyMapper::add_tag(std::string_view label, std::string_view value) {
  const LabelPolicy::Decision& decision = parts_.labels.of(label);
  if (decision.tag) writer_.add(decision.key, value);
}

/// Tags of the labels but `skipped`.
void LegacyMapper::build_tags(std::span<const Label> labels, std::string_view skipped) {
  std::size_t bytes = 64;
  for (const Label& label : labels) {
    bytes += label.name.size() + parts_.labels.longest_key() + label.value.size() + 1;
  }
  writer_.begin(bytes);
  for (const Label& label : labels) {
    if (skipped.empty() || label.name != skipped) add_tag(label.name, label.value);
  }
}

void LegacyMapper::send(SubmissionKind kind, std::string_view name, double value) {
  Submission out;
  out.kind = kind;
  out.name = name;
  out.value = value;
  out.tags = writer_.tags();
  out.hostname = hostname_;
  out.flush_first_value = kind == SubmissionKind::monotonic_count && first_values_.flush();
  sink_->submit(out);
}

void LegacyMapper::send_distribution_count(bool monotonic, std::string_view suffix, double value) {
  suffixed_.assign(name_).append(suffix);
  if (monotonic) {
    send(SubmissionKind::monotonic_count, suffixed_, value);
    return;
  }
  send(SubmissionKind::gauge, suffixed_, value);
  if (options_.send_monotonic_with_gauge) {
    suffixed_ += ".total";
    send(SubmissionKind::monotonic_count, suffixed_, value);
  }
}

void LegacyMapper::send_metadata(const Sample& sample) {
  for (const auto& [name, wanted] : options_.metadata_label_map) {
    for (const Label& label : sample.labels) {
      if (label.name != wanted) continue;
      Submission out;
      out.kind = SubmissionKind::metadata;
      out.name = name;
      out.text = label.value;
      sink_->submit(out);
    }
  }
}

}  // namespace

Result<std::unique_ptr<MetricMapper>> make_legacy_mapper(const LegacyMapperOptions& options) {
  std::vector<std::string> exposed;
  for (const auto& [name, emitted] : options.metrics) exposed.push_back(name);
  auto wildcards = NameList::make(exposed, "metrics");
  if (!wildcards) return wildcards.error();
  auto ignored = NameList::make(options.ignore_metrics, "ignore_metrics");
  if (!ignored) return ignored.error();
  auto overrides = TypeOverrides::make(options.type_overrides);
  if (!overrides) return overrides.error();
  TextPairs renamed = options.labels_mapper;
  renamed.emplace_back("le", "upper_bound");
  auto labels = LabelPolicy::make(options.exclude_labels, options.include_labels, renamed, {});
  if (!labels) return labels.error();
  auto joins = LabelJoins::make(options.label_joins);
  if (!joins) return joins.error();
  LegacyMapper::Parts parts{std::move(*wildcards), std::move(*ignored),
                            std::move(*overrides), std::move(*labels),
                            std::move(*joins),     TextList({"endpoint:" + options.endpoint})};
  return std::unique_ptr<MetricMapper>(new LegacyMapper(options, std::move(parts)));
}

}  // namespace remora::checks::openmetrics
