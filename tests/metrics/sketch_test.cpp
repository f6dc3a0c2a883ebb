#include "remora/metrics/sketch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace remora::metrics {
namespace {

using model::SketchBin;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(SketchKey, IsTheRoundedLogarithm) {
  struct Row {
    double value;
    int key;
  };
  const Row rows[] = {
      {0, 0},         {-0.0, 0},        {1e-10, 0},      {9.9e-10, 0},     {1e-9, 1},
      {-1e-9, -1},    {1e-6, 447},      {0.001, 892},    {0.5, 1293},      {1, 1338},
      {1.0078, 1339}, {2, 1383},        {3.14159, 1412}, {10, 1487},       {42, 1579},
      {100, 1635},    {123.456, 1649},  {1000, 1784},    {1e6, 2229},      {1e9, 2675},
      {1e12, 3120},   {1.7e308, 32767}, {-1, -1338},     {-1e300, -32767},
  };
  for (const Row& row : rows) EXPECT_EQ(sketch_key(row.value), row.key) << row.value;
}

// The C library's logarithm puts each of these into a neighbour of the bin that Go's puts it into.
TEST(SketchKey, FallsOnGosSideOfABoundary) {
  struct Row {
    double value;
    int key;
  };
  const Row rows[] = {
      {0x1.5b05c2c08b998p-3, 1223}, {0x1.76fe83ec3e9fp-3, 1228},  {0x1.a1fb8d5ab9d74p-3, 1236},
      {0x1.1cf7c5f123003p-2, 1256}, {0x1.7e9642ad8bf0ap-2, 1274}, {0x1.6937b1d1fcd32p-1, 1316},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(sketch_key(row.value), row.key) << row.value;
    EXPECT_EQ(sketch_key(-row.value), -row.key) << row.value;
  }
}

TEST(SketchKey, StandsForAPowerOfGamma) {
  struct Row {
    int key;
    double bound;
  };
  const Row rows[] = {
      {0, 0},
      {1338, 1},
      {1339, 1.015625},
      {-1339, -1.015625},
      {1, 0x1.11479426012e9p-30},
      {2, 0x1.158cb27699334p-30},
      {500, 0x1.31a85935d0285p-19},
      {5000, 0x1.e158a55c7b28bp+81},
      {32766, 0x1.f76c560693f41p+702},
      {32767, kInfinity},
      {-32767, -kInfinity},
  };
  for (const Row& row : rows)
    EXPECT_EQ(sketch_lower_bound(static_cast<std::int16_t>(row.key)), row.bound) << row.key;
  for (int key = 1; key < 32'767; ++key)
    ASSERT_EQ(sketch_key(sketch_lower_bound(static_cast<std::int16_t>(key))), key);
}

// The same doubles on every machine: 0 to 2^20 - 1.
class Numbers {
 public:
  double next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state_ >> 44);
  }

 private:
  std::uint64_t state_ = 1;
};

