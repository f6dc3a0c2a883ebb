// The engine of `openmetrics_endpoint`. A page goes through three stages: samples that wait for the
// start time of the process, shared labels, and what is submitted.
//
// Source: DataDog/integrations-core
// datadog_checks/base/checks/openmetrics/v2/scraper/base_scraper.py, transform.py, transformers/,
// labels.py, first_scrape_handler.py.
#include <algorithm>
#include <cmath>

#include "checks/openmetrics/bounds.hpp"
#include "checks/openmetrics/bucket_table.hpp"
#include "checks/openmetrics/held_families.hpp"
#include "checks/openmetrics/label_policy.hpp"
#include "checks/openmetrics/label_sharing.hpp"
#include "checks/openmetrics/line_filter.hpp"
#include "checks/openmetrics/match_report.hpp"
#include "checks/openmetrics/metric_rules.hpp"
#include "checks/openmetrics/page_mapper.hpp"
#include "checks/openmetrics/tag_writer.hpp"
#include "remora/checks/openmetrics/metric_mapper.hpp"

namespace remora::checks::openmetrics {
namespace {

constexpr std::string_view kUpperBound = "upper_bound";
constexpr std::string_view kTotal = "_total";
constexpr std::string_view kHostnamePlaceholder = "<HOSTNAME>";

/// Option `exclude_metrics`.
class MetricExclusion {
 public:
  static Result<MetricExclusion> make(const std::vector<std::string>& entries) {
    MetricExclusion out;
    std::vector<std::string> patterns;
    for (const std::string& entry : entries) {
      if (has_metacharacters(entry)) {
        patterns.push_back(entry);
      } else {
        out.names_.insert(entry);
      }
    }
    if (!patterns.empty()) {
      auto regex = PythonRegex::compile_any(patterns);
      if (!regex) return fail(regex.error(), "exclude_metrics");
      out.pattern_ = std::move(*regex);
    }
    return out;
  }
  [[nodiscard]] bool covers(std::string_view name) const {
    return names_.contains(name) || (pattern_ && pattern_->found_in(name));
  }

 private:
  TextSet names_;
  std::optional<PythonRegex> pattern_;
};

/// Third stage: families that are mapped become submissions.
class Emitter final : public ExpositionHandler {
 public:
  struct Parts {
    MetricRules rules;
    LabelPolicy labels;
    MetricExclusion excluded;
    TextList tags;
  };

  Emitter(const MapperOptions& options, Parts parts, LabelSharing& sharing, FirstValues& first)
      : rules_(std::move(parts.rules)),
        labels_(std::move(parts.labels)),
        excluded_(std::move(parts.excluded)),
        tags_(std::move(parts.tags)),
        sharing_(sharing),
        first_values_(first),
        hostname_label_(options.hostname_label),
        hostname_format_(options.hostname_format),
        with_counters_(options.collect_counters_with_distributions),
        distributions_(with_counters_ || options.histogram_buckets_as_distributions),
        buckets_(distributions_ || options.collect_histogram_buckets),
        apart_(distributions_ || options.non_cumulative_histogram_buckets),
        telemetry_(options.telemetry) {}

  void begin(const ScrapeStart& start, SubmissionSink& sink) {
    now_ = start.now;
    sink_ = &sink;
    table_.clear();  // the page before may have broken off
  }

  /// Samples of this family would be submitted.
  [[nodiscard]] bool wants(const Family& family) {
    if (excluded_.covers(family.name)) return false;
    MetricRule* rule = rule_of(family);
    return rule != nullptr && effective_type(*rule, family.type).has_value();
  }

  /// A rule asks for it, but neither page nor rule say what it is.
  [[nodiscard]] bool lacks_type(const Family& family) {
    if (family.type != FamilyType::unknown || excluded_.covers(family.name)) return false;
    MetricRule* rule = rules_.find(family.name);
    return rule != nullptr && !effective_type(*rule, family.type);
  }
  [[nodiscard]] const MetricRules& rules() const noexcept { return rules_; }

