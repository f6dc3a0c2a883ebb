// Tags in the form in which contexts keep them.
#pragma once

#include <string>
#include <vector>

#include "remora/model/packed_tags.hpp"

namespace remora::serializer {

inline std::string packed(const std::vector<std::string>& tags) {
  std::string out;
  for (const std::string& tag : tags) model::append_packed_tag(out, tag);
  return out;
}

}  // namespace remora::serializer
