#include "remora/checks/openmetrics/exposition_parser.hpp"

#include <cstring>
#include <span>

#include "checks/openmetrics/declared_families.hpp"
#include "checks/openmetrics/sample_reader.hpp"
#include "remora/core/scrub.hpp"
#include "remora/core/utf8.hpp"

namespace remora::checks::openmetrics {
namespace {

constexpr std::size_t kMaxProblems = 8;
constexpr std::size_t kExcerpt = 80;          // bytes shown of a line
constexpr std::size_t kScrubbedBefore = 512;  // bytes: a secret is not cut before it is recognised

constexpr std::string_view kTotal = "_total";
constexpr std::string_view kCreated = "_created";

using Suffixes = std::span<const std::string_view>;

constexpr std::string_view kPlain[] = {""};
constexpr std::string_view kSummary[] = {"", "_count", "_sum", "_created"};
// Some exporters write the buckets under the plain name.
constexpr std::string_view kHistogram[] = {"_bucket", "_count", "_sum", "", "_created"};
constexpr std::string_view kGaugeHistogram[] = {"_bucket", "_gcount", "_gsum"};
constexpr std::string_view kCounter[] = {"_total", "_created"};
constexpr std::string_view kInfo[] = {"_info"};

/// What sample names of a family may add to its name.
Suffixes suffixes_of(FamilyType type, Grammar grammar) {
  const bool open = grammar == Grammar::openmetrics;
  switch (type) {
    case FamilyType::summary:
      return Suffixes(kSummary).first(open ? 4 : 3);
    case FamilyType::histogram:
      return Suffixes(kHistogram).first(open ? 5 : 4);
    case FamilyType::counter:
      return open ? Suffixes(kCounter) : Suffixes(kPlain);
    case FamilyType::gauge_histogram:
      return open ? Suffixes(kGaugeHistogram) : Suffixes(kPlain);
    case FamilyType::info:
      return open ? Suffixes(kInfo) : Suffixes(kPlain);
    default:
      return kPlain;
  }
}

bool contains(Suffixes suffixes, std::string_view suffix) {
  for (const std::string_view allowed : suffixes) {
    if (suffix == allowed) return true;
  }
  return false;
}

/// All that a sample's name may add to the name of its family.
constexpr std::string_view kAnySuffix[] = {"_bucket", "_count", "_sum",    "_total",
                                           "_info",   "_gsum",  "_gcount", "_created"};

bool type_named(std::string_view text, Grammar grammar, FamilyType& out) {
  for (int i = 0; i <= static_cast<int>(FamilyType::state_set); ++i) {
    if (text == to_string(static_cast<FamilyType>(i))) {
      out = static_cast<FamilyType>(i);
      return true;
    }
  }
  out = FamilyType::unknown;
  return text == "untyped" && grammar == Grammar::prometheus;
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f' || c == '\n';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Up to the next space; `text` loses it and the space behind it. Quoted text is one word.
std::string_view next_word(std::string_view& text) {
  std::size_t end = 0;
  bool quoted = false;
  for (; end < text.size() && (quoted || !is_space(text[end])); ++end) {
    if (text[end] == '\\' && quoted && end + 1 < text.size()) {
      ++end;
    } else if (text[end] == '"') {
      quoted = !quoted;
    }
  }
  const std::string_view word = text.substr(0, end);
  text = trimmed(text.substr(end));
  return word;
}

bool is_ascii(std::string_view text) {
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t bits = 0;
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t eight;
    std::memcpy(&eight, at, 8);
    bits |= eight;
  }
  for (; left > 0; ++at, --left) bits |= static_cast<unsigned char>(*at);
  return (bits & 0x8080808080808080u) == 0;
}

}  // namespace

struct ExpositionParser::Impl {
  Impl(const ParserOptions& given, ExpositionHandler& to)
      : options(given), handler(to), reader(given.max_labels, given.max_label_bytes) {}

  void line(std::string_view text);
  void comment(std::string_view text);
  void sample(std::string_view text);
  void malformed(std::string_view text, std::string_view why);
  void keep(std::string_view bytes);

  void open(std::string_view name, FamilyType of, bool is_declared);
  void announce(std::string_view sample_name = {});
  void close();
  bool belongs(std::string_view name) const;
  bool find_declared(std::string_view name, std::string& family, FamilyType& of);
  bool owned(std::string_view name);
  bool is_name(std::string_view word, std::string_view& name);

  ParserOptions options;
  ExpositionHandler& handler;
  SampleReader reader;
  ParserStats stats;
  std::string incomplete;   // line whose end has not come
  bool passing_by = false;  // until the end of a line that is too long
  bool finished = false;
  std::string repaired, unquoted;

