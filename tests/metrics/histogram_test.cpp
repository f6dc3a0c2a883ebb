#include "remora/metrics/histogram.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace remora::metrics {
namespace {

using model::SeriesType;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const HistogramOptions kAll{.min = true, .sum = true, .percentiles = {0, 50, 95, 100}};

std::vector<HistogramValue> values_of(Histogram& histogram, const HistogramOptions& options,
                                      double interval = 10) {
  std::vector<HistogramValue> values;
  histogram.values(options, interval, values);
  return values;
}

double value_of(Histogram& histogram, std::string_view suffix) {
  for (const HistogramValue& entry : values_of(histogram, kAll))
    if (entry.suffix == suffix) return entry.value;
  ADD_FAILURE() << "no " << suffix;
  return 0;
}

TEST(Histogram, GivesTheDefaultAggregates) {
  Histogram histogram;
  for (const double value : {50, 10, 40, 20, 30}) histogram.add(value, 1);
  struct Row {
    std::string_view suffix;
    SeriesType type;
    double value;
  };
  const Row rows[] = {
      {".max", SeriesType::gauge, 50},          {".median", SeriesType::gauge, 30},
      {".avg", SeriesType::gauge, 30},          {".count", SeriesType::rate, 0.5},
      {".95percentile", SeriesType::gauge, 50},
  };
  const auto values = values_of(histogram, {});
  ASSERT_EQ(values.size(), std::size(rows));
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i].suffix, rows[i].suffix);
    EXPECT_EQ(values[i].type, rows[i].type);
    EXPECT_EQ(values[i].value, rows[i].value) << rows[i].suffix;
  }
}

TEST(Histogram, GivesWhatIsConfiguredInOneOrder) {
  Histogram histogram;
  histogram.add(3, 1);
  std::vector<std::string_view> suffixes;
  for (const HistogramValue& value : values_of(histogram, kAll)) suffixes.push_back(value.suffix);
  EXPECT_THAT(suffixes,
              ElementsAre(".max", ".min", ".median", ".avg", ".sum", ".count", ".0percentile",
                          ".50percentile", ".95percentile", ".100percentile"));
  const HistogramOptions none{
      .max = false, .median = false, .average = false, .count = false, .percentiles = {}};
  EXPECT_THAT(values_of(histogram, none), IsEmpty());
}

TEST(Histogram, GivesNothingWhileEmpty) {
  Histogram histogram;
  EXPECT_TRUE(histogram.empty());
  EXPECT_THAT(values_of(histogram, kAll), IsEmpty());
  EXPECT_EQ(histogram.heap_bytes(), 0u);
}

TEST(Histogram, WeighsSampledValues) {
  Histogram histogram;
  histogram.add(10, 0.5);
  histogram.add(20, 0.5);
  EXPECT_EQ(value_of(histogram, ".max"), 20);
  EXPECT_EQ(value_of(histogram, ".min"), 10);
  EXPECT_EQ(value_of(histogram, ".avg"), 15);
  EXPECT_EQ(value_of(histogram, ".sum"), 60);
  EXPECT_EQ(value_of(histogram, ".count"), 0.4);
  EXPECT_EQ(value_of(histogram, ".median"), 10);
  EXPECT_EQ(value_of(histogram, ".95percentile"), 20);
}

TEST(Histogram, WeighsEachValueByItsOwnRate) {
  Histogram histogram;
  histogram.add(10, 1);
  histogram.add(20, 0.25);
  histogram.add(30, 1);
  EXPECT_EQ(value_of(histogram, ".count"), 0.6);
  EXPECT_EQ(value_of(histogram, ".sum"), 120);
  EXPECT_EQ(value_of(histogram, ".avg"), 20);
  EXPECT_EQ(value_of(histogram, ".median"), 20);
  EXPECT_EQ(value_of(histogram, ".0percentile"), 10);
  EXPECT_EQ(value_of(histogram, ".95percentile"), 30);
}

