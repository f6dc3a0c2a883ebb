#include "remora/checks/openmetrics/exposition_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "checks/openmetrics/recorded_page.hpp"
#include "fakes/allocation_counter.hpp"

namespace remora::checks::openmetrics {
namespace {

using testing::ElementsAre;
using Lines = std::vector<std::string>;

ParserOptions openmetrics_options() {
  ParserOptions options;
  options.grammar = Grammar::openmetrics;
  return options;
}

TEST(Exposition, GrammarFollowsTheMediaType) {
  EXPECT_EQ(grammar_for("application/openmetrics-text; version=1.0.0; charset=utf-8", false),
            Grammar::openmetrics);
  EXPECT_EQ(grammar_for(" Application/OpenMetrics-Text ", false), Grammar::openmetrics);
  EXPECT_EQ(grammar_for("text/plain; version=0.0.4", false), Grammar::prometheus);
  EXPECT_EQ(grammar_for("application/openmetrics-text2", false), Grammar::prometheus);
  EXPECT_EQ(grammar_for("", false), Grammar::prometheus);
  EXPECT_EQ(grammar_for("text/plain", true), Grammar::openmetrics);
}

struct FamilyCase {
  const char* name;
  Grammar grammar;
  const char* page;
  Lines lines;
};

TEST(Exposition, FamiliesAndTheirNames) {
  const std::vector<FamilyCase> cases = {
      {"counter with suffix",
       Grammar::prometheus,
       "# TYPE a_total counter\na_total 1\n",
       {"family a counter", "a_total{} 1", "end"}},
      {"counter without suffix",
       Grammar::prometheus,
       "# TYPE b counter\nb 2\n",
       {"family b counter", "b{} 2", "end"}},
      {"no type",
       Grammar::prometheus,
       "c_total 3\n",
       {"family c_total unknown", "c_total{} 3", "end"}},
      {"untyped",
       Grammar::prometheus,
       "# TYPE d untyped\nd 4\n",
       {"family d unknown", "d{} 4", "end"}},
      {"help only",
       Grammar::prometheus,
       "# HELP e some text\ne 5\n",
       {"family e unknown", "e{} 5", "end"}},
      {"type before help",
       Grammar::prometheus,
       "# TYPE f gauge\n# HELP f text\nf 6\n",
       {"family f gauge", "f{} 6", "end"}},
      {"histogram and a stray created",
       Grammar::prometheus,
       "# TYPE g histogram\ng_bucket{le=\"1\"} 1\ng_sum 2\ng_count 3\ng_created 4\n",
       {"family g histogram", "g_bucket{le=\"1\",} 1", "g_sum{} 2", "g_count{} 3", "end",
        "family g_created unknown", "g_created{} 4", "end"}},
      {"summary",
       Grammar::prometheus,
       "# TYPE h summary\nh{quantile=\"0.5\"} 1\nh_sum 2\nh_count 3\n",
       {"family h summary", "h{quantile=\"0.5\",} 1", "h_sum{} 2", "h_count{} 3", "end"}},
      {"stray sample ends its predecessor, which goes on behind it",
       Grammar::prometheus,
       "# TYPE i gauge\ni 1\nother 2\ni 3\n",
       {"family i gauge", "i{} 1", "end", "family other unknown", "other{} 2", "end",
        "family i gauge", "i{} 3", "end"}},
      {"family without samples",
       Grammar::prometheus,
       "# TYPE j gauge\n# TYPE k gauge\nk 1\n",
       {"family j gauge", "end", "family k gauge", "k{} 1", "end"}},
      {"type after samples",
       Grammar::prometheus,
       "# HELP l x\nl 1\n# TYPE l gauge\nl 2\n",
       {"family l unknown", "l{} 1", "end", "family l gauge", "l{} 2", "end"}},
      {"longer name of the same beginning",
       Grammar::prometheus,
       "# TYPE m gauge\nm_more 1\n",
       {"family m gauge", "end", "family m_more unknown", "m_more{} 1", "end"}},
      {"comments",
       Grammar::prometheus,
       "# a comment\n#TYPE n gauge\n#\n# TYPED n gauge\nn 1\n# EOF\n",
       {"family n unknown", "n{} 1", "end"}},
      {"quoted name",
       Grammar::prometheus,
       "# TYPE \"o.p\" gauge\n{\"o.p\",x=\"y\"} 1\n{\"o.p\"} 2\n",
       {"family o.p gauge", "o.p{x=\"y\",} 1", "o.p{} 2", "end"}},
      {"open counter",
       Grammar::openmetrics,
       "# TYPE a counter\na_total 1\na_created 2\na 3\n# EOF\n",
       {"family a counter", "a_total{} 1", "a_created{} 2", "a{} 3", "end"}},
      {"open counter named total",
       Grammar::openmetrics,
       "# TYPE a_total counter\na_total 1\n# EOF\n",
       {"family a counter", "a_total{} 1", "end"}},
      {"open histogram",
       Grammar::openmetrics,
       "# TYPE b histogram\nb_bucket{le=\"+Inf\"} 1\nb_count 1\nb_sum 2\nb_created 3\n# EOF\n",
       {"family b histogram", "b_bucket{le=\"+Inf\",} 1", "b_count{} 1", "b_sum{} 2",
        "b_created{} 3", "end"}},
      {"open types of its own",
       Grammar::openmetrics,
       "# TYPE c info\nc_info{v=\"1\"} 1\n# TYPE d stateset\nd{d=\"on\"} 1\n"
       "# TYPE e gaugehistogram\ne_bucket{le=\"+Inf\"} 1\ne_gcount 1\ne_gsum 1\n# EOF\n",
       {"family c info", "c_info{v=\"1\",} 1", "end", "family d stateset", "d{d=\"on\",} 1", "end",
        "family e gaugehistogram", "e_bucket{le=\"+Inf\",} 1", "e_gcount{} 1", "e_gsum{} 1",
        "end"}},
      {"open unit",
       Grammar::openmetrics,
       "# TYPE f_seconds gauge\n# UNIT f_seconds seconds\n# HELP f_seconds x\nf_seconds 1\n# EOF\n",
       {"family f_seconds gauge", "f_seconds{} 1", "end"}},
      {"open samples without type",
       Grammar::openmetrics,
       "g{a=\"1\"} 1\ng{a=\"2\"} 2\n# EOF\n",
       {"family g unknown", "g{a=\"1\",} 1", "g{a=\"2\",} 2", "end"}},
  };
  for (const FamilyCase& c : cases) {
    ParserOptions options;
    options.grammar = c.grammar;
    const ParsedPage parsed = parse_page(c.page, options);
    EXPECT_EQ(parsed.lines, c.lines) << c.name;
    EXPECT_EQ(parsed.stats.malformed, 0u) << c.name;
  }
}

// Samples that do not stand right below their TYPE line, as Dragonfly, exporters of several parts
// and merged pages write them.
TEST(Exposition, SamplesAwayFromTheirTypeLine) {
  const std::vector<FamilyCase> cases = {
      {"declarations first",
       Grammar::prometheus,
       "# HELP a x\n# TYPE a gauge\n# HELP b y\n# TYPE b gauge\na 1\nb 2\na 3\n",
       {"family a gauge", "end", "family b gauge", "end", "family a gauge", "a{} 1", "end",
        "family b gauge", "b{} 2", "end", "family a gauge", "a{} 3", "end"}},
      {"a HELP line alone, the type further up",
       Grammar::prometheus,
       "# TYPE a gauge\n# TYPE b gauge\nb 1\n# HELP a x\na 2\n",
       {"family a gauge", "end", "family b gauge", "b{} 1", "end", "family a gauge", "a{} 2",
        "end"}},
      {"parts of a histogram and a summary",
       Grammar::prometheus,
       "# TYPE h histogram\n# TYPE s summary\nh_bucket{le=\"1\"} 1\nh_sum 2\ns_sum 3\n"
       "s{quantile=\"0.5\"} 4\nh_count 5\n",
       {"family h histogram", "end", "family s summary", "end", "family h histogram",
        "h_bucket{le=\"1\",} 1", "h_sum{} 2", "end", "family s summary", "s_sum{} 3",
        "s{quantile=\"0.5\",} 4", "end", "family h histogram", "h_count{} 5", "end"}},
      {"buckets under the plain name",
       Grammar::prometheus,
       "# TYPE h histogram\nh{le=\"1\"} 1\nh_sum 2\nh_count 3\n",
       {"family h histogram", "h{le=\"1\",} 1", "h_sum{} 2", "h_count{} 3", "end"}},
      {"an exact name comes before one with a suffix",
       Grammar::prometheus,
       "# TYPE h_count gauge\n# TYPE h histogram\n# TYPE x gauge\nh_count 1\nh_sum 2\n",
       {"family h_count gauge", "end", "family h histogram", "end", "family x gauge", "end",
        "family h_count gauge", "h_count{} 1", "end", "family h histogram", "h_sum{} 2", "end"}},
      {"a gauge and a counter of nearly one name",
       Grammar::prometheus,
       "# TYPE jobs gauge\n# TYPE jobs_total counter\njobs 1\njobs_total 2\njobs 3\n",
       {"family jobs gauge", "end", "family jobs counter", "end", "family jobs gauge", "jobs{} 1",
        "end", "family jobs counter", "jobs_total{} 2", "end", "family jobs gauge", "jobs{} 3",
        "end"}},
      {"an untyped family is not another's",
       Grammar::prometheus,
       "# TYPE a counter\n# TYPE a_total untyped\na 1\na_total 2\n",
       {"family a counter", "end", "family a_total unknown", "end", "family a counter", "a{} 1",
        "end", "family a_total unknown", "a_total{} 2", "end"}},
      {"the later type counts",
       Grammar::prometheus,
       "# TYPE a gauge\n# TYPE b gauge\n# TYPE a counter\nb 1\na 2\n",
       {"family a gauge", "end", "family b gauge", "end", "family a counter", "end",
        "family b gauge", "b{} 1", "end", "family a counter", "a{} 2", "end"}},
      {"quoted names",
       Grammar::prometheus,
       "# TYPE \"o.p\" gauge\n# TYPE q gauge\n{\"o.p\",x=\"y\"} 1\n",
       {"family o.p gauge", "end", "family q gauge", "end", "family o.p gauge", "o.p{x=\"y\",} 1",
        "end"}},
      {"open",
       Grammar::openmetrics,
       "# TYPE a counter\n# TYPE i info\n# TYPE g gaugehistogram\na_created 1\na_total 2\n"
       "i_info{v=\"1\"} 1\ng_gcount 3\n# EOF\n",
       {"family a counter", "end", "family i info", "end", "family g gaugehistogram", "end",
        "family a counter", "a_created{} 1", "a_total{} 2", "end", "family i info",
        "i_info{v=\"1\",} 1", "end", "family g gaugehistogram", "g_gcount{} 3", "end"}},
  };
  for (const FamilyCase& c : cases) {
    ParserOptions options;
    options.grammar = c.grammar;
    const ParsedPage parsed = parse_page(c.page, options);
    EXPECT_EQ(parsed.lines, c.lines) << c.name;
    EXPECT_EQ(parsed.stats.malformed, 0u) << c.name;
    EXPECT_EQ(parse_page(c.page, options, 1).lines, c.lines) << c.name;
  }
}

TEST(Exposition, ComingBackToAFamilyIsNoNewOne) {
  ParserOptions options;
  options.max_families = 2;
  std::string page = "# TYPE a gauge\n# TYPE b gauge\n";
  for (int i = 0; i < 50; ++i) page += "a 1\nb 2\n";
  const ParsedPage parsed = parse_page(page, options);
  EXPECT_EQ(parsed.stats.samples, 100u);
  EXPECT_EQ(parsed.stats.families, 2u);
  EXPECT_EQ(parsed.stats.limit, "");
}

// What is remembered of a page has a limit; its samples are then those of their TYPE line alone.
TEST(Exposition, DeclarationsBeyondTheLimitAreNotRemembered) {
  std::string page = "# TYPE first gauge\n";
  const std::string long_name(200'000, 'n');
  for (int i = 0; i < 60; ++i) {
    page += "# TYPE " + long_name + std::to_string(i) + " gauge\n";
  }
  page += "# TYPE last gauge\n# TYPE x gauge\nfirst 1\n" + long_name + "59 2\n";
  RecordedPage recorded;
  ExpositionParser parser({}, recorded);
  parser.feed(page);
  parser.finish();
  ASSERT_GE(recorded.lines.size(), 6u);
  const auto tail = std::vector<std::string>(recorded.lines.end() - 6, recorded.lines.end());
  EXPECT_THAT(tail, ElementsAre("family first gauge", "first{} 1", "end",
                                "family " + long_name + "59 unknown", long_name + "59{} 2", "end"));
}

TEST(PeakMemory, FamiliesThatOnePageDeclares) {
  class Nobody final : public ExpositionHandler {
   public:
    bool family(const Family&) override { return true; }
    void sample(const Sample&) override {}
    void end_family() override {}
  } nobody;
  ExpositionParser parser({}, nobody);
  const fakes::PeakMemory memory;
  for (int i = 0; i < 150'000; ++i) {
    parser.feed("# TYPE family_" + std::to_string(i) + std::string(60, 'n') + " gauge\n");
  }
  parser.finish();
  EXPECT_LT(memory.peak(), 24 << 20);
}

// A counter has both spellings, whichever its TYPE line uses.
TEST(Exposition, CountersWithAndWithoutTotal) {
  for (const Grammar grammar : {Grammar::prometheus, Grammar::openmetrics}) {
    for (const std::string declared : {"a", "a_total"}) {
      for (const std::string exposed : {"a", "a_total"}) {
        ParserOptions options;
        options.grammar = grammar;
        const std::string page =
            "# TYPE " + declared + " counter\n" + exposed + "{x=\"1\"} 1\n" + exposed + " 2\n";
        EXPECT_THAT(
            parse_page(page, options).lines,
            ElementsAre("family a counter", exposed + "{x=\"1\",} 1", exposed + "{} 2", "end"))
            << page;
        options.strip_total = false;
        EXPECT_THAT(parse_page(page, options).lines,
                    ElementsAre("family " + exposed + " counter", exposed + "{x=\"1\",} 1",
                                exposed + "{} 2", "end"))
            << page;
      }
    }
  }
  ParserOptions options;
  options.grammar = Grammar::openmetrics;
  EXPECT_THAT(parse_page("# TYPE a_total counter\na_total 1\na_created 2\n", options).lines,
              ElementsAre("family a counter", "a_total{} 1", "a_created{} 2", "end"));
}

TEST(Exposition, CountersKeepTheirNameForTheOlderEngine) {
  ParserOptions options;
  options.strip_total = false;
  EXPECT_THAT(parse_page("# TYPE a_total counter\na_total 1\n", options).lines,
              ElementsAre("family a_total counter", "a_total{} 1", "end"));
}

TEST(Exposition, SamplesInEverySpelling) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"a 1", "a{} 1"},
      {"a\t1", "a{} 1"},
      {"  a   1  ", "a{} 1"},
      {"a 1\r", "a{} 1"},
      {"a{} 1", "a{} 1"},
      {"a{x=\"y\"}1", "a{x=\"y\",} 1"},
      {"a { x = \"y\" , z = \"\" , } 1", "a{x=\"y\",z=\"\",} 1"},
      {"a{,x=\"y\"} 1", "a{x=\"y\",} 1"},
      {"a{x=\"}, \"} 1", "a{x=\"}, \",} 1"},
      {"a{x=\"# {\"} 1", "a{x=\"# {\",} 1"},
      {R"(a{x="q\"b\\n\nt\tz"} 1)", "a{x=\"q\"b\\n\nt\\tz\",} 1"},
      {R"(a{x="\\",y="\\\""} 1)", "a{x=\"\\\",y=\"\\\"\",} 1"},
      {"a{\"x.y\"=\"z\"} 1", "a{x.y=\"z\",} 1"},
      {"a.b{x=\"y\"} 1", "a.b{x=\"y\",} 1"},
      {"a{x=\"\xff\"} 1", "a{x=\"\xef\xbf\xbd\",} 1"},
      {"a 1 1395066363000", "a{} 1"},
      {"a 1 -3982045", "a{} 1"},
      {"a 1 1520879607.789", "a{} 1"},
      {"a 1 # {trace=\"x\"} 0.67", "a{} 1"},
      {"a{x=\"y\"} 1 5 # {trace=\"x y\"} 0.67 8", "a{x=\"y\",} 1"},
      {"a +Inf", "a{} inf"},
      {"a -Inf", "a{} -inf"},
      {"a NaN", "a{} nan"},
      {"a infinity", "a{} inf"},
      {"a 1.5e+09", "a{} 1500000000"},
      {"a -0", "a{} -0"},
      {"a 0x1p-2", "a{} 0.25"},
      {"a 1e999", "a{} inf"},
      {"a -1e-999", "a{} -0"},
      {"a 12345678901234567890", "a{} 1.2345678901234567e+19"},
      {"a .5", "a{} 0.5"},
      {"a 5.", "a{} 5"},
  };
  for (const auto& [line, expected] : cases) {
    const ParsedPage parsed = parse_page(line);
    ASSERT_EQ(parsed.lines.size(), 3u) << line;
    EXPECT_EQ(parsed.lines[1], expected) << line;
    EXPECT_EQ(parsed.stats.malformed, 0u) << line;
  }
}