  bool family(const Family& family) override {
    rule_ = nullptr;
    ignored_ = excluded_.covers(family.name);
    if (ignored_) return telemetry_;
    MetricRule* rule = rule_of(family);
    if (rule == nullptr) return false;
    const auto type = effective_type(*rule, family.type);
    if (!type) return false;
    rule_ = rule;
    type_ = *type;
    exposed_ = family.type;
    named_created_ = family.name.ends_with("_created");
    plain_name_ = rule->name;
    name_into(count_name_, ".count");
    if (type_ == RuleType::counter_gauge) name_into(total_name_, ".total");
    if (type_ == RuleType::histogram || type_ == RuleType::summary) {
      name_into(sum_name_, ".sum");
      name_into(bucket_name_, type_ == RuleType::summary ? ".quantile" : ".bucket");
    }
    if (labels_.trivial()) {
      bound_tag_ = true;
      bound_key_ = kUpperBound;
      bound_rules_ = false;
    } else {
      const LabelPolicy::Decision& decision = labels_.of(kUpperBound);
      bound_tag_ = decision.tag;
      bound_key_ = decision.key;
      bound_rules_ = decision.drops_any || decision.drops_where != nullptr;
    }
    return true;
  }

  void sample(const Sample& sample) override;

  void end_family() override {
    if (rule_ != nullptr && !table_.empty()) submit_buckets();
    rule_ = nullptr;
  }

  [[nodiscard]] std::span<const std::string_view> check_tags() const { return tags_.views(); }

  MapperStats stats;
  PageTelemetry telemetry;

 private:
  void name_into(std::string& out, std::string_view suffix) {
    out.assign(plain_name_).append(suffix);
  }
  /// Under `_total` a counter is called where its page does not say it is one, and then only a rule
  /// with a type of its own sends it: such a rule stays right when the page says so, or we see it.
  MetricRule* rule_of(const Family& family) {
    MetricRule* rule = rules_.find(family.name);
    if (rule != nullptr || family.type != FamilyType::counter) return rule;
    spelled_.assign(family.name).append(kTotal);
    rule = rules_.find(spelled_);
    return rule != nullptr && rule->gives_type() ? rule : nullptr;
  }
  bool needed(Part part) const;
  bool build_tags(std::span<const Label> labels, bool table);
  void find_hostname(std::span<const Label> labels);
  void send(SubmissionKind kind, std::string_view name, double value);
  void send_count(std::string_view name, double value) {
    send(SubmissionKind::monotonic_count, name, value);
  }
  void send_histogram(Part part, double value);
  void send_status(double value);
  void send_metadata(std::span<const Label> labels);
  void keep_bucket(double value);
  void submit_buckets();

  MetricRules rules_;
  LabelPolicy labels_;
  MetricExclusion excluded_;
  TextList tags_;
  LabelSharing& sharing_;
  FirstValues& first_values_;
  std::string hostname_label_, hostname_format_;
  bool with_counters_, distributions_, buckets_, apart_, telemetry_;
  SubmissionSink* sink_ = nullptr;
  double now_ = 0;

  // The current family.
  MetricRule* rule_ = nullptr;
  bool ignored_ = false, named_created_ = false;
  RuleType type_{};
  FamilyType exposed_{};
  std::string spelled_;
  std::string plain_name_, count_name_, total_name_, sum_name_, bucket_name_, bound_key_;
  bool bound_tag_ = true, bound_rules_ = false;
  BucketTable table_;