TEST(Histogram, KeepsTheFractionOfAWeight) {
  Histogram histogram;
  histogram.add(6, 0.3);
  EXPECT_EQ(value_of(histogram, ".count"), (1 / 0.3) / 10);
  EXPECT_EQ(value_of(histogram, ".sum"), 6 * (1 / 0.3));
  EXPECT_EQ(value_of(histogram, ".avg"), 6);
}

TEST(Histogram, TakesImpossibleRatesAsOne) {
  struct Row {
    double rate, weight;
  };
  const double infinity = std::numeric_limits<double>::infinity();
  const Row rows[] = {
      {0, 1},        {-0.5, 1},      {std::numeric_limits<double>::quiet_NaN(), 1},
      {infinity, 1}, {-infinity, 1}, {std::numeric_limits<double>::denorm_min(), 1},
      {2, 0.5},      {1, 1},
  };
  for (const Row& row : rows) {
    Histogram histogram;
    histogram.add(7, row.rate);
    EXPECT_FALSE(histogram.empty());
    EXPECT_EQ(value_of(histogram, ".count"), row.weight / 10) << row.rate;
    EXPECT_EQ(value_of(histogram, ".median"), 7) << row.rate;
  }
}

TEST(Histogram, LosesNothingInItsSum) {
  struct Row {
    std::vector<double> values;
    double rate, sum;
  };
  const Row rows[] = {
      {{1, 1e100, 1, -1e100}, 1, 2},
      {{1, 1e100, 1, -1e100}, 0.5, 4},
      {std::vector<double>(10, 0.1), 1, 1},
      {std::vector<double>(10, 0.1), 0.1, 10},
      {{1e308, 1e308}, 1, std::numeric_limits<double>::infinity()},
  };
  for (const Row& row : rows) {
    Histogram histogram;
    for (const double value : row.values) histogram.add(value, row.rate);
    EXPECT_EQ(value_of(histogram, ".sum"), row.sum);
  }
  Histogram mixed;
  for (const double value : {1.0, 1e100, 1.0}) mixed.add(value, 0.5);
  mixed.add(-2e100, 1);
  EXPECT_EQ(value_of(mixed, ".sum"), 4);
}

TEST(Histogram, CanBeReadAgain) {
  Histogram histogram;
  for (const double value : {4, 1, 3}) histogram.add(value, 1);
  EXPECT_EQ(value_of(histogram, ".median"), 3);
  EXPECT_EQ(value_of(histogram, ".median"), 3);
  histogram.add(2, 1);
  EXPECT_EQ(value_of(histogram, ".median"), 2);
}

/// By the definition: the first value, in order, with which the summed weight exceeds the
/// threshold.
double picked(const std::vector<std::pair<double, double>>& sorted, double threshold) {
  double weight = 0;
  for (const auto& [value, own] : sorted) {
    weight += own;
    if (weight > threshold) return value;
  }
  return sorted.back().first;
}

TEST(Histogram, PicksByRankAsDefined) {
  HistogramOptions options = kAll;
  for (int percent = 0; percent <= 100; ++percent) options.percentiles.push_back(percent);
  options.percentiles.erase(options.percentiles.begin(), options.percentiles.begin() + 4);
  std::mt19937_64 random(1);
  const std::vector<std::vector<double>> rates = {{1}, {0.5},    {0.1},      {0.3},
                                                  {2}, {1, 0.5}, {1, 0.3, 4}};
  for (const auto& mix : rates) {
    for (const std::size_t size : {1, 2, 3, 4, 5, 10, 99, 100, 101, 1000}) {
      Histogram histogram;
      std::vector<std::pair<double, double>> samples;
      double count = 0;
      for (std::size_t i = 0; i < size; ++i) {
        const auto value = static_cast<double>(random() % (2 * size));
        const double rate = mix[random() % mix.size()];
        histogram.add(value, rate);
        samples.emplace_back(value, 1 / rate);
        count += 1 / rate;
      }
      std::sort(samples.begin(), samples.end());
      EXPECT_EQ(value_of(histogram, ".median"), picked(samples, (count - 1) / 2));
      const auto values = values_of(histogram, options);
      for (const HistogramValue& entry : values) {
        if (!entry.suffix.ends_with("percentile")) continue;
        const int percent = std::stoi(std::string(entry.suffix.substr(1)));
        EXPECT_EQ(entry.value, picked(samples, (percent * count - 1) / 100))
            << entry.suffix << " of " << size << " @" << mix[0];
      }
    }
  }
}

