// Our sketch against the Agent's own: the same operations, bin for bin and bit for bit. The program
// of go/ does them too; run.sh builds it and names it in REMORA_REFERENCE_SKETCH.
#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "remora/metrics/sketch.hpp"

namespace remora::metrics {
namespace {

using Random = std::mt19937_64;

class Comparison : public testing::Test {
 protected:
  void insert(double value, double rate = 1, std::uint64_t times = 1) {
    operation("i ", bits(value), bits(rate), std::to_string(times));
    for (; times > 0; --times) used().insert(value, rate);
  }
  void insert_bucket(double lower, double upper, std::uint64_t count) {
    operation("b ", bits(lower), bits(upper), std::to_string(count));
    if (!used().insert_bucket(lower, upper, count)) answer("refused");
  }
  void use(std::uint64_t sketch) {
    operation("u ", std::to_string(sketch));
    used_ = sketch;
  }
  void merge(std::uint64_t from) {
    operation("m ", std::to_string(from));
    used().merge(sketches_[from]);
  }
  void print() {
    operation("p");
    used().finish();
    const model::SketchPoint point = used().point(0);
    std::string line = "empty";
    if (!used().empty()) {
      line = std::to_string(point.count);
      for (const double value : {point.min, point.max, point.sum, point.average})
        line += ' ' + bits(value);
      for (const model::SketchBin& bin : point.bins)
        line += ' ' + std::to_string(bin.key) + ':' + std::to_string(bin.count);
    }
    bins_ += point.bins.size();
    ++prints_;
    answer(std::move(line));
    sketches_.clear();
    used_ = 0;
  }
  void key(double value) {
    operation("k ", bits(value));
    const std::int16_t key = sketch_key(value);
    // A bucket next to infinity is one of the last finite key.
    const auto finite = std::clamp<std::int16_t>(key, -32766, 32766);
    answer(std::to_string(key) + ' ' + bits(sketch_lower_bound(finite)));
  }

  /// Runs the reference over what was done since the test began, and compares its answers.
  void TearDown() override {
    const char* program = std::getenv("REMORA_REFERENCE_SKETCH");
    ASSERT_NE(program, nullptr) << "run tests/sketches/run.sh";
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    const std::string input = std::string(program) + '.' + name + ".in";
    const std::string output = std::string(program) + '.' + name + ".out";
    std::ofstream(input, std::ios::binary) << script_;
    const std::string command =
        '\'' + std::string(program) + "' <'" + input + "' >'" + output + '\'';
    ASSERT_EQ(std::system(command.c_str()), 0);
    std::ifstream reference(output);
    std::string line;
    for (const auto& [ours, about] : answers_) {
      ASSERT_TRUE(std::getline(reference, line)) << "no answer to " << about;
      ASSERT_EQ(line, ours) << about;
    }
    EXPECT_FALSE(std::getline(reference, line));
    std::printf("compared: %zu answers, %zu sketches with %zu bins\n", answers_.size(), prints_,
                bins_);
    std::remove(input.c_str());
    std::remove(output.c_str());
  }

  /// Said when an answer differs.
  std::string about_;

 private:
  static std::string bits(double value) {
    char text[16];
    return {text, std::to_chars(text, text + 16, std::bit_cast<std::uint64_t>(value), 16).ptr};
  }
  template <typename... Fields>
  void operation(std::string_view name, const Fields&... fields) {
    script_ += name;
    ((script_ += fields, script_ += ' '), ...);
    script_ += '\n';
  }
  void answer(std::string line) { answers_.emplace_back(std::move(line), about_); }
  Sketch& used() { return sketches_[used_]; }