TEST(Exposition, LinesThatCannotBeReadAreNamedAndTheirNeighboursSurvive) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"x", "not a number"},
      {"x y", "not a number"},
      {"x y{z=\"1\"} 1", "not a metric name"},
      {"x 1_000", "not a number"},
      {"x 0x", "not a number"},
      {"x --1", "not a number"},
      {"x 1 y", "not a timestamp"},
      {"x 1 2 3", "unexpected text at the end"},
      {"9x 1", "not a metric name"},
      {"x.y 1", "not a metric name"},
      {"x\"{} 1", "not a metric name"},
      {"{y=\"1\"} 1", "no metric name"},
      {"x{\"y\"} 1", "label without value"},
      {"x{y} 1", "label without value"},
      {"x{y=1} 1", "label value without quotes"},
      {"x{y=\"1} 1", "quote without end"},
      {"x{y=\"1\\\"} 1", "quote without end"},
      {"x{y=\"1\" 1", "unexpected text in labels"},
      {"x{y=\"1\"", "labels without closing brace"},
      {"x{y=\"1\"z=\"2\"} 1", "unexpected text in labels"},
      {"x{y=\"1\",,z=\"2\"} 1", "not a label name"},
      {"x{y=\"1\",y=\"2\"} 1", "the same label twice"},
      {"x{9=\"1\"} 1", "not a label name"},
      {"# TYPE a", "not a metric type"},
      {"# TYPE a GAUGE", "not a metric type"},
      {"# TYPE a gauge more", "not a metric type"},
      {"# TYPE a.b gauge", "not a metric name"},
      {"# HELP a-b text", "not a metric name"},
  };
  for (const auto& [line, why] : cases) {
    const std::string page = "# TYPE a gauge\na 1\n" + std::string(line) + "\na 2\n";
    const ParsedPage parsed = parse_page(page);
    EXPECT_THAT(parsed.lines, ElementsAre("family a gauge", "a{} 1", "a{} 2", "end")) << line;
    EXPECT_EQ(parsed.stats.malformed, 1u) << line;
    ASSERT_EQ(parsed.stats.problems.size(), 1u) << line;
    EXPECT_EQ(parsed.stats.problems[0].why, why) << line;
    EXPECT_EQ(parsed.stats.problems[0].line, 3u) << line;
    EXPECT_EQ(parsed.stats.problems[0].excerpt, line) << line;
  }
}