TEST(Histogram, EstimatesRanksOfManySamplesWithinTheErrorOfASketch) {
  for (const bool sampled : {false, true}) {
    std::mt19937_64 random(2);
    std::lognormal_distribution<double> latency(3, 1.5);
    Histogram histogram;
    std::vector<std::pair<double, double>> samples;
    double count = 0, sum = 0;
    const auto add = [&] {
      const double value = latency(random), rate = sampled && random() % 2 != 0 ? 0.25 : 1;
      histogram.add(value, rate);
      samples.emplace_back(value, 1 / rate);
      count += 1 / rate;
      sum += value / rate;
    };
    while (samples.size() < Histogram::kMaxExact) add();
    EXPECT_TRUE(histogram.exact());
    EXPECT_GE(histogram.heap_bytes(), Histogram::kMaxExact * sizeof(double));
    while (samples.size() < 100'000) add();
    EXPECT_FALSE(histogram.exact());
    EXPECT_LT(histogram.heap_bytes(), 32'768u);

    std::sort(samples.begin(), samples.end());
    EXPECT_EQ(value_of(histogram, ".max"), samples.back().first);
    EXPECT_EQ(value_of(histogram, ".min"), samples.front().first);
    EXPECT_EQ(value_of(histogram, ".count"), count / 10);
    EXPECT_NEAR(value_of(histogram, ".sum"), sum, sum * 1e-12);
    EXPECT_NEAR(value_of(histogram, ".avg"), sum / count, sum / count * 1e-12);
    const std::pair<std::string_view, double> ranks[] = {
        {".0percentile", -0.01},
        {".median", (count - 1) / 2},
        {".50percentile", (50 * count - 1) / 100},
        {".95percentile", (95 * count - 1) / 100},
        {".100percentile", (100 * count - 1) / 100}};
    for (const auto& [suffix, threshold] : ranks) {
      const double exact = picked(samples, threshold);
      EXPECT_NEAR(value_of(histogram, suffix), exact, exact * 0.008) << suffix;
    }
  }
}

TEST(HistogramOptions, AreReadFromTheirTwoLists) {
  std::vector<std::string> warnings;
  const auto options = parse_histogram_options(
      {"sum", "min"}, {"0.99", "0.29", "0.5", "1", "0", "+0.995", "0.99", "1e-1"}, warnings);
  EXPECT_THAT(warnings, IsEmpty());
  EXPECT_FALSE(options.max || options.median || options.average || options.count);
  EXPECT_TRUE(options.sum && options.min);
  EXPECT_THAT(options.percentiles, ElementsAre(0, 10, 29, 50, 99, 100));
}

TEST(HistogramOptions, LeaveOutWhatTheyDoNotKnow) {
  for (const char* bad : {"", "95", "-0.1", "1.01", "nan", "inf", "p95", "0.95 ", "0,95"}) {
    std::vector<std::string> warnings;
    const auto options = parse_histogram_options({"max"}, {"0.5", bad, "0.75"}, warnings);
    EXPECT_THAT(options.percentiles, ElementsAre(50, 75)) << bad;
    EXPECT_THAT(warnings, ElementsAre(HasSubstr('"' + std::string(bad) + '"'))) << bad;
  }
  std::vector<std::string> warnings;
  const auto options = parse_histogram_options({"mean", "count", "Max"}, {}, warnings);
  EXPECT_TRUE(options.count);
  EXPECT_FALSE(options.max);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("\"mean\""), HasSubstr("\"Max\"")));
}

}  // namespace
}  // namespace remora::metrics
