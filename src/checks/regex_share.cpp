#include "checks/regex_share.hpp"

#include <algorithm>
#include <atomic>

namespace remora::checks {
namespace {

constexpr std::size_t kTogether = 16u << 20;
// RE2 gives a sixth of its limit to the program of one direction, 16 bytes an instruction; while it
// compiles there may be twice as many.
constexpr std::size_t kPerInstruction = 112, kPerInstructionSpacious = 256;
constexpr std::size_t kLeastStates = 4u << 10, kMostStates = 32u << 10;
constexpr std::size_t kPartOfTheRest = 64;
constexpr std::size_t kObject = 2u << 10;  // RE2 itself and its tree, with 16 bytes a character
constexpr std::size_t kPerCharacter = 16;

std::atomic<std::size_t> used{0};

}  // namespace

std::optional<RegexShare> RegexShare::take(std::size_t instructions, std::size_t pattern,
                                           bool spacious) {
  std::size_t before = used.load();
  for (;;) {
    const std::size_t left = kTogether - before;
    const std::size_t max_memory =
        (spacious ? kPerInstructionSpacious : kPerInstruction) * instructions +
        std::clamp(left / kPartOfTheRest, kLeastStates, kMostStates);
    const std::size_t bytes = max_memory + kObject + kPerCharacter * pattern;
    if (bytes > left) return std::nullopt;
    if (used.compare_exchange_weak(before, before + bytes)) return RegexShare(max_memory, bytes);
  }
}

RegexShare::~RegexShare() { used -= bytes_; }

}  // namespace remora::checks
