// Tags of a series or sketch: its own, then those it shares with others of the same origin.
//
// The shared ones are the larger part and the same for thousands of series in a row, so their
// fields are encoded once and copied in one piece.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "remora/model/packed_tags.hpp"
#include "remora/model/tags.hpp"
#include "serializer/metric_wire.hpp"

namespace remora::serializer {

/// Threading: one thread at a time. Memory: the encoded form of up to kLists lists.
class TagWriter {
 public:
  /// `field` is the first byte of a tag's field. With `promote`, tags `device:X` and
  /// `dd.internal.resource:type:name` are resources instead of tags.
  TagWriter(char field, bool promote) : field_(field), promote_(promote) {}

  /// The tags that the calls below write; both must stay until then. `shared` may be null.
  void choose(model::PackedTags own, const model::TagList* shared);
  /// Devices first, then the others, each as a message Resource.
  void put_resources(WireBuffer& out, char field);
  void put_tags(WireBuffer& out);
  /// Number of tags chosen, those that come twice included. For messages.
  [[nodiscard]] std::size_t count() const;
  /// Frees what is remembered of lists.
  void forget();

 private:
  static constexpr std::size_t kLists = 64;
  static constexpr std::size_t kSeenBits = 1024;

  struct Shared {
    const model::TagList* list = nullptr;
    std::string packed;  ///< its tags as they were when it was encoded
    std::string tags;    ///< their fields
    bool promoted = false;
    std::array<std::uint64_t, kSeenBits / 64> seen{};  ///< marks of its tags
  };

  static bool same(const Shared& known, const model::TagList& list);
  void encode(Shared& entry, const model::TagList& list);
  const Shared& find(const model::TagList& list);
  void put_tag(WireBuffer& out, std::string_view tag);
  void put_promoted(WireBuffer& out, char field, std::string_view tag, bool devices);

  char field_;
  bool promote_;
  model::PackedTags own_;
  const model::TagList* list_ = nullptr;
  const Shared* shared_ = nullptr;  ///< the known form of `list_`
  bool own_promoted_ = false;
  bool repeated_ = false;               ///< some shared tags are among the own ones
  std::vector<std::uint8_t> left_out_;  ///< which, by index, when `repeated_`
  std::vector<Shared> known_;           ///< by address; made with the first list
  WireBuffer fields_;
  std::string scratch_;
};

}  // namespace remora::serializer
