#include "autodiscovery/config_id.hpp"

#include <array>
#include <charconv>

#include "autodiscovery/template_parts.hpp"

namespace remora::autodiscovery {

using model::Value;

std::uint64_t fnv64(std::string_view bytes, std::uint64_t state) {
  for (const char c : bytes) {
    state *= 0x100000001b3u;
    state ^= static_cast<unsigned char>(c);
  }
  return state;
}

std::uint64_t digest_of(const Template& resolved, std::string_view entity) {
  const std::string_view level = !resolved.cardinality                               ? "default"
                                 : *resolved.cardinality == tagger::Cardinality::low ? "low"
                                 : *resolved.cardinality == tagger::Cardinality::orchestrator
                                     ? "orchestrator"
                                     : "high";
  Value::List identifiers;
  for (const std::string& one : resolved.identifiers) identifiers.push_back(one);
  // One list, so that no two configurations have the same text.
  const Value all(Value::List{resolved.check, Value::List(resolved.instances), resolved.init_config,
                              std::move(identifiers), entity, resolved.source, resolved.ignore_tags,
                              level});
  return fnv64(all.canonical_text());
}

std::string config_id(std::string_view check, std::uint64_t digest, const Value& instance,
                      const Value& init_config) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(digest >> shift);
  std::uint64_t hash = fnv64(bytes);
  hash = fnv64(instance.canonical_text(), hash);
  hash = fnv64(init_config.canonical_text(), hash);
  std::array<char, 16> hex;
  const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), hash, 16).ptr;

  std::string id(check);
  for (const char* key : {"name", "namespace"}) {
    const Value* name = instance.find(key);
    if (name == nullptr || name->text() == nullptr || name->text()->empty()) continue;
    id += ':';
    id += shown(*name->text());
    break;
  }
  id += ':';
  id.append(hex.data(), end);
  return id;
}

}  // namespace remora::autodiscovery