  // The current sample.
  Bounds bounds_{true};
  std::vector<Label> changed_;
  const Bound* bound_ = nullptr;  // upper_bound of a histogram's sample, or quantile
  std::uint64_t series_ = 0;
  TagWriter writer_;
  std::string_view hostname_;
  std::string hostname_text_;
};

/// False where no submission can come of it: its tags are not worth writing.
bool Emitter::needed(Part part) const {
  if (telemetry_ || type_ != RuleType::histogram) return true;
  if (part == Part::plain) return false;
  if (part == Part::bucket) return buckets_;
  return !distributions_ || with_counters_;
}

void Emitter::sample(const Sample& sample) {
  if (telemetry_ && ignored_) ++telemetry.ignored;
  if (rule_ == nullptr) return;
  if (!std::isfinite(sample.value)) {
    ++stats.not_finite;
    return;
  }
  // When a counter was made is no value of it.
  if (exposed_ == FamilyType::counter && !named_created_ && sample.name.ends_with("_created"))
    return;
  Part part = part_of(sample.name);
  const bool histogram = exposed_ == FamilyType::histogram;
  if (histogram && part == Part::plain && has_bound(sample)) part = Part::bucket;
  if (!needed(part)) return;

  std::span<const Label> labels = sample.labels;
  bound_ = nullptr;
  if (sharing_.configured() || histogram || exposed_ == FamilyType::summary) {
    changed_.assign(labels.begin(), labels.end());
    if (sharing_.configured()) sharing_.populate(changed_);
    const std::string_view special = histogram ? "le" : "quantile";
    const auto it = !histogram && exposed_ != FamilyType::summary
                        ? changed_.end()
                        : std::find_if(changed_.begin(), changed_.end(),
                                       [&](const Label& l) { return l.name == special; });
    if (it != changed_.end()) {
      bound_ = bounds_.of(it->value);
      if (bound_ != nullptr && histogram) {
        changed_.erase(it);
        if (!apart_ && part == Part::bucket && bound_->infinite() && !telemetry_ &&
            type_ == RuleType::histogram) {
          return;  // the same as the count
        }
      } else if (bound_ != nullptr) {
        it->value = bound_->text;
      }
    }
    labels = changed_;
  }
  const bool table = type_ == RuleType::histogram && apart_ && part == Part::bucket;
  if (!histogram) bound_ = nullptr;
  if (!build_tags(labels, table)) return;
  find_hostname(labels);
  if (telemetry_) ++telemetry.processed;

  const double value = sample.value;
  switch (type_) {
    case RuleType::counter:
      send_count(count_name_, value);
      break;
    case RuleType::gauge:
      send(SubmissionKind::gauge, plain_name_, value);
      break;
    case RuleType::histogram:
      send_histogram(part, value);
      break;
    case RuleType::summary:
      if (part == Part::sum) {
        send_count(sum_name_, value);
      } else if (part == Part::count) {
        send_count(count_name_, value);
      } else if (part == Part::plain && !sample.name.ends_with("_created")) {
        send(SubmissionKind::gauge, bucket_name_, value);
      }
      break;
    case RuleType::rate:
      send(SubmissionKind::rate, plain_name_, value);
      break;
    case RuleType::counter_gauge:
      send(SubmissionKind::gauge, total_name_, value);
      send_count(count_name_, value);
      break;
    case RuleType::time_elapsed:
      send(SubmissionKind::gauge, plain_name_, now_ - value);
      break;
    case RuleType::temporal_percent:
      send(SubmissionKind::rate, plain_name_, value / rule_->scale * 100);
      break;
    case RuleType::service_check:
      send_status(value);
      break;
    case RuleType::metadata:
      send_metadata(labels);
      break;
    case RuleType::native:
    case RuleType::native_dynamic:
      break;
  }
}

/// Writes the tags of `labels`, the bound behind them, and that of the endpoint. For the table of
/// buckets the labels' alone. False when a label's value drops the sample.
bool Emitter::build_tags(std::span<const Label> labels, bool table) {
  std::size_t bytes = 64 + bound_key_.size();
  for (const Label& label : labels) {
    bytes += label.name.size() + labels_.longest_key() + label.value.size() + 1;
  }
  writer_.begin(bytes);
  series_ = 0;
  if (labels_.trivial()) {
    for (const Label& label : labels) writer_.add(label.name, label.value);
  } else {
    for (const Label& label : labels) {
      const LabelPolicy::Decision& decision = labels_.of(label.name);
      if (decision.drops(label.value)) return false;
      if (decision.tag) writer_.add(decision.key, label.value);
    }
  }
  if (bound_ != nullptr) {
    if (bound_rules_ && labels_.of(kUpperBound).drops(bound_->text)) return false;
    if (bound_tag_ && !table) writer_.add(bound_key_, bound_->text);
  }
  if (!table) {
    writer_.add_views(tags_.views());
    return true;
  }
  // The order of labels does not matter.
  for (const Label& label : labels) {
    series_ += core::hash_bytes(label.value, core::hash_bytes(label.name, core::hash_seed()));
  }
  return true;
}

void Emitter::find_hostname(std::span<const Label> labels) {
  hostname_ = {};
  if (hostname_label_.empty()) return;
  for (const Label& label : labels) {
    if (label.name == hostname_label_) hostname_ = label.value;
  }
  if (hostname_.data() == nullptr || hostname_format_.empty()) return;
  hostname_text_ = hostname_format_;
  hostname_text_.replace(hostname_text_.find(kHostnamePlaceholder), kHostnamePlaceholder.size(),
                         hostname_);
  hostname_ = hostname_text_;
}

void Emitter::send(SubmissionKind kind, std::string_view name, double value) {
  Submission out;
  out.kind = kind;
  out.name = name;
  out.value = value;
  out.tags = writer_.tags();
  out.hostname = hostname_;
  out.flush_first_value = kind == SubmissionKind::monotonic_count && first_values_.flush();
  sink_->submit(out);
}

void Emitter::send_histogram(Part part, double value) {
  if (part == Part::bucket) {
    if (!buckets_) return;
    if (bound_ == nullptr) {
      ++stats.without_bound;
    } else if (apart_) {
      keep_bucket(value);
    } else if (!bound_->infinite()) {
      send_count(bucket_name_, value);
    }
  } else if (!distributions_ || with_counters_) {
    if (part == Part::sum) send_count(sum_name_, value);
    if (part == Part::count) send_count(count_name_, value);
  }
}

void Emitter::keep_bucket(double value) {
  table_.add(series_, writer_.tags(), hostname_, bound_->value, value);
}

void Emitter::submit_buckets() {
  std::string upper_text, lower_text;
  const bool flush = first_values_.flush();
  table_.take_apart([&](std::span<const std::string_view> tags, std::string_view hostname,
                        double lower, double upper, double value, bool) {
    if (distributions_ ? lower == upper : std::isinf(upper)) return;
    writer_.begin(128 + bound_key_.size());
    writer_.add_views(tags);
    if (bound_tag_) writer_.add(bound_key_, bounds_.text(upper, upper_text));
    writer_.add_views(tags_.views());
    writer_.add("lower_bound", bounds_.text(lower, lower_text));
    Submission out;
    out.kind = distributions_ ? SubmissionKind::bucket : SubmissionKind::monotonic_count;
    out.name = distributions_ ? plain_name_ : bucket_name_;
    out.value = distributions_ ? std::trunc(value) : value;
    out.tags = writer_.tags();
    out.hostname = hostname;
    out.flush_first_value = flush;
    out.lower = lower;
    out.upper = upper;
    sink_->submit(out);
  });
}

void Emitter::send_status(double value) {
  int status = 3;
  for (const auto& [known, meant] : rule_->statuses) {
    if (std::trunc(value) == static_cast<double>(known)) status = meant;
  }
  Submission out;
  out.kind = SubmissionKind::service_check;
  out.name = plain_name_;
  out.value = status;
  out.tags = tags_.views();
  out.hostname = hostname_;
  sink_->submit(out);
}

void Emitter::send_metadata(std::span<const Label> labels) {
  for (const Label& label : labels) {
    if (label.name != rule_->label) continue;
    Submission out;
    out.kind = SubmissionKind::metadata;
    out.name = plain_name_;
    out.text = label.value;
    sink_->submit(out);
    return;
  }
  ++stats.without_bound;
}

/// Second stage: collects the labels that are shared, and holds back what has to wait for them.
class Sharer final : public ExpositionHandler {
 public:
  Sharer(LabelSharing& sharing, Emitter& next) : sharing_(sharing), next_(next) {}