TEST(Exposition, ProblemsAreBoundedPrintableAndWithoutSecrets) {
  std::string page;
  for (int i = 0; i < 100; ++i) {
    page += "x{password=\"hunter2\" \x01\xc3\xa4" + std::string(200, 'z') + "\n";
  }
  const ParsedPage parsed = parse_page(page);
  EXPECT_EQ(parsed.stats.malformed, 100u);
  ASSERT_EQ(parsed.stats.problems.size(), 8u);
  EXPECT_EQ(parsed.stats.problems[7].line, 8u);
  for (const LineProblem& problem : parsed.stats.problems) {
    EXPECT_LE(problem.excerpt.size(), 80u);
    EXPECT_EQ(problem.excerpt.find("hunter2"), std::string::npos) << problem.excerpt;
    for (const char c : problem.excerpt) EXPECT_TRUE(c >= ' ' && c <= '~');
  }
}

TEST(Exposition, OpenMetricsEndsAtItsMarker) {
  const auto options = openmetrics_options();
  const ParsedPage cut = parse_page("# TYPE a gauge\na 1\n", options);
  EXPECT_FALSE(cut.stats.eof_marker);
  const ParsedPage whole = parse_page("# TYPE a gauge\na 1\n# EOF\na 2\n", options);
  EXPECT_TRUE(whole.stats.eof_marker);
  EXPECT_THAT(whole.lines, ElementsAre("family a gauge", "a{} 1", "end"));
  ASSERT_EQ(whole.stats.problems.size(), 1u);
  EXPECT_EQ(whole.stats.problems[0].why, "after # EOF");
  EXPECT_EQ(parse_page("# anything\n# TYPE a untyped\n", options).stats.malformed, 2u);
}

