// Which labels of a sample become tags, under which key, and which values drop the sample.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/openmetrics/text_map.hpp"
#include "checks/python_regex.hpp"
#include "remora/checks/openmetrics/mapper_options.hpp"
#include "remora/core/error.hpp"

namespace remora::checks::openmetrics {

class LabelPolicy {
 public:
  struct Decision {
    bool tag = true;
    std::string key;
    bool drops_any = false;
    const PythonRegex* drops_where = nullptr;  ///< null: no value

    [[nodiscard]] bool drops(std::string_view value) const {
      return drops_any || (drops_where != nullptr && drops_where->found_in(value));
    }
  };

  [[nodiscard]] static Result<LabelPolicy> make(const std::vector<std::string>& exclude,
                                                const std::vector<std::string>& include,
                                                const TextPairs& rename,
                                                const std::vector<LabelExclusion>& exclusions);

  /// Nothing was asked for: every label is a tag under its own name.
  [[nodiscard]] bool trivial() const noexcept { return trivial_; }
  /// Lives until the next call.
  [[nodiscard]] const Decision& of(std::string_view label);
  [[nodiscard]] std::size_t longest_key() const noexcept { return longest_key_; }

 private:
  struct Exclusion {
    bool any;
    std::optional<PythonRegex> regex;
  };

  Decision decide(std::string_view label) const;

  bool trivial_ = true;
  std::size_t longest_key_ = 0;  ///< bytes, of the new names
  TextSet exclude_, include_;
  TextMap<std::string> rename_;
  TextMap<Exclusion> exclusions_;
  TextMap<Decision> known_;
  Decision unknown_;
};

}  // namespace remora::checks::openmetrics