  // The current family.
  bool is_open = false;
  bool declared = false;  // by HELP or TYPE; else by a sample of its name
  bool announced = false;
  bool wanted = false;
  FamilyType type = FamilyType::unknown;
  bool typed = false;     // by a TYPE line, here or further up
  bool reopened = false;  // by a sample that stands elsewhere
  std::string base;       // as its TYPE line names it
  std::string
      other_name;  // of samples that are found to be of this family, though spelled otherwise
  Suffixes suffixes;

  DeclaredFamilies families;
  std::string found_family, spelled;
};

void ExpositionParser::Impl::malformed(std::string_view text, std::string_view why) {
  ++stats.malformed;
  if (stats.problems.size() >= kMaxProblems) return;
  std::string excerpt = core::excerpt(text, kExcerpt);
  for (char& c : excerpt) {
    if (c < ' ' || c > '~') c = '?';
  }
  stats.problems.push_back({stats.lines, why, std::move(excerpt)});
}

void ExpositionParser::Impl::open(std::string_view name, FamilyType of, bool is_declared) {
  close();
  is_open = true;
  declared = is_declared;
  type = of;
  typed = reopened = false;
  base.assign(name);
  other_name.clear();
  suffixes = is_declared ? suffixes_of(of, options.grammar) : Suffixes(kPlain);
}

/// `sample_name`: of the sample that makes the family known; empty when it ends without one.
void ExpositionParser::Impl::announce(std::string_view sample_name) {
  announced = true;
  if (!reopened) {
    if (stats.families == options.max_families) {
      wanted = false;
      stats.limit = "families";
      return;
    }
    ++stats.families;
  }
  if (declared && !typed) {
    // A HELP line alone; the type may stand further up.
    if (const auto known = families.find(base)) {
      type = *known;
      suffixes = suffixes_of(type, options.grammar);
    }
  }
  Family family{base, type};
  if (type == FamilyType::counter) {
    if (!options.strip_total) {
      if (!sample_name.empty()) family.name = sample_name;
    } else if (base.ends_with(kTotal)) {
      family.name.remove_suffix(kTotal.size());
    }
  }
  wanted = handler.family(family);
}

void ExpositionParser::Impl::close() {
  if (!is_open) return;
  if (!announced && stats.limit.empty()) announce();  // a family without samples
  if (announced && stats.limit.empty()) handler.end_family();
  is_open = announced = wanted = false;
}

bool ExpositionParser::Impl::belongs(std::string_view name) const {
  if (!is_open || name.size() < base.size() ||
      std::memcmp(name.data(), base.data(), base.size()) != 0) {
    return !other_name.empty() && name == other_name;
  }
  return contains(suffixes, name.substr(base.size())) ||
         (!other_name.empty() && name == other_name);
}

/// The declared family of a sample that does not stand below its TYPE line, or whose spelling is
/// not quite that of its type. An exact name comes before one with a suffix.
bool ExpositionParser::Impl::find_declared(std::string_view name, std::string& family,
                                           FamilyType& of) {
  if (families.empty()) return false;
  const auto is_counter = [&](std::string_view candidate) {
    const auto found = families.find(candidate);
    return found == FamilyType::counter;
  };
  if (const auto found = families.find(name)) {
    if (*found == FamilyType::counter || contains(suffixes_of(*found, options.grammar), "")) {
      family.assign(name);
      of = *found;
      return true;
    }
  }
  for (const std::string_view suffix : kAnySuffix) {
    if (name.size() <= suffix.size() || !name.ends_with(suffix)) continue;
    const std::string_view stem = name.substr(0, name.size() - suffix.size());
    const auto found = families.find(stem);
    if (found && ((*found == FamilyType::counter && suffix == kTotal) ||
                  contains(suffixes_of(*found, options.grammar), suffix))) {
      family.assign(stem);
      of = *found;
      return true;
    }
  }
  // `x` and, in OpenMetrics, `x_created` of a counter that is declared as `x_total`.
  if (options.grammar == Grammar::openmetrics && name.ends_with(kCreated)) {
    name.remove_suffix(kCreated.size());
  }
  spelled.assign(name).append(kTotal);
  if (!is_counter(spelled)) return false;
  family = spelled;
  of = FamilyType::counter;
  return true;
}

/// Whether the sample is of the current family; one that is declared elsewhere is reopened for it.
bool ExpositionParser::Impl::owned(std::string_view name) {
  FamilyType of{};
  if (!find_declared(name, found_family, of)) return false;
  if (!(is_open && declared && base == found_family)) {
    open(found_family, of, true);
    typed = reopened = true;
  }
  if (!belongs(name)) other_name.assign(name);
  return true;
}

bool ExpositionParser::Impl::is_name(std::string_view word, std::string_view& name) {
  name = word;
  if (!word.starts_with('"')) return is_plain_name(word);
  if (word.size() < 3 || !word.ends_with('"')) return false;
  unquoted.clear();
  append_unescaped(word.substr(1, word.size() - 2), unquoted);
  name = unquoted;
  return true;
}

void ExpositionParser::Impl::comment(std::string_view text) {
  const bool strict = options.grammar == Grammar::openmetrics;
  if (text == "# EOF") {
    stats.eof_marker = true;
    return;
  }
  std::string_view left = text;
  const std::string_view mark = next_word(left);
  const std::string_view keyword = next_word(left);
  const bool is_type = keyword == "TYPE";
  // The first word only has to begin with the hash.
  if (mark.empty() || (!is_type && keyword != "HELP" && !(strict && keyword == "UNIT"))) {
    if (strict) malformed(text, "neither HELP, TYPE, UNIT nor EOF");
    return;
  }
  const std::string_view word = next_word(left);
  if (word.empty() && !is_type && !strict) return;
  std::string_view name;
  if (!is_name(word, name)) return malformed(text, "not a metric name");
  FamilyType of = FamilyType::unknown;
  if (is_type && !type_named(left, options.grammar, of)) {
    return malformed(text, "not a metric type");
  }
  const bool same = is_open && declared && base == name;
  if (!same || (is_type && of != type && announced)) {
    open(name, of, true);
  } else if (is_type) {
    type = of;
    suffixes = suffixes_of(of, options.grammar);
  }
  if (!is_type) return;
  typed = true;
  families.remember(base, of);
}

void ExpositionParser::Impl::sample(std::string_view text) {
  std::string_view name;
  if (const auto why = reader.begin(text, name); !why.empty()) return malformed(text, why);
  const bool known = !name.empty() && (belongs(name) || owned(name));
  if (known && announced && !wanted) {
    ++stats.unwanted;
    return;
  }
  Sample sample;
  if (const auto why = reader.rest(sample); !why.empty()) return malformed(text, why);
  if (!known && !belongs(sample.name) && !owned(sample.name))
    open(sample.name, FamilyType::unknown, false);
  if (!announced) announce(sample.name);
  if (!wanted) {
    ++stats.unwanted;
    return;
  }
  ++stats.samples;
  handler.sample(sample);
}

void ExpositionParser::Impl::line(std::string_view text) {
  ++stats.lines;
  if (options.line_filter != nullptr && options.line_filter->drops(text)) {
    ++stats.filtered;
    return;
  }
  if (!is_ascii(text)) text = core::valid_utf8(text, repaired);
  text = trimmed(text);
  if (text.empty()) return;
  if (text.size() > options.max_line_bytes) return malformed(text, "line too long");
  if (stats.eof_marker && options.grammar == Grammar::openmetrics) {
    return malformed(text, "after # EOF");
  }
  if (text.front() == '#') {
    comment(text);
    return;
  }
  if (stats.samples + stats.unwanted == options.max_samples) {
    close();
    stats.limit = "samples";
    return;
  }
  sample(text);
}

void ExpositionParser::Impl::keep(std::string_view bytes) {
  if (passing_by) return;
  if (incomplete.size() + bytes.size() <= options.max_line_bytes) {
    incomplete.append(bytes);
    return;
  }
  ++stats.lines;
  incomplete.append(bytes.substr(0, kScrubbedBefore));
  malformed(incomplete, "line too long");
  incomplete.clear();
  passing_by = true;
}

ExpositionParser::ExpositionParser(const ParserOptions& options, ExpositionHandler& handler)
    : impl_(std::make_unique<Impl>(options, handler)) {}
ExpositionParser::~ExpositionParser() = default;

bool ExpositionParser::feed(std::string_view bytes) {
  Impl& self = *impl_;
  if (self.finished || !self.stats.limit.empty()) return false;
  self.stats.bytes += bytes.size();
  while (!bytes.empty()) {
    const void* found = std::memchr(bytes.data(), '\n', bytes.size());
    if (found == nullptr) {
      self.keep(bytes);
      break;
    }
    const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    if (self.passing_by) {
      self.passing_by = false;
    } else if (self.incomplete.empty()) {
      self.line(bytes.substr(0, length));
    } else {
      self.keep(bytes.substr(0, length));
      if (!self.passing_by) self.line(self.incomplete);
      self.passing_by = false;
      self.incomplete.clear();
    }
    if (!self.stats.limit.empty()) return false;
    bytes.remove_prefix(length + 1);
  }
  return true;
}

void ExpositionParser::finish() {
  Impl& self = *impl_;
  if (self.finished) return;
  self.finished = true;
  if (self.stats.limit.empty() && !self.incomplete.empty()) self.line(self.incomplete);
  self.incomplete.clear();
  self.close();
}

const ParserStats& ExpositionParser::stats() const noexcept { return impl_->stats; }

}  // namespace remora::checks::openmetrics