TEST(Exposition, UnwantedFamiliesAreCountedNotRead) {
  const ParsedPage parsed = parse_page(
      "# TYPE a gauge\na 1\n# TYPE b gauge\nb 2\nb{broken 3\n# TYPE c gauge\nc 4\n", {}, 0, "b");
  EXPECT_THAT(parsed.lines, ElementsAre("family a gauge", "a{} 1", "end", "family b gauge", "end",
                                        "family c gauge", "c{} 4", "end"));
  EXPECT_EQ(parsed.stats.unwanted, 2u);
  EXPECT_EQ(parsed.stats.samples, 2u);
  EXPECT_EQ(parsed.stats.malformed, 0u);
}

class DropsComments final : public LineFilter {
 public:
  bool drops(std::string_view line) const override {
    return line.find("secret") != std::string_view::npos;
  }
};

TEST(Exposition, FilteredLinesAreNotParsed) {
  const DropsComments filter;
  ParserOptions options;
  options.line_filter = &filter;
  const ParsedPage parsed = parse_page("# TYPE secret gauge\nsecret 1\na{secret 2\na 3\n", options);
  EXPECT_THAT(parsed.lines, ElementsAre("family a unknown", "a{} 3", "end"));
  EXPECT_EQ(parsed.stats.filtered, 3u);
  EXPECT_EQ(parsed.stats.malformed, 0u);
}