  std::string script_;
  std::vector<std::pair<std::string, std::string>> answers_;
  std::map<std::uint64_t, Sketch> sketches_;
  std::uint64_t used_ = 0;
  std::size_t prints_ = 0, bins_ = 0;
};

struct Shape {
  const char* name;
  std::function<double(Random&)> value;
};

double magnitude(Random& random, double lowest_exponent, double highest_exponent) {
  return std::pow(10, std::uniform_real_distribution(lowest_exponent, highest_exponent)(random));
}

const std::vector<Shape> kShapes = {
    {"normal", [](Random& r) { return std::normal_distribution(0.0, 100.0)(r); }},
    {"latencies", [](Random& r) { return std::lognormal_distribution(3.0, 1.0)(r); }},
    {"negative", [](Random& r) { return -std::lognormal_distribution(1.0, 2.0)(r); }},
    {"huge", [](Random& r) { return magnitude(r, 150, 308); }},
    {"tiny", [](Random& r) { return magnitude(r, -12, -7); }},
    {"wide", [](Random& r) { return (r() % 2 != 0 ? 1 : -1) * magnitude(r, -10, 215); }},
    {"whole", [](Random& r) { return static_cast<double>(r() % 1000); }},
    {"signed whole", [](Random& r) { return static_cast<double>(r() % 7) - 3; }},
    {"zeros", [](Random& r) { return r() % 4 != 0 ? 0.0 : -0.0; }},
    {"one value", [](Random&) { return 0.1; }},
    {"any bits",
     [](Random& r) {
       for (;;) {
         const auto value = std::bit_cast<double>(r());
         if (std::isfinite(value)) return value;
       }
     }},
};

constexpr double kRates[] = {1, 0.5, 0.1, 0.3, 0.01, 0.999, 0.0001, 0, -1, 2, 1e-6};

TEST_F(Comparison, StreamsOfOneShape) {
  Random random(1);
  for (const Shape& shape : kShapes) {
    for (const int size : {0, 1, 2, 511, 512, 513, 1500, 1024, 5000, 17, 100, 250, 40'000}) {
      about_ = std::string(shape.name) + " x " + std::to_string(size);
      for (int i = 0; i < size; ++i) insert(shape.value(random));
      print();
    }
  }
}

TEST_F(Comparison, SampledStreams) {
  Random random(2);
  for (const Shape& shape : kShapes) {
    for (const double rate : kRates) {
      about_ = std::string(shape.name) + " @" + std::to_string(rate);
      for (int i = 0; i < 700; ++i) insert(shape.value(random), rate);
      print();
      // Sampled ones sort in early what the others left waiting.
      for (int i = 0; i < 1500; ++i) insert(shape.value(random), random() % 200 != 0 ? 1 : rate);
      print();
    }
    about_ = std::string(shape.name) + " at any rate";
    for (int i = 0; i < 3000; ++i) {
      const double rate = 1 / (1 + static_cast<double>(random() % 100'000) / 7);
      insert(shape.value(random), rate);
    }
    print();
  }
}

TEST_F(Comparison, ValuesRepeatedPastOneBin) {
  Random random(3);
  for (const std::uint64_t times : {65'534, 65'535, 65'536, 65'537, 131'070, 131'071, 400'000}) {
    about_ = "repeated " + std::to_string(times);
    insert(42, 1, times);
    print();
    insert(42, 1, times);
    insert(43, 1, times);
    insert(-1, 1, 1);
    insert(42, 0.01, 900);
    print();
  }
  about_ = "repeated at random";
  for (int stream = 0; stream < 20; ++stream) {
    for (int i = 0; i < 60; ++i) {
      const double rate = kRates[random() % 7];
      insert(static_cast<double>(random() % 5), rate, random() % (rate == 1 ? 20'000 : 300));
    }
    print();
  }
}

TEST_F(Comparison, MoreBinsThanTheLimit) {
  Random random(4);
  const auto any = [&] { return (random() % 2 != 0 ? 1 : -1) * magnitude(random, -9, 211); };
  for (int stream = 0; stream < 6; ++stream) {
    about_ = "folded bins " + std::to_string(stream);
    for (int i = 0; i < 12'000; ++i) insert(any());
    print();
  }
  for (int stream = 0; stream < 6; ++stream) {
    about_ = "folded full bins " + std::to_string(stream);
    for (int i = 0; i < 3000; ++i) {
      insert(any(), random() % 3 != 0 ? 1 : magnitude(random, -6, 0));
      insert(-1e200 * static_cast<double>(random() % 3), random() % 2 != 0 ? 1 : 0.0001);
    }
    for (int i = 0; i < 3000; ++i) insert(any());
    print();
  }
}

TEST_F(Comparison, Buckets) {
  Random random(5);
  for (const double lower : {-1e300, -5.0, -1e-9, 0.0, 1e-12, 0.5, 1.0, 10.0, 1e6, 1e301}) {
    for (const double upper : {-1e299, -4.9, 0.0, 1e-10, 0.6, 1.0, 1.001, 12.0, 1e9, 1e308}) {
      for (const std::uint64_t count : {0, 1, 2, 999, 5'000'000}) {
        about_ =
            std::to_string(count) + " in " + std::to_string(lower) + " to " + std::to_string(upper);
        insert_bucket(lower, upper, count);
        print();
      }
    }
  }
  for (int stream = 0; stream < 300; ++stream) {
    about_ = "buckets " + std::to_string(stream);
    const Shape& shape = kShapes[random() % kShapes.size()];
    const auto buckets = 1 + random() % 12;
    for (std::uint64_t i = 0; i < buckets; ++i) {
      double lower = shape.value(random), upper = shape.value(random);
      if (lower > upper && random() % 16 != 0) std::swap(lower, upper);
      insert_bucket(lower, upper, random() % (random() % 2 != 0 ? 50 : 200'000));
      for (auto plain = random() % 20; plain > 0; --plain) insert(shape.value(random));
    }
    print();
  }
}

TEST_F(Comparison, Merges) {
  Random random(6);
  for (int stream = 0; stream < 200; ++stream) {
    about_ = "merge " + std::to_string(stream);
    for (std::uint64_t sketch = 0; sketch < 4; ++sketch) {
      use(sketch);
      const Shape& shape = kShapes[random() % kShapes.size()];
      const auto size = random() % (random() % 4 != 0 ? 100 : 3000);
      for (std::uint64_t i = 0; i < size; ++i) {
        const bool sampled = random() % 8 == 0;
        insert(shape.value(random), sampled ? kRates[random() % std::size(kRates)] : 1);
      }
      if (random() % 8 == 0) insert(7, 1, 70'000);
    }
    for (int step = 0; step < 4; ++step) {
      const std::uint64_t into = random() % 4;
      use(into);
      merge((into + 1 + random() % 3) % 4);
      for (auto plain = random() % 600; plain > 0; --plain) insert(7.5);
    }
    print();
  }
}

// All boundaries between keys. Where the logarithm's last bits put each is found by bisection in
// ours, then looked at one double after the other on both sides, and at random further out.
TEST_F(Comparison, KeysNextToTheirBoundaries) {
  constexpr std::uint64_t kSteps = 6;
  Random random(7);
  for (std::int32_t k = 1; k <= 32'766; ++k) {
    about_ = "boundary above key " + std::to_string(k);
    const double middle = sketch_lower_bound(static_cast<std::int16_t>(k));
    auto low = std::bit_cast<std::uint64_t>(middle);
    auto high = std::bit_cast<std::uint64_t>(middle * 1.015625);
    key(middle);
    while (high - low > 1) {
      const std::uint64_t half = low + (high - low) / 2;
      (sketch_key(std::bit_cast<double>(half)) <= k ? low : high) = half;
    }
    for (std::uint64_t at = low - kSteps; at <= high + kSteps; ++at) key(std::bit_cast<double>(at));
    for (int i = 0; i < 4; ++i) {
      key(std::bit_cast<double>(low - random() % 1024));
      key(-std::bit_cast<double>(high + random() % 1024));
    }
  }
}

TEST_F(Comparison, KeysOfAllMagnitudes) {
  Random random(8);
  about_ = "smallest tracked magnitude";
  double edge = sketch_lower_bound(1);
  for (int i = 0; i < 8; ++i) edge = std::nextafter(edge, 0);
  for (int i = 0; i < 16; ++i, edge = std::nextafter(edge, 1)) {
    key(edge);
    key(-edge);
  }
  about_ = "where the logarithm halves its argument";
  for (int exponent = -1000; exponent <= 1000; ++exponent) {
    const double half_root = std::ldexp(7.07106781186547524401e-01, exponent);
    for (const double value : {half_root, std::nextafter(half_root, 0), std::ldexp(1, exponent)})
      key(value);
  }
  about_ = "special values";
  for (const double value :
       {0.0, -0.0, std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::min(),
        std::numeric_limits<double>::max(), -std::numeric_limits<double>::max()})
    key(value);
  about_ = "any bits";
  for (int i = 0; i < 100'000; ++i) key(kShapes.back().value(random));
  for (int i = 0; i < 100'000; ++i) key(magnitude(random, -10, 213));
}

}  // namespace
}  // namespace remora::metrics
