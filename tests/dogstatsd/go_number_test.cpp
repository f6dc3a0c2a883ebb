#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "remora/dogstatsd/parser.hpp"

namespace remora::dogstatsd {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string zeros(std::size_t count) { return std::string(count, '0'); }

// Every row here and below was compared with Go 1.26.
TEST(ParseGoFloat, GivesTheNearestDouble) {
  struct Row {
    int line;
    std::string text;
    double value;
  };
  const Row rows[] = {
      // digits, points, signs
      {__LINE__, "0", 0.0},
      {__LINE__, "-0", -0.0},
      {__LINE__, "1", 1},
      {__LINE__, "-1", -1},
      {__LINE__, "+1", 1},
      {__LINE__, ".5", 0.5},
      {__LINE__, "-.5", -0.5},
      {__LINE__, "+.5", 0.5},
      {__LINE__, "5.", 5},
      {__LINE__, "0005", 5},
      {__LINE__, "-00.50", -0.5},
      {__LINE__, "0.000000", 0.0},
      {__LINE__, "1.000000", 1},
      {__LINE__, "0.1", 0x1.999999999999ap-4},
      {__LINE__, "12.345", 0x1.8b0a3d70a3d71p+3},
      {__LINE__, "0.30000000000000004", 0x1.3333333333334p-2},
      {__LINE__, "3.141592653589793", 0x1.921fb54442d18p+1},
      {__LINE__, "900719925474099.3", 0x1.999999999999ap+49},
      {__LINE__, "9.007199254740993", 0x1.203af9ee75616p+3},
      // around 2^53, where the short way ends
      {__LINE__, "9007199254740991", 0x1.fffffffffffffp+52},
      {__LINE__, "9007199254740992", 0x1p+53},
      {__LINE__, "9007199254740993", 0x1p+53},
      {__LINE__, "9007199254740994", 0x1.0000000000001p+53},
      {__LINE__, "-9007199254740993", -0x1p+53},
      {__LINE__, "9007199254740993.0", 0x1p+53},
      {__LINE__, "999999999999999999", 1e18},
      {__LINE__, "18446744073709551616", 0x1p+64},
      {__LINE__, "00000000000000000001", 1},
      {__LINE__, "0.00000000000000001", 1e-17},
      {__LINE__, "0.0000000000000000001", 1e-19},
      // exponents
      {__LINE__, "1e3", 1000},
      {__LINE__, "1E-3", 0.001},
      {__LINE__, "1.e+5", 1e5},
      {__LINE__, ".5e1", 5},
      {__LINE__, "1e22", 1e22},
      {__LINE__, "1e23", 0x1.52d02c7e14af6p+76},
      {__LINE__, "8.5e22", 0x1.1ffdbf6b2b2ebp+76},
      {__LINE__, "1e00000000000000000005", 1e5},
      {__LINE__, "0e999999999999", 0.0},
      {__LINE__, "-0e5", -0.0},
      // the ends of the range
      {__LINE__, "1.7976931348623157e308", std::numeric_limits<double>::max()},
      {__LINE__, "1.7976931348623158e308", std::numeric_limits<double>::max()},
      {__LINE__, "1" + zeros(308), 1e308},
      {__LINE__, "2.2250738585072011e-308", 0x0.fffffffffffffp-1022},
      {__LINE__, "2.2250738585072014e-308", std::numeric_limits<double>::min()},
      {__LINE__, "5e-324", std::numeric_limits<double>::denorm_min()},
      {__LINE__, "3e-324", std::numeric_limits<double>::denorm_min()},
      {__LINE__, "2.4703282292062328e-324", std::numeric_limits<double>::denorm_min()},
      {__LINE__, "2.4703282292062327e-324", 0.0},
      {__LINE__, "1e-400", 0.0},
      {__LINE__, "-1e-400", -0.0},
      {__LINE__, "1e-9999999999999999999999", 0.0},
      // long texts
      {__LINE__, "0." + zeros(400) + "1e401", 1},
      {__LINE__, "0." + zeros(5000) + "1e5001", 1},
      {__LINE__, zeros(5000) + "1", 1},
      {__LINE__, "9007199254740993." + zeros(1900), 0x1p+53},
      {__LINE__, "9007199254740993." + zeros(900) + "1", 0x1.0000000000001p+53},
      {__LINE__, "9007199254740993." + zeros(1900) + "1", 0x1.0000000000001p+53},
      {__LINE__, "1" + zeros(1000) + "e-1000", 1},  // Go says 1e-201
      // hexadecimal
      {__LINE__, "0x1p-2", 0.25},
      {__LINE__, "-0X1.8P1", -3},
      {__LINE__, "+0x.8p+1", 1},
      {__LINE__, "0x8.p0", 8},
      {__LINE__, "0xAbCdEfp0", 11259375},
      {__LINE__, "0x0p99999999", 0.0},
      {__LINE__, "-0x0p0", -0.0},
      {__LINE__, "0x12345678901234567890p0", 0x1.2345678901234p+76},
      {__LINE__, "0x1.00000000000008p0", 1},                                    // a tie, to even
      {__LINE__, "0x1.00000000000018p0", 0x1.0000000000002p0},                  // a tie, to even
      {__LINE__, "0x1.000000000000080000000000000001p0", 0x1.0000000000001p0},  // above the tie
      {__LINE__, "0x1.fffffffffffff7fffffffffffp1023", std::numeric_limits<double>::max()},
      {__LINE__, "0x1p-1074", 0x1p-1074},
      {__LINE__, "0x1p-1075", 0.0},  // a tie, to even
      {__LINE__, "0x1.0000000000000000001p-1075", 0x1p-1074},
      {__LINE__, "0x3p-1075", 0x2p-1074},
      {__LINE__, "0x1.ffffffffffffffffffffp-1076", 0.0},
      {__LINE__, "0x1p-99999999999999999999", 0.0},
      {__LINE__, "0x" + zeros(5000) + "1p0", 1},
      {__LINE__, "0x1" + zeros(500) + "p-2000", 1},
      // underscores
      {__LINE__, "1_000", 1000},
      {__LINE__, "-1_2.3_4e0_1", -123.4},
      {__LINE__, "1.5_5", 1.55},
      {__LINE__, "0x_1p0", 1},
      {__LINE__, "0x1_0p1_0", 16384},
      {__LINE__, "9_007199254740993." + zeros(1900) + "1", 0x1.0000000000001p+53},
      // words
      {__LINE__, "inf", kInfinity},
      {__LINE__, "+Inf", kInfinity},
      {__LINE__, "-INF", -kInfinity},
      {__LINE__, "+iNfInItY", kInfinity},
      {__LINE__, "-infinity", -kInfinity},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.line);
    double value = 7;
    EXPECT_TRUE(parse_go_float(row.text, value)) << row.text;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(value), std::bit_cast<std::uint64_t>(row.value))
        << row.text << " gave " << value;
  }
  for (const char* text : {"nan", "NaN", "NAN"}) {
    double value = 7;
    EXPECT_TRUE(parse_go_float(text, value)) << text;
    EXPECT_TRUE(std::isnan(value)) << text;
  }
}

