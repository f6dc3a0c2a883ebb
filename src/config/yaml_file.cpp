#include "config/yaml_file.hpp"

#include <yaml-cpp/yaml.h>

#include <exception>
#include <string>

#include "config/text.hpp"

namespace remora::config {
namespace {

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxNodes = 20'000;

class Converter {
 public:
  nlohmann::json convert(const YAML::Node& node, int depth) {
    if (depth > kMaxDepth || ++nodes_ > kMaxNodes) {
      exceeded_ = true;
      return nullptr;
    }
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return node.Scalar();
      case YAML::NodeType::Sequence: {
        auto list = nlohmann::json::array();
        for (const auto& item : node) {
          list.push_back(convert(item, depth + 1));
          if (exceeded_) break;
        }
        return list;
      }
      case YAML::NodeType::Map: {
        auto map = nlohmann::json::object();
        for (const auto& entry : node) {
          if (entry.first.IsScalar()) {
            map[entry.first.Scalar()] = convert(entry.second, depth + 1);
          }
          if (exceeded_) break;
        }
        return map;
      }
      default:
        return nullptr;
    }
  }
  [[nodiscard]] bool exceeded() const { return exceeded_; }

 private:
  std::size_t nodes_ = 0;
  bool exceeded_ = false;
};

// yaml-cpp recurses once per '[' or '{' before it counts anything: refuse absurd nesting first.
bool brackets_too_deep(std::string_view text) {
  int depth = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') {
      if (++depth > 4 * kMaxDepth) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace

Result<nlohmann::json> parse_yaml(std::string_view text) {
  if (text.size() > kMaxFileBytes) {
    return fail(Errc::too_large, "larger than " + std::to_string(kMaxFileBytes) + " bytes");
  }
  if (brackets_too_deep(text)) return fail(Errc::too_large, "nested too deeply");
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    Converter converter;
    nlohmann::json tree = converter.convert(root, 0);
    if (converter.exceeded()) {
      return fail(Errc::too_large, "more than " + std::to_string(kMaxDepth) + " levels or " +
                                       std::to_string(kMaxNodes) + " entries");
    }
    return tree;
  } catch (const YAML::Exception& e) {
    // `msg` without the text of the file: a broken line may hold the API key.
    if (e.mark.is_null()) return fail(Errc::malformed_payload, "not valid YAML");
    return fail(Errc::malformed_payload, "not valid YAML: line " + std::to_string(e.mark.line + 1) +
                                             ", column " + std::to_string(e.mark.column + 1));
  } catch (const std::exception&) {
    return fail(Errc::malformed_payload, "not valid YAML");
  }
}

}  // namespace remora::config