  void begin() {
    route_ = Route::pass;
    source_.clear();
    page_.clear();
  }

  bool family(const Family& family) override {
    route_ = Route::pass;
    if (!sharing_.configured()) return next_.family(family);
    if (sharing_.is_source(family.name)) {
      // All of its samples are seen before the first of them is sent.
      route_ = Route::source;
      name_.assign(family.name);
      type_ = family.type;
      source_.clear();
      source_.begin_family(family);
      return true;
    }
    if (sharing_.waiting()) {
      route_ = Route::wait;
      const bool wanted = next_.wants(family);
      if (wanted) page_.begin_family(family);
      return wanted;
    }
    return next_.family(family);
  }

  void sample(const Sample& sample) override {
    if (route_ == Route::pass) {
      next_.sample(sample);
    } else if (!(route_ == Route::source ? source_ : page_).add(sample)) {
      ++next_.stats.not_kept;
    }
  }

  void end_family() override {
    if (route_ == Route::pass) next_.end_family();
    if (route_ != Route::source) return;
    if (source_.without_samples()) {
      // Declared here; its samples may stand further down.
      source_.clear();
      return;
    }
    sharing_.begin_source(name_);
    source_.each_sample_of_last([&](const Sample& sample) { sharing_.collect(sample); });
    if (sharing_.waiting()) {
      page_.begin_family({name_, type_});
      source_.each_sample_of_last([&](const Sample& sample) {
        if (!page_.add(sample)) ++next_.stats.not_kept;
      });
    } else {
      release();
      source_.replay(next_);
    }
    source_.clear();
  }