TEST(Exposition, LimitsOfOneLineCostThatLineOnly) {
  ParserOptions options;
  options.max_line_bytes = 40;
  options.max_labels = 2;
  options.max_label_bytes = 16;
  const std::string page = "a{x=\"1\",y=\"2\",z=\"3\"} 1\na{x=\"0123456789abcdef\"} 1\n" +
                           std::string(100, 'b') + " 1\na 2\n" + std::string(41, 'c');
  for (const std::size_t chunk : {0, 1, 7, 39, 50}) {
    const ParsedPage parsed = parse_page(page, options, chunk);
    EXPECT_THAT(parsed.lines, ElementsAre("family a unknown", "a{} 2", "end")) << chunk;
    ASSERT_EQ(parsed.stats.problems.size(), 4u) << chunk;
    EXPECT_EQ(parsed.stats.problems[0].why, "too many labels");
    EXPECT_EQ(parsed.stats.problems[1].why, "too many bytes in labels");
    EXPECT_EQ(parsed.stats.problems[2].why, "line too long");
    EXPECT_EQ(parsed.stats.problems[2].line, 3u);
    EXPECT_EQ(parsed.stats.problems[3].line, 5u);
    EXPECT_EQ(parsed.stats.lines, 5u);
  }
}

TEST(Exposition, LimitsOfThePageEndIt) {
  ParserOptions options;
  options.max_families = 2;
  ParsedPage parsed = parse_page("a 1\nb 2\nc 3\nd 4\n", options);
  EXPECT_THAT(parsed.lines,
              ElementsAre("family a unknown", "a{} 1", "end", "family b unknown", "b{} 2", "end"));
  EXPECT_EQ(parsed.stats.limit, "families");

  options = {};
  options.max_samples = 2;
  parsed = parse_page("# TYPE a gauge\na 1\na 2\na 3\n", options);
  EXPECT_THAT(parsed.lines, ElementsAre("family a gauge", "a{} 1", "a{} 2", "end"));
  EXPECT_EQ(parsed.stats.limit, "samples");
}