TEST(ParseGoFloat, RefusesWhatGoRefuses) {
  const std::string texts[] = {
      "",
      " ",
      " 1",
      "1 ",
      "\t1",
      "1,5",
      "1f",
      "1d5",
      "--1",
      "-+1",
      "+-1",
      "++1",
      "-",
      "+",
      ".",
      "-.",
      "+.",
      "..",
      "1..2",
      "1.2.3",
      "abc",
      "1x",
      "1:2",
      "\xef\xbc\x91",
      std::string("1\0", 2),
      std::string("\0", 1),
      "1\n",
      // exponents
      "e",
      "e5",
      ".e5",
      "1e",
      "1e+",
      "1e-",
      "1e5.5",
      "1e5e5",
      "1e+-5",
      "1e 5",
      // out of range
      "1e400",
      "-1e400",
      "1e309",
      "1.7976931348623159e308",
      "1" + zeros(309),
      "1e999",
      "1e999999999999999999999",
      "0x1p1024",
      "-0x1p1024",
      "0x1.fffffffffffff8p1023",
      "0x1p99999999999999999999",
      // hexadecimal
      "0x",
      "0x10",
      "0x1",
      "0x1p",
      "0x1p+",
      "0xp1",
      "0x.p1",
      "0x1pa",
      "0x1e5",
      "0x1p1.0",
      "0x-1p1",
      "1x1p1",
      "00x1p1",
      "0b1",
      "0o7",
      // words
      "+nan",
      "-nan",
      "nan(1)",
      "nanx",
      "na",
      "n",
      "i",
      "in",
      "infi",
      "infinit",
      "inff",
      "infinityx",
      "--inf",
      "-+inf",
      "infinity ",
      // underscores
      "_",
      "_1",
      "1_",
      "-_1",
      "1__0",
      "1_.5",
      "1._5",
      "1.5_",
      "1_e5",
      "1e_5",
      "1e5_",
      "1e+_5",
      "1e1__0",
      "0_x1p0",
      "0x1_p0",
      "0x1p_1",
      "0x__1p0",
      "i_nf",
  };
  for (const std::string& text : texts) {
    double value = 7;
    EXPECT_FALSE(parse_go_float(text, value)) << '"' << text << "\" gave " << value;
    EXPECT_EQ(value, 7) << text;
  }
}

// The short way must not differ from the general one, which a sign or an exponent leads to.
TEST(ParseGoFloat, RoundsShortTextsLikeLongOnes) {
  std::uint64_t state = 88172645463325252u;  // xorshift64: the same texts each run
  const auto random = [&state] {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  };
  for (int i = 0; i < 20000; ++i) {
    std::string text = std::to_string(random() % 1'000'000'000'000'000'000u >> random() % 60);
    text.insert(random() % (text.size() + 1), ".");
    double value = 0, general = 1;
    ASSERT_TRUE(parse_go_float(text, value)) << text;
    ASSERT_TRUE(parse_go_float("+" + text + "e0", general)) << text;
    ASSERT_EQ(value, general) << text;
  }
}

TEST(ParseGoInt, ReadsWholeDecimalNumbersOf64Bits) {
  struct Row {
    const char* text;
    std::int64_t value;
  };
  const Row rows[] = {
      {"0", 0},
      {"-0", 0},
      {"+5", 5},
      {"-5", -5},
      {"0017", 17},
      {"1700000000", 1700000000},
      {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
      {"+9223372036854775807", std::numeric_limits<std::int64_t>::max()},
      {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
      {"0000000000000000000000000000001", 1},
  };
  for (const Row& row : rows) {
    std::int64_t value = 7;
    EXPECT_TRUE(parse_go_int(row.text, value)) << row.text;
    EXPECT_EQ(value, row.value) << row.text;
  }
  for (const char* text :
       {"", "+", "-", "+-5", "-+5", "--5", "++5", " 5", "5 ", "5.", "5.0", "1e3", "0x10", "1_000",
        "a", "5a", "9223372036854775808", "-9223372036854775809", "99999999999999999999999"}) {
    std::int64_t value = 7;
    EXPECT_FALSE(parse_go_int(text, value)) << text;
    EXPECT_EQ(value, 7) << text;
  }
}

}  // namespace
}  // namespace remora::dogstatsd