void fill_few(Sketch& sketch) {
  for (const double value : {1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 100.0, 100.0, -5.0, 0.0})
    sketch.insert(value);
}
void fill_sampled(Sketch& sketch) {
  sketch.insert(0.1, 0.3);
  sketch.insert(7, 1);
  sketch.insert(0.2, 0.001);
  sketch.insert(0.1, 1e-6);  // over fifteen bins of one key
  sketch.insert(0.3, 0.999);
  sketch.insert(-3, 0);
  sketch.insert(-4, -1);
  sketch.insert(-5, 2);
}
void fill_buckets(Sketch& sketch) {
  sketch.insert(3);
  EXPECT_TRUE(sketch.insert_bucket(0.25, 0.3, 1000));
  EXPECT_TRUE(sketch.insert_bucket(-1, 1e-9, 3));
  EXPECT_TRUE(sketch.insert_bucket(10, 10, 7));
  EXPECT_TRUE(sketch.insert_bucket(1e300, 1e301, 2));
  EXPECT_TRUE(sketch.insert_bucket(5, 6, 0));
  EXPECT_FALSE(sketch.insert_bucket(2, 1, 5));
}
void fill_latencies(Sketch& sketch) {
  Numbers numbers;
  for (int i = 0; i < 3000; ++i) sketch.insert(numbers.next() / 4096);
}
void fill_both_signs(Sketch& sketch) {
  Numbers numbers;
  for (int i = 0; i < 20'000; ++i) {
    const int exponent = static_cast<int>(numbers.next()) % 64;
    const double value = std::ldexp(numbers.next() - 524'288, exponent);
    sketch.insert(value, i % 50 == 0 ? 0.0005 : 1);
  }
}
void fill_repeated(Sketch& sketch) {
  for (int i = 0; i < 200'000; ++i) sketch.insert(i % 3 == 0 ? 8 : 9);
}
// More bins than the limit, and low ones that are full: folding them keeps some.
void fill_folded(Sketch& sketch) {
  Numbers numbers;
  for (int i = 0; i < 12'000; ++i) {
    const double value = numbers.next() - 524'288;
    sketch.insert(value * std::ldexp(1, static_cast<int>(numbers.next()) % 600 - 20),
                  i % 40 == 0 ? 1e-5 : 1);
  }
}
void fill_merged(Sketch& sketch) {
  fill_repeated(sketch);
  Sketch other;
  fill_repeated(other);
  fill_latencies(other);
  sketch.merge(other);
  sketch.insert(8);
}

std::uint64_t fingerprint(std::span<const SketchBin> bins) {
  std::uint64_t hash = 14'695'981'039'346'656'037u;
  for (const SketchBin& bin : bins) {
    for (const auto half : {static_cast<std::uint16_t>(bin.key), bin.count}) {
      hash = (hash ^ half) * 1'099'511'628'211u;
    }
  }
  return hash;
}

// What the Go module gives for the same insertions. tests/sketches compares many more, with the
// module itself.
TEST(Sketch, GivesWhatTheAgentGives) {
  struct Row {
    void (*fill)(Sketch&);
    std::int64_t count;
    double min, max, sum, average;
    std::size_t bins;
    std::uint64_t fingerprint;
  };
  const Row rows[] = {
      {fill_few, 10, -0x1.4000000000000p+2, 0x1.9000000000000p+6, 0x1.b800000000000p+7,
       0x1.6000000000000p+4, 9, 0x2a236ae8ad895b0c},
      {fill_sampled, 1001008, -0x1.4000000000000p+2, 0x1.c000000000000p+2, 0x1.8763a235d0561p+16,
       0x1.99fce7a7e2488p-4, 22, 0x57846265a5b917b3},
      {fill_buckets, 1013, -0x1.0000000000000p+0, 0x1.f76c560693f41p+702, 0x1.f76c560693f41p+703,
       0x1.fce3c86dc1c90p+693, 18, 0x98cec370a61bca6},
      {fill_latencies, 3000, 0x1.5e00000000000p-5, 0x1.fffc800000000p+7, 0x1.7a3a0ebc00000p+18,
       0x1.0233ec05761a1p+7, 284, 0xc6749957a0de0fbf},
      {fill_both_signs, 819600, -0x1.ffd4400000000p+81, 0x1.ff9f400000000p+81,
       0x1.cb246e6d435a3p+93, 0x1.25b529a0b9929p+74, 4099, 0x37429908280738b2},
      {fill_repeated, 200000, 0x1.0000000000000p+3, 0x1.2000000000000p+3, 0x1.a72d500000000p+20,
       0x1.155551d68c6b3p+3, 5, 0x3b4753ec1b594849},
      {fill_folded, 30011400, -0x1.feb8c00000000p+597, 0x1.ae4c800000000p+597,
       0x1.f357512c175fdp+612, 0x1.1724958520e63p+588, 4407, 0x4375054208c46130},
      {fill_merged, 403001, 0x1.5e00000000000p-5, 0x1.fffc800000000p+7, 0x1.d674d1d780000p+21,
       0x1.3205b726beaf6p+3, 291, 0x5a19fd4ca02829a6},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(&row - rows);
    Sketch sketch;
    row.fill(sketch);
    sketch.finish();
    const model::SketchPoint point = sketch.point(1'700'000'000);
    EXPECT_EQ(point.timestamp, 1'700'000'000);
    EXPECT_EQ(point.count, row.count);
    EXPECT_EQ(point.min, row.min);
    EXPECT_EQ(point.max, row.max);
    EXPECT_EQ(point.sum, row.sum);
    EXPECT_EQ(point.average, row.average);
    EXPECT_EQ(point.bins.size(), row.bins);
    EXPECT_EQ(fingerprint(point.bins), row.fingerprint);
  }
}

std::vector<SketchBin> bins_of(Sketch& sketch) {
  sketch.finish();
  const auto bins = sketch.point(0).bins;
  return {bins.begin(), bins.end()};
}

TEST(Sketch, HasAscendingKeysWithCounts) {
  Sketch sketch;
  fill_few(sketch);
  const std::vector<SketchBin> expected = {{-1442, 1}, {0, 1},    {1338, 1}, {1383, 1}, {1409, 1},
                                           {1427, 1},  {1442, 1}, {1487, 1}, {1635, 2}};
  EXPECT_EQ(bins_of(sketch), expected);
}

TEST(Sketch, SplitsWhatOneBinCannotCount) {
  Sketch sketch;
  sketch.insert(1, 1.0 / 65'535);
  EXPECT_EQ(bins_of(sketch), (std::vector<SketchBin>{{1338, 65'535}}));
  sketch.insert(1);
  EXPECT_EQ(bins_of(sketch), (std::vector<SketchBin>{{1338, 1}, {1338, 65'535}}));
  sketch.insert(1, 1.0 / 131'070);  // goes to the first of the two
  EXPECT_EQ(bins_of(sketch),
            (std::vector<SketchBin>{{1338, 1}, {1338, 65'535}, {1338, 65'535}, {1338, 65'535}}));
}

TEST(Sketch, OwnsNoHeapWhileEmptyAndLittleAfterwards) {
  Sketch sketch;
  EXPECT_TRUE(sketch.empty());
  sketch.finish();
  EXPECT_EQ(sketch.heap_bytes(), 0u);
  EXPECT_TRUE(sketch.point(0).bins.empty());
  sketch.insert(1);
  EXPECT_FALSE(sketch.empty());
  EXPECT_EQ(sketch.heap_bytes(), 24u);  // a dozen keys
  for (int i = 0; i < 20; ++i) sketch.insert(i);
  EXPECT_EQ(sketch.heap_bytes(), 48u);
  sketch.finish();
  EXPECT_EQ(sketch.heap_bytes(), sketch.point(0).bins.size() * sizeof(SketchBin));
  for (int i = 0; i < 511; ++i) sketch.insert(1);
  EXPECT_EQ(sketch.heap_bytes(), sketch.point(0).bins.size() * sizeof(SketchBin) + 1024);
}

// A sample rate of 1e-300 claims more values than memory can have bins for.
TEST(Sketch, EndsAtItsLimitWhateverTheRate) {
  Sketch sketch;
  sketch.insert(5, 1e-300);
  sketch.finish();
  EXPECT_EQ(sketch.point(0).count, 4'294'901'760);
  EXPECT_EQ(sketch.point(0).bins.size(), Sketch::kMaxBins);
  for (int i = 0; i < 5; ++i) sketch.insert(6 + i, 1e-300);
  ASSERT_TRUE(sketch.insert_bucket(1, 1000, std::uint64_t{1} << 53));
  Sketch other;
  other.insert(1, 1e-300);
  sketch.merge(other);
  EXPECT_LE(sketch.point(0).bins.size(), Sketch::kMaxBins);
  EXPECT_EQ(sketch.point(0).count, 7 * 4'294'901'760 + (std::int64_t{1} << 53));
  EXPECT_EQ(sketch.point(0).min, 1);
  EXPECT_LE(sketch.heap_bytes(), 3 * Sketch::kMaxBins * sizeof(SketchBin));
}

TEST(Sketch, RefusesBucketsWithoutFiniteBoundsOrWithTooMuch) {
  struct Row {
    double lower, upper;
    std::uint64_t count;
  };
  const Row rows[] = {
      {0, kInfinity, 1},
      {-kInfinity, 0, 1},
      {std::numeric_limits<double>::quiet_NaN(), 0, 1},
      {0, std::numeric_limits<double>::quiet_NaN(), 1},
      {0, 1, (std::uint64_t{1} << 53) + 1},
      {1, 0.9, 1},
  };
  for (const Row& row : rows) {
    Sketch sketch;
    EXPECT_FALSE(sketch.insert_bucket(row.lower, row.upper, row.count));
    EXPECT_TRUE(sketch.empty());
  }
}

TEST(Sketch, MergesWithEmptyOnes) {
  Sketch empty, few, into;
  fill_few(few);
  const auto expected = bins_of(few);
  few.merge(empty);
  EXPECT_EQ(bins_of(few), expected);
  into.merge(few);
  EXPECT_EQ(bins_of(into), expected);
  EXPECT_EQ(into.point(0).count, 10);
  EXPECT_EQ(into.point(0).average, few.point(0).average);
  EXPECT_EQ(few.point(0).count, 10);
}

}  // namespace
}  // namespace remora::metrics