TEST(Exposition, AnySplitGivesTheSameEvents) {
  const std::string page =
      "# HELP a_total Text with \\\\ and \\n.\n# TYPE a_total counter\n"
      "a_total{x=\"q\\\"\\\\\",y=\"\xc3\xa4\"} 1 1395066363000\r\n\n"
      "broken{\n# TYPE h histogram\nh_bucket{le=\"0.5\"} 1 # {t=\"1\"} 0.2\n"
      "h_bucket{le=\"+Inf\"} 2\nh_sum 1.25e-3\nh_count 2\nstray{z=\"\xff\xfe\"} NaN\n"
      "# TYPE \"u.v\" gauge\n{\"u.v\"} 3\nlast -Inf";
  for (const Grammar grammar : {Grammar::prometheus, Grammar::openmetrics}) {
    ParserOptions options;
    options.grammar = grammar;
    const ParsedPage whole = parse_page(page, options);
    ASSERT_GT(whole.lines.size(), 10u);
    const auto compare = [&](const ParsedPage& split, const std::string& how) {
      EXPECT_EQ(split.lines, whole.lines) << how;
      EXPECT_EQ(split.stats.lines, whole.stats.lines) << how;
      EXPECT_EQ(split.stats.malformed, whole.stats.malformed) << how;
    };
    for (std::size_t chunk = 1; chunk < page.size(); ++chunk) {
      compare(parse_page(page, options, chunk), std::to_string(chunk) + " bytes each");
    }
    std::mt19937 random(6);
    for (int round = 0; round < 200; ++round) {
      RecordedPage recorded;
      ExpositionParser parser(options, recorded);
      for (std::size_t at = 0; at < page.size();) {
        const std::size_t size = random() % 40;  // nothing at all, too
        // A copy that ends where the piece ends: nothing behind it may be looked at.
        const std::string piece = page.substr(at, size);
        parser.feed(std::string_view(piece.data(), piece.size()));
        at += piece.size();
      }
      parser.finish();
      compare({recorded.lines, parser.stats()}, "round " + std::to_string(round));
    }
  }
}

}  // namespace
}  // namespace remora::checks::openmetrics
