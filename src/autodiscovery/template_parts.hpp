// What labels and files share: names, instances, init_config and tag options, with their faults.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "remora/autodiscovery/fault.hpp"
#include "remora/autodiscovery/template.hpp"
#include "remora/model/value.hpp"

namespace remora::autodiscovery {

/// One label of one container, or one file: where faults are found.
class FaultPlace {
 public:
  FaultPlace(FaultList& faults, std::string_view container, std::string_view container_id,
             std::string place)
      : faults_(faults), container_(container), id_(container_id), place_(std::move(place)) {}

  /// What a correction stands for: all that is written at the place, or the part of it that the
  /// message names.
  enum class Replaces : bool { whole, part };

  void error(std::string message, std::string correction = {},
             Replaces replaces = Replaces::whole) const {
    add(Severity::error, std::move(message), std::move(correction), replaces);
  }
  void warning(std::string message, std::string correction = {},
               Replaces replaces = Replaces::whole) const {
    add(Severity::warning, std::move(message), std::move(correction), replaces);
  }

 private:
  void add(Severity severity, std::string message, std::string correction,
           Replaces replaces) const {
    faults_.add({severity, std::string(container_), std::string(id_), place_, std::move(message),
                 std::move(correction), replaces == Replaces::part});
  }
  FaultList& faults_;
  std::string_view container_, id_;
  std::string place_;
};

/// The name a check runs under: blanks cut off, those without width too, aliases replaced, all with
/// a warning. Empty, with an error, when it is not the name of a check.
[[nodiscard]] std::string check_name(std::string_view written, const Aliases& aliases,
                                     const FaultPlace& place);

/// The objects of a list of instances or log sources called `what`, all of `place` or a part of it.
/// An object where the list belongs is a list of one; objects written as text are read; both with a
/// warning. Empty, with an error, when an element is no object.
[[nodiscard]] std::optional<std::vector<model::Value>> objects_of(const model::Value& value,
                                                                  std::string_view what,
                                                                  const model::ValueLimits& limits,
                                                                  const FaultPlace& place,
                                                                  FaultPlace::Replaces replaces);

/// An init_config, which the faults call `what`: null, or empty text, is an empty object; a list of
/// one object and an object written as text are that object (with a warning). Empty, with an error,
/// for the rest.
[[nodiscard]] std::optional<model::Value> init_config_of(const model::Value* value,
                                                         std::string_view what,
                                                         const model::ValueLimits& limits,
                                                         const FaultPlace& place);

/// `ignore_autodiscovery_tags` and `check_tag_cardinality` of an object. What they cannot be is a
/// warning, and the default.
void read_tag_options(const model::Value& object, Template& out, const FaultPlace& place);
[[nodiscard]] bool ignore_tags_of(std::string_view text, const FaultPlace& place);
[[nodiscard]] std::optional<tagger::Cardinality> cardinality_of(std::string_view text,
                                                                const FaultPlace& place);

/// A name from outside as it may stand in a message: at most 64 bytes, no control characters.
[[nodiscard]] std::string shown(std::string_view name);

}  // namespace remora::autodiscovery
