// What a load of the DogStatsD benchmark consists of: prebuilt packets of lines with five tags.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace remora::bench {

enum class Wire { udp, datagram, stream };
inline const char* to_string(Wire wire) {
  return wire == Wire::udp ? "UDP" : wire == Wire::datagram ? "Unix datagram" : "Unix stream";
}

struct Load {
  Wire wire = Wire::udp;
  int per_packet = 20;
  int contexts = 1000;
  std::string kind = "mixed";  ///< or one type: c, g, h, ms, d, s
  int rate = 100'000;          ///< messages per second
  double seconds = 12;
};

/// Messages by type.
struct TypeCounts {
  static constexpr std::array<const char*, 6> kTypes{"c", "g", "h", "ms", "d", "s"};
  std::array<std::uint64_t, 6> of{};

  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const auto n : of) sum += n;
    return sum;
  }
  /// Those whose number can be read from what arrives at the intake: counters, and the counts of
  /// histograms, timings and distributions.
  [[nodiscard]] std::uint64_t countable() const { return of[0] + of[2] + of[3] + of[4]; }
};

/// The packets of a load, in the order in which they are sent, again and again.
class Packets {
 public:
  explicit Packets(const Load& load) : load_(load) {
    // Enough lines that values differ from lap to lap; all contexts once.
    const std::size_t wanted =
        std::max<std::size_t>(static_cast<std::size_t>(load.contexts), 65'536);
    const std::size_t packets = (wanted + per_packet() - 1) / per_packet();
    bytes_.reserve(packets * (per_packet() * 76 + 4));
    types_.reserve(packets * per_packet());
    std::mt19937 random(20'260);
    // Neighbours in time are not neighbours in memory: contexts in steps without common divisor.
    std::uint64_t step = static_cast<std::uint64_t>(load.contexts * 0.618) | 1;
    while (step % 5 == 0) step += 2;
    std::uint64_t context = 0;
    for (std::size_t p = 0; p < packets; ++p) {
      offsets_.push_back(bytes_.size());
      if (load.wire == Wire::stream) bytes_.append(4, '\0');
      for (std::size_t i = 0; i < per_packet(); ++i) {
        add_line(static_cast<unsigned>(context), random());
        context = (context + step) % static_cast<std::uint64_t>(load.contexts);
      }
      if (load.wire == Wire::stream) {
        const auto length = static_cast<std::uint32_t>(bytes_.size() - offsets_.back() - 4);
        for (int b = 0; b < 4; ++b) {
          bytes_[offsets_.back() + static_cast<std::size_t>(b)] =
              static_cast<char>(length >> (8 * b));
        }
      }
    }
    offsets_.push_back(bytes_.size());
  }

  [[nodiscard]] std::size_t size() const { return offsets_.size() - 1; }
  [[nodiscard]] std::size_t per_packet() const {
    return static_cast<std::size_t>(load_.per_packet);
  }
  [[nodiscard]] std::string_view at(std::size_t i) const {
    return std::string_view(bytes_).substr(offsets_[i], offsets_[i + 1] - offsets_[i]);
  }
  /// Messages in the first `packets` packets sent.
  [[nodiscard]] TypeCounts count(std::uint64_t packets) const {
    TypeCounts counts;
    const std::uint64_t laps = packets / size();
    const std::size_t rest = static_cast<std::size_t>(packets % size()) * per_packet();
    for (std::size_t i = 0; i < types_.size(); ++i) {
      counts.of[types_[i]] += laps + (i < rest ? 1 : 0);
    }
    return counts;
  }

 private:
  /// Half counters; gauges, histograms, timings, distributions and sets share the rest.
  [[nodiscard]] std::uint8_t type_of(unsigned context) const {
    if (load_.kind == "mixed") {
      static constexpr std::array<std::uint8_t, 10> kMix{0, 0, 0, 0, 0, 1, 2, 3, 4, 5};
      return kMix[context % 10];
    }
    for (std::uint8_t t = 0; t < 6; ++t) {
      if (load_.kind == TypeCounts::kTypes[t]) return t;
    }
    return 0;
  }
  void add_line(unsigned context, std::uint32_t random) {
    const std::uint8_t type = type_of(context);
    types_.push_back(type);
    char value[24];
    switch (type) {
      case 0:
        std::snprintf(value, sizeof value, "1");
        break;
      case 5:
        std::snprintf(value, sizeof value, "u%u", random % 500);
        break;
      default:
        std::snprintf(value, sizeof value, "%u.%02u", random % 1000, random / 1000 % 100);
    }
    char line[120];
    const int n = std::snprintf(
        line, sizeof line,
        "app.%s.%02u:%s|%s|#env:prod,service:web,version:1.2.3,region:eu,id:%u\n",
        TypeCounts::kTypes[type], context / 10 % 100, value, TypeCounts::kTypes[type], context);
    bytes_.append(line, static_cast<std::size_t>(n));
  }

  Load load_;
  std::string bytes_;
  std::vector<std::size_t> offsets_;
  std::vector<std::uint8_t> types_;
};

}  // namespace remora::bench
