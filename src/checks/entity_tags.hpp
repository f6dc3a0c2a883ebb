// The tag lists a check derives from one list of the tagger, built once per list.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "remora/checks/check.hpp"
#include "remora/model/tags.hpp"

namespace remora::checks {

class EntityTags {
 public:
  /// Makes `source` plus `extras(source)` the list of this entity. Returns at once when `source`
  /// is the list of the last call; forgets the old lists when the content is another.
  template <class Extras>
  void update(const model::Tags& source, Sender& sender, Extras extras) {
    if (source == source_) return;
    replace(source, model::with_tags(source, extras(*source)), sender);
  }

  [[nodiscard]] const model::Tags& base() const { return base_; }
  /// The list with `interface:<name>`.
  [[nodiscard]] const model::Tags& with_interface(std::string_view name, Sender& sender);

  /// The entity is gone, and with it every context of its lists.
  void forget(Sender& sender);

 private:
  void replace(const model::Tags& source, model::Tags base, Sender& sender);
  void forget_interfaces(Sender& sender);

  model::Tags source_;  ///< held, so that its address stays its own
  model::Tags base_ = model::empty_tags();
  std::map<std::string, model::Tags, std::less<>> by_interface_;
};

}  // namespace remora::checks