  /// What waited: no more labels will come.
  void release() {
    page_.replay(next_);
    page_.clear();
  }

 private:
  enum class Route { pass, source, wait };
  LabelSharing& sharing_;
  Emitter& next_;
  Route route_ = Route::pass;
  std::string name_;
  FamilyType type_{};
  HeldFamilies source_, page_;
};

/// First stage, and the whole.
class Mapper final : public MetricMapper {
 public:
  Mapper(const MapperOptions& options, Emitter::Parts parts, std::optional<RegexLineFilter> filter)
      : first_values_(options.use_process_start_time),
        sharing_(options.share_labels, options.cache_shared_labels, options.target_info),
        emitter_(options, std::move(parts), sharing_, first_values_),
        sharer_(sharing_, emitter_),
        filter_(std::move(filter)),
        report_(make_report(options)),
        raw_prefix_(options.raw_metric_prefix),
        use_latest_spec_(options.use_latest_spec),
        telemetry_(options.telemetry) {
    if (!options.name_space.empty()) prefix_ = options.name_space + '.';
  }

  ParserOptions parser_options(std::string_view content_type) const override {
    ParserOptions options;
    options.grammar = grammar_for(content_type, use_latest_spec_);
    options.line_filter = filter_ ? &*filter_ : nullptr;
    return options;
  }

  void begin(const ScrapeStart& start, SubmissionSink& sink) override {
    start_ = start;
    sink_ = &sink;
    waits_ = first_values_.waits();
    late_.clear();
    report_.begin();
    sharing_.begin();
    sharer_.begin();
    emitter_.begin(start, sink);
  }

  bool family(const Family& family) override {
    Family trimmed = family;
    if (!raw_prefix_.empty() && trimmed.name.starts_with(raw_prefix_)) {
      trimmed.name.remove_prefix(raw_prefix_.size());
    }
    late_now_ =
        waits_ && (family.type == FamilyType::counter || family.type == FamilyType::histogram ||
                   family.type == FamilyType::summary);
    start_time_ = waits_ && trimmed.name == kProcessStart;
    if (late_now_) {
      next_wants_ = emitter_.wants(trimmed) || sharing_.is_source(trimmed.name);
      if (next_wants_) late_.begin_family(trimmed);
    } else {
      next_wants_ = sharer_.family(trimmed);
    }
    if (report_.looking()) {
      using Fate = MatchReport::Fate;
      const bool lacks_type = !next_wants_ && emitter_.lacks_type(trimmed);
      report_.family(trimmed, next_wants_  ? Fate::wanted
                              : lacks_type ? Fate::without_type
                                           : Fate::not_asked_for);
    }
    return next_wants_ || start_time_ || telemetry_;
  }

