// What to say when the option `metrics` and a page do not fit: silence is what operators complain
// about most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "checks/openmetrics/text_map.hpp"
#include "remora/checks/openmetrics/exposition.hpp"
#include "remora/checks/openmetrics/metric_mapper.hpp"

namespace remora::checks::openmetrics {

/// Compares the names that are configured with those of whole pages: the first three, and then one
/// in forty, or each while there is something to say. Only of such a page names are kept, and until
/// its end: 20,000 and 1 MiB of them.
///
/// Threading: one thread.
class MatchReport {
 public:
  /// An entry that is an expression or a shell pattern.
  struct Pattern {
    std::string key;
    std::function<bool(std::string_view)> matches;
  };
  /// How the engine speaks of its options.
  struct Words {
    bool total_is_cut = true;      ///< a counter's name is without `_total`
    std::string_view type_option;  ///< "give them a `type` in `metrics`"
  };

  MatchReport(std::vector<std::string> names, std::vector<Pattern> patterns, Words words)
      : names_(std::move(names)), patterns_(std::move(patterns)), words_(words) {}

  void begin();
  /// This page is compared: tell its families.
  [[nodiscard]] bool looking() const noexcept { return looking_; }
  enum class Fate : std::uint8_t {
    not_asked_for,
    without_type,  ///< asked for, and left out because nothing says what it is
    wanted,
  };
  void family(const Family& family, Fate fate);
  /// The page has ended; `whole`: all of it came.
  void end(bool whole);

  [[nodiscard]] const std::vector<Remark>& remarks() const noexcept { return remarks_; }

 private:
  struct Seen {
    std::string name;
    FamilyType type;
  };

  void compare();
  std::string nearest(std::string_view key) const;
  std::string examples() const;

  std::vector<std::string> names_;
  std::vector<Pattern> patterns_;
  Words words_;
  std::uint64_t pages_ = 0;
  bool looking_ = false, too_many_ = false, any_wanted_ = false;
  std::size_t bytes_ = 0;
  std::vector<Seen> seen_;
  TextSet known_;
  std::vector<std::string> without_type_;
  std::size_t without_types_ = 0;
  std::vector<Remark> remarks_;
};

}  // namespace remora::checks::openmetrics
