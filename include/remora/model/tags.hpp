// Tag lists: how tags travel from the tagger to the wire.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace remora::model {

/// "key:value" or a bare word, in UTF-8. Sorted and free of duplicates once `normalise`d.
using TagList = std::vector<std::string>;

/// A finished list, shared by every series that carries it: 20 metrics of a container cost one
/// list, not twenty. Never null when it travels; `empty_tags()` is the empty one.
using Tags = std::shared_ptr<const TagList>;

[[nodiscard]] const Tags& empty_tags();

/// Sorts, removes duplicates and empty entries.
void normalise(TagList& tags);

/// A normalised, shared list.
[[nodiscard]] Tags make_tags(TagList tags);

/// `base` plus `extra`, normalised. Returns `base` itself when `extra` is empty.
[[nodiscard]] Tags with_tags(const Tags& base, const TagList& extra);

}  // namespace remora::model