  void sample(const Sample& sample) override {
    if (telemetry_) ++emitter_.telemetry.input;
    if (start_time_) first_values_.process_started(sample.value);
    if (!next_wants_) return;
    if (!late_now_) {
      sharer_.sample(sample);
    } else if (!late_.add(sample)) {
      ++emitter_.stats.not_kept;
    }
  }

  void end_family() override {
    if (!late_now_) sharer_.end_family();
  }

  void end(bool ok, const ParserStats& page) override {
    if (ok) {
      if (waits_) first_values_.decide(start_.agent_start);
      late_.replay(sharer_);
      sharer_.release();
    }
    late_.clear();
    sharing_.end(ok);
    if (telemetry_) {
      emitter_.telemetry.submit(*sink_, prefix_, page.filtered, check_tags());
    }
    first_values_.scraped(ok);
    report_.end(ok && page.limit.empty());
  }

  std::span<const Remark> remarks() const override { return report_.remarks(); }
  std::span<const std::string_view> check_tags() const override { return emitter_.check_tags(); }
  const MapperStats& stats() const override { return emitter_.stats; }

 private:
  // Views the emitter's rules.
  MatchReport make_report(const MapperOptions& options) {
    std::vector<std::string> names;
    std::vector<MatchReport::Pattern> patterns;
    for (const MetricEntry& entry : options.metrics) {
      if (has_metacharacters(entry.key)) continue;
      if (entry.key.ends_with(kTotal) && !entry.type.starts_with("native")) {
        // Such a rule may name a counter as its samples are.
        patterns.push_back({entry.key, [key = entry.key](std::string_view name) {
                              const std::string_view whole = key;
                              return name == whole ||
                                     name == whole.substr(0, whole.size() - kTotal.size());
                            }});
      } else {
        names.push_back(entry.key);
      }
    }
    const MetricRules& rules = emitter_.rules();
    for (std::size_t i = 0; i < rules.expressions(); ++i) {
      patterns.push_back({rules.expression(i), [&rules, i](std::string_view name) {
                            return rules.expression_matches(i, name);
                          }});
    }
    return {std::move(names),
            std::move(patterns),
            {true, "give them a `type` in `metrics`, such as gauge or counter"}};
  }

  FirstValues first_values_;
  LabelSharing sharing_;
  Emitter emitter_;
  Sharer sharer_;
  std::optional<RegexLineFilter> filter_;
  MatchReport report_;
  std::string raw_prefix_, prefix_;
  bool use_latest_spec_, telemetry_;
  ScrapeStart start_;
  SubmissionSink* sink_ = nullptr;
  bool waits_ = false;
  bool late_now_ = false, start_time_ = false, next_wants_ = false;
  HeldFamilies late_;
};

}  // namespace

Result<std::unique_ptr<MetricMapper>> make_mapper(const MapperOptions& options) {
  if (!options.hostname_label.empty() && !options.hostname_format.empty() &&
      options.hostname_format.find(kHostnamePlaceholder) == std::string::npos) {
    return fail(Errc::invalid_config, "hostname_format: the placeholder <HOSTNAME> is missing");
  }
  auto rules =
      MetricRules::make(options.metrics, options.name_space, options.cache_metric_wildcards);
  if (!rules) return rules.error();
  auto labels = LabelPolicy::make(options.exclude_labels, options.include_labels,
                                  options.rename_labels, options.exclude_metrics_by_labels);
  if (!labels) return labels.error();
  auto excluded = MetricExclusion::make(options.exclude_metrics);
  if (!excluded) return excluded.error();
  std::vector<std::string> tags;
  if (options.tag_by_endpoint) tags.push_back("endpoint:" + options.endpoint);
  auto filter = RegexLineFilter::make(options.raw_line_filters);
  if (!filter) return filter.error();
  Emitter::Parts parts{std::move(*rules), std::move(*labels), std::move(*excluded),
                       TextList(std::move(tags))};
  return std::unique_ptr<MetricMapper>(new Mapper(options, std::move(parts), std::move(*filter)));
}

}  // namespace remora::checks::openmetrics
